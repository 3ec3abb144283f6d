package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// A stranger can write into an account's history: a note of a payment, say.
// Whoever puts a private key or the words of a wallet there must not stop the
// link, and what they wrote must not be stored. The book would refuse the
// whole table for it, so such a record is kept by its name alone.

// refusedRaw is kept in the place of what a record holds that holds a private
// key.
const refusedRaw = `{"private_key_refused":true}`

// whyWithheld is why such a record leads to no event.
const whyWithheld = "private_key_refused: the record holds a private key or the words of a wallet. They were not stored; enter what the record says by hand."

// withheld reports whether of a record nothing but its name is kept.
func withheld(r *exchange.Record) bool { return string(r.Raw) == refusedRaw }

// sound are the records of which all is kept.
func sound(records []exchange.Record) []exchange.Record {
	if !slices.ContainsFunc(records, func(r exchange.Record) bool { return withheld(&r) }) {
		return records
	}
	list := make([]exchange.Record, 0, len(records))
	for i := range records {
		if !withheld(&records[i]) {
			list = append(list, records[i])
		}
	}
	return list
}

// withhold returns the records of a page as they may be stored.
func (s *Service) withhold(records []exchange.Record) []exchange.Record {
	list := slices.Clone(records)
	for i := range list {
		r := &list[i]
		if !s.Private(strings.Join([]string{r.Stream, r.Endpoint, r.ID, string(r.Raw), r.Context}, "\t")) && !s.Private(unescaped(r.Raw)) {
			continue
		}
		r.Raw, r.Context = json.RawMessage(refusedRaw), ""
		if s.Private(r.ID) { // made of what names the record
			sum := sha256.Sum256([]byte(r.ID))
			r.ID = "withheld-" + hex.EncodeToString(sum[:8])
		}
	}
	return list
}

// unescaped are the texts of a record as an event has them: escapes of JSON
// hide words. It is empty if there are none.
func unescaped(raw json.RawMessage) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return ""
	}
	var b strings.Builder
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return b.String() // a record is sound JSON: its end
		}
		if _, delim := token.(json.Delim); !delim {
			_, _ = fmt.Fprintln(&b, token)
		}
	}
}
