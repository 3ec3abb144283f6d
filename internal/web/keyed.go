package web

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
)

const (
	keyHeader    = "Idempotency-Key"
	replayHeader = "Idempotent-Replay"
	onceField    = "_once" // of a form: sent twice it acts once
	actName      = "act"
)

// onceValue is new for every form that is drawn.
func onceValue() string { return rand.Text() }

// keyed puts the key under which an act is asked for into the request. Programs
// send a header; forms of pages have a field, so that a second click changes
// nothing.
func keyed(c echo.Context, row *route) error {
	r := c.Request()
	if r.Method != http.MethodPost || row.limits.raw {
		return nil
	}
	var key, body string
	var err error
	if row.api {
		if key = r.Header.Get(keyHeader); len(key) > 255 {
			return fault.Coded(fault.Invalid, "idempotency_key", nil, "An Idempotency-Key has at most 255 characters.")
		}
	} else if mediaType(r) == "application/x-www-form-urlencoded" {
		key = r.PostFormValue(onceField)
	}
	if key == "" {
		return nil
	}
	if body, err = digestOf(r); err != nil {
		return err
	}
	if !row.api {
		key += " " + body // a form that was changed before it was sent again is another act
	}
	ctx, act := once.With(r.Context(), identityOf(r.Context()).Actor(), key, body)
	c.SetRequest(r.WithContext(ctx))
	c.Set(actName, act)
	return nil
}

// digestOf tells one request from another: by address and body. The body of an
// upload is not read here; its use case adds the hashes of the files.
func digestOf(r *http.Request) (string, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n") // a hash takes everything
	switch mediaType(r) {
	case "application/x-www-form-urlencoded":
		form := make(url.Values, len(r.PostForm))
		for name, values := range r.PostForm {
			if name != tokenField && name != onceField {
				form[name] = values
			}
		}
		_, _ = io.WriteString(h, form.Encode())
	case "multipart/form-data":
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", cutShort(err)
		}
		h.Write(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// markReplay says that an answer is one that was given before.
func markReplay(c echo.Context) {
	if act, _ := c.Get(actName).(*once.Act); act.Replayed() {
		c.Response().Header().Set(replayHeader, "true")
	}
}
