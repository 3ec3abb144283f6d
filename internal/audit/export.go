package audit

import (
	"encoding/json"
	"io"
)

// Exporter writes a chain so that an outsider can recompute it: JSON lines,
// first what it is, then each link, at last the head as it was signed.
//
// Each link has "link", the object that is hashed, "prev" and "hash": hash is
// the hex SHA-256 of the bytes of prev followed by the link as JSON with its
// keys sorted, without spaces, in UTF-8 and with only ", \ and control
// characters escaped. The first prev is 64 zeros. recompute.py does it.
type Exporter struct {
	chain string
	w     io.Writer
	last  Link
	err   error
}

// NewExporter begins an export. verifier is the key of signed notes.
func NewExporter(w io.Writer, installation, chain, verifier string) *Exporter {
	e := &Exporter{chain: chain, w: w}
	e.line(map[string]any{
		"schema": "ledgersys.audit/1", "installation": installation, "chain": chain, "key": verifier,
		"algorithm": "hash = SHA-256(prev || link as RFC 8785 JSON)",
	})
	return e
}

func (e *Exporter) line(v any) {
	if e.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		e.err = err
		return
	}
	_, e.err = e.w.Write(append(b, '\n'))
}

// Link writes a link.
func (e *Exporter) Link(l Link) error {
	if e.err != nil {
		return e.err
	}
	b := append([]byte(`{"link":`), l.Canonical(e.chain)...)
	b = append(b, `,"prev":"`+l.Prev.String()+`","hash":"`+l.Hash.String()+"\"}\n"...)
	_, e.err = e.w.Write(b)
	e.last = l
	return e.err
}

// End writes the head, and the signature of the head that was signed last.
func (e *Exporter) End(signed Head, signature []byte) error {
	e.line(map[string]any{
		"size": e.last.Seq, "head": e.last.Hash.String(),
		"signed_size": signed.Size, "signed_head": signed.Hash.String(), "signature": signature,
	})
	return e.err
}
