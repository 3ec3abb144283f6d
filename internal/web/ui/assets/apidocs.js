// Draws the reference of the API. A request that is tried out carries the
// token of this page, so that it may use the session of whoever is signed in.
window.addEventListener("DOMContentLoaded", () => {
  "use strict";
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#reference",
    deepLinking: false, // a link inside of a button confuses readers of the page
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: false,
    requestInterceptor: (r) => {
      if (!r.headers.Authorization) r.headers["X-Ledgersys-Token"] = document.body.dataset.token;
      return r;
    },
  });
});
