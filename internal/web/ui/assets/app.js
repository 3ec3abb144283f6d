// What scripts add to pages that work without them.
(() => {
  "use strict";
  const each = (root, sel, f) => root.querySelectorAll(sel).forEach(f);
  const token = () => document.body.dataset.token || "";

  // Requests of our own scripts carry the token of the page.
  document.addEventListener("htmx:config:request", (e) => {
    const r = e.detail && e.detail.ctx && e.detail.ctx.request;
    if (r && r.headers) r.headers["X-Ledgersys-Token"] = token();
  });

  // The year that is shown is in sight, however narrow the screen is.
  each(document, ".top nav [aria-current]", (a) => a.scrollIntoView({ block: "nearest", inline: "nearest" }));

  function wire(root) {
    each(root, "[data-copy]", (b) => {
      if (!navigator.clipboard) return;
      b.hidden = false;
      b.addEventListener("click", async () => {
        await navigator.clipboard.writeText(b.dataset.copy);
        const was = b.textContent;
        b.textContent = "Copied";
        setTimeout(() => { b.textContent = was; }, 1600);
      });
    });
    each(root, "[data-reveal]", (b) => {
      const field = document.getElementById(b.dataset.reveal);
      b.hidden = false;
      b.addEventListener("click", () => {
        const hide = field.type === "text";
        field.type = hide ? "password" : "text";
        b.textContent = hide ? "Show" : "Hide";
        field.focus();
      });
    });
    each(root, "[data-drop]", (zone) => {
      const input = zone.querySelector("input[type=file]");
      const list = zone.querySelector("[data-files]");
      const show = () => {
        list.replaceChildren(...[...input.files].map((f) => {
          const li = document.createElement("li");
          li.textContent = `${f.name} · ${size(f.size)}`;
          return li;
        }));
      };
      input.addEventListener("change", show);
      for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, (e) => { e.preventDefault(); zone.classList.add("over"); });
      for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
      zone.addEventListener("drop", (e) => {
        e.preventDefault();
        const all = new DataTransfer();
        for (const f of [...input.files, ...e.dataTransfer.files]) all.items.add(f);
        input.files = all.files;
        show();
      });
    });
    each(root, "form[data-confirm]", (f) => {
      const field = f.elements.confirm;
      const button = f.querySelector(".btn.danger");
      const check = () => { button.disabled = field.value.trim() !== f.dataset.confirm; };
      field.addEventListener("input", check);
      check();
    });
    each(root, "[data-watch]", (field) => {
      const say = document.getElementById(field.dataset.watch);
      const look = () => {
        const text = field.value.trim();
        const bad = secret(text);
        if (bad) {
          field.value = "";
          say.textContent = "That is a secret, so the field was cleared and nothing was sent. Ledgersys only needs public keys. Treat this secret as exposed if you typed it into a web page.";
        } else {
          say.textContent = watched(text);
        }
        say.classList.toggle("bad", bad);
        say.hidden = say.textContent === "";
      };
      field.addEventListener("input", look);
      look();
    });
    each(root, "[data-focus]", (el) => el.focus());
    each(root, "[data-print]", (b) => { b.hidden = false; b.addEventListener("click", () => window.print()); });
    each(root, "[data-zone]", (field) => {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      if (!field.value && zone) field.value = zone;
    });
  }

  // Whether a text holds what could move coins: the server says so too, but a
  // browser can say it before anything is sent.
  function secret(text) {
    const t = text.replace(/^\s*#.*$/gm, "").replace(/\btr\((\[[^\]]*\])?[0-9a-f]{64}\)/gi, "");
    return /[a-z]prv[1-9A-HJ-NP-Za-km-z]{20}/i.test(t) ||
      /(^|[^1-9A-HJ-NP-Za-km-z])([5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}|6P[1-9A-HJ-NP-Za-km-z]{56})(?![1-9A-HJ-NP-Za-km-z])/.test(t) ||
      /(^|\s)(0x)?[0-9a-f]{64}(\s|$)|\((0x)?[0-9a-f]{64}\)/i.test(t) ||
      /(^|[^a-z])([a-z]{3,8}[\s,;.)0-9]+){11}[a-z]{3,8}(?![a-z])/i.test(t) ||
      t.includes("-----BEGIN");
  }

  // What somebody gave to watch, in words.
  function watched(text) {
    const lines = text.split(/\s+/).filter((l) => l !== "");
    const first = lines[0] || "";
    const kinds = [[/^[xts]pub/, "Extended public key. It does not say its script type: all four are looked for unless you choose one in the next step."],
      [/^[yu]pub/, "Extended public key, Nested SegWit, 3…"], [/^[zv]pub/, "Extended public key, SegWit, bc1q…"],
      [/^[YZUV]pub/, "A key of several that sign together. Give the descriptor of the wallet instead, which names all of them."]];
    if (first === "") return "";
    if (text.startsWith("{")) return "This looks like a file of labels (BIP329). Give it in the next step, together with what it is about.";
    if (text.includes("(")) {
      const scripts = [[/\bsh\(wpkh\(/, "Nested SegWit, 3…"], [/\b(wsh|sh)\(/, "of several keys or a script"], [/\bwpkh\(/, "SegWit, bc1q…"], [/\btr\(/, "Taproot, bc1p…"], [/\bpkh\(/, "Legacy, 1…"], [/\bcombo\(/, "all script types of one key"], [/\baddr\(/, "one address"]];
      const of = scripts.find(([shape]) => shape.test(text));
      return of ? `Output descriptor, ${of[1]}` : "Output descriptor";
    }
    const kind = kinds.find(([shape]) => shape.test(first));
    if (kind) return kind[1];
    const shapes = [[/^(bc|tb|bcrt|sb)1p/i, "Taproot"], [/^(bc|tb|bcrt|sb)1q/i, "SegWit"], [/^[3m2r]/, "script or test address"], [/^[1nS]/, "Legacy"]];
    const a = shapes.find(([shape]) => shape.test(first));
    if (!a || first.length < 14) return "Not known yet: an extended public key, a descriptor, or addresses one a line.";
    return `${lines.length} ${lines.length === 1 ? "address" : "addresses"}, the first ${a[1]}`;
  }

  function size(n) {
    if (n < 1024) return `${n} bytes`;
    if (n < 1048576) return `${(n / 1024).toFixed(1)} KB`;
    return `${(n / 1048576).toFixed(1)} MB`;
  }

  // Menus close where people expect it.
  document.addEventListener("click", (e) => {
    const opener = e.target.closest("[data-open]");
    if (opener) {
      const d = document.getElementById(opener.dataset.open);
      if (d && d.showModal) { e.preventDefault(); d.showModal(); }
    }
    const gone = e.target.closest("[data-dismiss]");
    if (gone) gone.closest("[data-toast]").remove();
    each(document, "details.who[open],details.switch[open]", (d) => { if (!d.contains(e.target)) d.open = false; });
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    each(document, "details.who[open],details.switch[open]", (d) => { d.open = false; d.querySelector("summary").focus(); });
  });

  // A message stays ten seconds, longer while somebody looks at it.
  each(document, "[data-toast]", (t) => {
    let left = 10;
    let held = false;
    for (const type of ["mouseenter", "focusin"]) t.addEventListener(type, () => { held = true; });
    for (const type of ["mouseleave", "focusout"]) t.addEventListener(type, () => { held = false; });
    const tick = setInterval(() => {
      if (held) return;
      left -= 1;
      if (left <= 0) { clearInterval(tick); t.remove(); }
    }, 1000);
  });

  // What was pushed is done: the page itself may hold more now.
  document.addEventListener("done", (e) => { if (e.target instanceof Element && e.target.matches("[data-live]")) window.location.reload(); });

  // Passkeys. The server speaks the JSON of WebAuthn; browsers want bytes.
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const call = async (url, body) => {
    const res = await fetch(url, {
      method: "POST", credentials: "same-origin", redirect: "error",
      headers: {"Content-Type": "application/x-www-form-urlencoded", "X-Ledgersys-Token": token(), Accept: "application/json"},
      body: new URLSearchParams(body),
    });
    const answer = await res.json();
    if (answer.code === "sudo") { window.location.assign(`/account/confirm?next=${encodeURIComponent(window.location.pathname)}`); return new Promise(() => {}); }
    if (!res.ok) throw new Error(answer.detail || res.statusText);
    return answer;
  };
  const ids = (list) => (list || []).map((c) => ({...c, id: bytes(c.id)}));
  const said = (root, message) => {
    const p = (root.closest(".body, .paper, [data-passkey-area]") || document).querySelector("[data-passkey-error]");
    if (p) { p.textContent = message; p.hidden = message === ""; }
  };
  const plain = (e) => (e.name === "NotAllowedError" ? "Nothing was chosen, or it took too long." : e.name === "InvalidStateError" ? "This device has a passkey of this account already." : e.message);

  async function prove(button) {
    const begun = await call(`${button.dataset.passkey}/begin`, {});
    const o = begun.options.publicKey;
    const made = await navigator.credentials.get({publicKey: {...o, challenge: bytes(o.challenge), allowCredentials: ids(o.allowCredentials)}});
    const r = made.response;
    const done = await call(button.dataset.passkey, {
      state: begun.state || "", next: button.dataset.next || "",
      credential: JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment,
        response: {clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : undefined},
      }),
    });
    window.location.assign(done.next);
  }

  async function enrol(form) {
    const begun = await call(`${form.dataset.passkeyAdd}/begin`, {});
    const o = begun.options.publicKey;
    const made = await navigator.credentials.create({publicKey: {...o, challenge: bytes(o.challenge), user: {...o.user, id: bytes(o.user.id)}, excludeCredentials: ids(o.excludeCredentials)}});
    const r = made.response;
    const done = await call(form.dataset.passkeyAdd, {
      state: begun.state || "", name: form.elements.name.value,
      credential: JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment,
        response: {clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports ? r.getTransports() : []},
      }),
    });
    window.location.assign(done.next);
  }

  if (window.PublicKeyCredential) {
    each(document, "[data-passkey-area],[data-passkey],[data-passkey-add]", (e) => { e.hidden = false; });
    each(document, "[data-passkey]", (b) => b.addEventListener("click", async () => {
      said(b, "");
      b.disabled = true;
      try { await prove(b); } catch (e) { said(b, plain(e)); }
      b.disabled = false;
    }));
    each(document, "[data-passkey-add]", (f) => f.addEventListener("submit", async (e) => {
      e.preventDefault();
      said(f, "");
      try { await enrol(f); } catch (err) { said(f, plain(err)); }
    }));
  }

  wire(document);
  document.addEventListener("htmx:after:swap", (e) => { if (e.target instanceof Element) wire(e.target); });
})();
