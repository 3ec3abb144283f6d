package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

// entrance looks at everything that people and programs send in fields, before
// any handler does: a private key gets no further, and of two readers of a
// JSON document none can be misled. Files are looked at where they are read.
func entrance(c echo.Context, row *route) error {
	r := c.Request()
	if row.limits.raw {
		return nil
	}
	for _, values := range r.URL.Query() {
		for _, v := range values {
			if err := noPrivateKey(v); err != nil {
				return err
			}
		}
	}
	if safe(r.Method) {
		return nil
	}
	switch mediaType(r) {
	case "multipart/form-data":
		return nil // its fields are looked at one by one
	case "application/x-www-form-urlencoded":
		return formEntrance(r, row.limits.keyField)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return cutShort(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return jsonEntrance(body, row.limits.keyField)
}

// formEntrance looks at the fields of a form but for the one that may hold the
// key of an exchange.
func formEntrance(r *http.Request, but string) error {
	if err := r.ParseForm(); err != nil {
		return cutShort(err)
	}
	for name, values := range r.PostForm {
		if name == but && but != "" {
			continue // its use case refuses what is no key of that exchange
		}
		for _, v := range values {
			if err := noPrivateKey(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func noPrivateKey(text string) error {
	if _, found := keyring.FindPrivateKey(text); found {
		return keyring.RefusePrivateKey()
	}
	return nil
}

// jsonEntrance looks at every text of a JSON document but for the member that
// may hold the key of an exchange, and refuses a name that is given twice in
// one object. What is no JSON is left to its reader.
func jsonEntrance(body []byte, but string) error {
	d := json.NewDecoder(bytes.NewReader(body))
	var open []object
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return nil //nolint:nilerr // the reader says it better
		}
		if text, ok := t.(string); ok && !isMember(open, but) {
			if err := noPrivateKey(text); err != nil {
				return err
			}
		}
		if open, err = step(open, t); err != nil {
			return err
		}
	}
}

// isMember reports whether what is read next is the value of a member of the
// outermost object.
func isMember(open []object, name string) bool {
	return name != "" && len(open) == 1 && open[0].value && open[0].name == name
}

// object is what is known of an object or array that is being read.
type object struct {
	names map[string]bool // nil in arrays
	name  string          // the last one
	value bool            // a value is due, not a name
}

// step takes one token.
func step(open []object, t json.Token) ([]object, error) {
	top := len(open) - 1
	if name, ok := t.(string); ok && top >= 0 && open[top].names != nil && !open[top].value {
		if open[top].names[name] {
			return nil, fault.New(fault.Malformed, nil, "A name is given twice in this document.")
		}
		open[top].names[name], open[top].name, open[top].value = true, name, true
		return open, nil
	}
	if top >= 0 {
		open[top].value = false
	}
	switch t {
	case json.Delim('{'):
		return append(open, object{names: map[string]bool{}}), nil
	case json.Delim('['):
		return append(open, object{}), nil
	case json.Delim('}'), json.Delim(']'):
		return open[:top], nil
	}
	return open, nil
}
