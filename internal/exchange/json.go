package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep an answer may be nested.
const maxDepth = 32

// CheckJSON refuses what is no sound JSON: text before or after it, bytes that
// are no UTF-8, objects that say one thing twice, endless nesting. The words
// of its errors quote nothing.
func CheckJSON(body []byte) error {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return errors.New("empty answer")
	case !utf8.Valid(body):
		return errors.New("answer is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text behind the JSON of the answer")
	}
	return nil
}

var errNoJSON = errors.New("answer is not JSON")

// checkValue reads one value.
func checkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return errNoJSON
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("answer is nested too deep")
	}
	var seen map[string]bool
	if delim == '{' {
		seen = make(map[string]bool)
	}
	for d.More() {
		if seen != nil {
			k, err := d.Token()
			name, ok := k.(string)
			if err != nil || !ok {
				return errNoJSON
			}
			if seen[name] {
				return errors.New("a name stands twice in one object of the answer")
			}
			seen[name] = true
		}
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errNoJSON
	}
	return nil
}

// Fields are the members of an object, or the places of an array, as they
// were written.
type Fields map[string]json.RawMessage

// ParseFields splits an object, or an array whose places become the names
// "0", "1" and so on.
func ParseFields(raw json.RawMessage) (Fields, error) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		list, err := ParseList(raw)
		if err != nil {
			return nil, err
		}
		f := make(Fields, len(list))
		for i, r := range list {
			f[strconv.Itoa(i)] = r
		}
		return f, nil
	}
	var f Fields
	if err := json.Unmarshal(raw, &f); err != nil || f == nil {
		return nil, errors.New("not an object")
	}
	return f, nil
}

// Object splits an object; what is none has no members.
func Object(raw json.RawMessage) Fields {
	var f Fields
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return f
}

// ParseList splits an array into its elements as they were written.
func ParseList(raw json.RawMessage) ([]json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, errors.New("not a list")
	}
	return list, nil
}

// Text returns a string, a number as it was written, or a truth value; "" for
// null, for nothing, and for what has parts.
func (f Fields) Text(name string) string { return scalar(f[name]) }

func scalar(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// IsNull reports whether a member is missing or null.
func (f Fields) IsNull(name string) bool {
	raw := bytes.TrimSpace(f[name])
	return len(raw) == 0 || string(raw) == "null"
}

// Inner returns the members of a member; none if it has none.
func (f Fields) Inner(name string) Fields {
	if f.IsNull(name) {
		return nil
	}
	return Object(f[name])
}

// List returns the elements of a member that must be a list.
func (f Fields) List(name string) ([]json.RawMessage, error) {
	raw, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("%s is missing", name)
	}
	list, err := ParseList(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", name, err)
	}
	return list, nil
}

// Bool returns a truth value; ok is false if the member is anything else.
func (f Fields) Bool(name string) (value, ok bool) {
	switch string(bytes.TrimSpace(f[name])) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Without returns an object without a member, which is named by the members
// that lead to it. Where it is not, the object is returned as it is.
func Without(raw json.RawMessage, path ...string) json.RawMessage {
	f := Object(raw)
	if len(path) == 0 || f[path[0]] == nil {
		return raw
	}
	if len(path) > 1 {
		f[path[0]] = Without(f[path[0]], path[1:]...)
	} else {
		delete(f, path[0])
	}
	out, err := json.Marshal(f)
	if err != nil {
		return raw // the members are JSON, so that there is none
	}
	return out
}

// Member is one member of an object.
type Member struct {
	Name string
	Raw  json.RawMessage
}

// ParseMembers splits an object into its members in the order in which they
// were written.
func ParseMembers(raw json.RawMessage) ([]Member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	list := []Member{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errNoJSON
		}
		m := Member{Name: name}
		if err := d.Decode(&m.Raw); err != nil {
			return nil, errNoJSON
		}
		list = append(list, m)
	}
	return list, nil
}
