package chain

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// LabelType is what a label is about (BIP329).
type LabelType string

// The types. Labels of others are passed over and counted.
const (
	LabelTx     LabelType = "tx"
	LabelAddr   LabelType = "addr"
	LabelPubKey LabelType = "pubkey"
	LabelInput  LabelType = "input"
	LabelOutput LabelType = "output"
	LabelXPub   LabelType = "xpub"
)

// Label is what a person called a thing of a wallet. It is a remark: nothing
// is computed from it.
type Label struct {
	Type      LabelType `json:"type"`
	Ref       string    `json:"ref"` // a txid, an address, a key, or "txid:index"
	Text      string    `json:"label,omitempty"`
	Spendable *bool     `json:"spendable,omitempty"` // of an output: whether the wallet may spend it; nil says nothing
}

// Labels are labels by type and ref, one of each thing.
type Labels []Label

// The limits of what is kept for one wallet.
const (
	MaxLabels     = 20_000
	MaxLabelBytes = 4 << 20 // of a file
	MaxLabelText  = 1000    // characters of one label

	maxLabelRef  = 200
	maxLabelLine = 64 << 10
	wrongShown   = 5 // lines that a refusal names
)

// ReadLabels reads a BIP329 file: one JSON object a line. skipped counts those
// about things that BIP329 does not name. A line that is no label is an error
// that names it; nothing is taken then. Of two about one thing the later
// counts.
func ReadLabels(r io.Reader) (list Labels, skipped int, err error) {
	body := &io.LimitedReader{R: r, N: MaxLabelBytes + 1}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLabelLine)
	var wrong []string
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(text) == 0 {
			continue
		}
		l, known, why := readLabel(text)
		switch {
		case why != "":
			wrong = append(wrong, fmt.Sprintf("Line %d: %s.", n, why))
		case !known:
			skipped++
		default:
			list = append(list, l)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		wrong = append(wrong, fmt.Sprintf("Line %d: longer than a label can be.", n+1))
	} else if err := lines.Err(); err != nil {
		return nil, 0, err
	}
	if body.N <= 0 {
		return nil, 0, fault.New(fault.TooLarge, nil, "A file of labels has at most %d MiB.", MaxLabelBytes>>20)
	}
	if len(wrong) > 0 {
		return nil, 0, notLabels(wrong)
	}
	list = Labels(nil).With(list)
	return list, skipped, list.check()
}

// notLabels refuses a file and names its first lines that are no labels.
func notLabels(wrong []string) error {
	words := strings.Join(wrong[:min(len(wrong), wrongShown)], " ")
	if more := len(wrong) - wrongShown; more > 0 {
		words += fmt.Sprintf(" And %d more.", more)
	}
	return fault.Coded(fault.Invalid, "bad_labels", fmt.Errorf("%d lines are no labels", len(wrong)),
		"%s Nothing was taken: mend or take out what is named, and give the file again. BIP329 has one JSON object a line, with type, ref and label.", words)
}

// check refuses more labels than are kept.
func (l Labels) check() error {
	if len(l) > MaxLabels {
		return fault.Coded(fault.TooLarge, "too_many_labels", nil, "A wallet has at most %d labels; these would be %d. Nothing was taken.", MaxLabels, len(l))
	}
	return nil
}

// readLabel reads a line; known is false for a type that BIP329 does not name,
// why says what is wrong with it.
func readLabel(line []byte) (l Label, known bool, why string) {
	if !utf8.Valid(line) {
		return l, false, "not in UTF-8"
	}
	if err := json.Unmarshal(line, &l); err != nil || l.Type == "" || l.Ref == "" {
		return l, false, "not an object with type, ref and label"
	}
	switch l.Type {
	case LabelTx:
		known = isTxID(l.Ref)
	case LabelInput, LabelOutput:
		txid, index, _ := strings.Cut(l.Ref, ":")
		_, err := strconv.ParseUint(index, 10, 32)
		known = isTxID(txid) && err == nil
	case LabelPubKey:
		_, err := hex.DecodeString(l.Ref)
		known = err == nil && len(l.Ref) <= 130
	case LabelAddr, LabelXPub:
		known = len(l.Ref) <= maxLabelRef && !strings.ContainsAny(l.Ref, " \t\r\n")
	default:
		return l, false, ""
	}
	switch {
	case !known:
		return l, false, "the ref of a label of type " + string(l.Type) + " is not one"
	case utf8.RuneCountInString(l.Text) > MaxLabelText:
		return l, false, fmt.Sprintf("a label has at most %d characters", MaxLabelText)
	}
	if l.Type == LabelTx || l.Type == LabelInput || l.Type == LabelOutput {
		l.Ref = strings.ToLower(l.Ref)
	}
	return l, true, ""
}

func isTxID(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 64
}

// With returns the labels with others in the place of those about the same
// things. One that says nothing takes the old one away.
func (l Labels) With(others Labels) Labels {
	type thing struct {
		of  LabelType
		ref string
	}
	all := make(map[thing]Label, len(l)+len(others))
	for _, more := range []Labels{l, others} {
		for _, o := range more {
			if o.Text == "" && o.Spendable == nil {
				delete(all, thing{o.Type, o.Ref})
				continue
			}
			all[thing{o.Type, o.Ref}] = o
		}
	}
	out := make(Labels, 0, len(all))
	for _, o := range all {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Label) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Ref, b.Ref)) })
	return out
}

// Merge is With within the limits.
func (l Labels) Merge(others Labels) (Labels, error) {
	out := l.With(others)
	return out, out.check()
}

// LabelIndex finds the labels of transactions.
type LabelIndex struct {
	txs, addresses map[string]Labels
}

// Index makes the labels ready for look-ups.
func (l Labels) Index() LabelIndex {
	x := LabelIndex{make(map[string]Labels), make(map[string]Labels)}
	for _, o := range l {
		switch o.Type {
		case LabelTx, LabelInput, LabelOutput:
			txid, _, _ := strings.Cut(o.Ref, ":")
			x.txs[txid] = append(x.txs[txid], o)
		case LabelAddr:
			x.addresses[o.Ref] = append(x.addresses[o.Ref], o)
		case LabelPubKey, LabelXPub: // of no transaction
		}
	}
	return x
}

// Of returns the labels of a transaction: its own, those of its inputs and
// outputs, and those of the addresses in it, each text once.
func (x LabelIndex) Of(t *Tx) Labels {
	own := slices.Clone(x.txs[strings.ToLower(t.ID)])
	slices.SortStableFunc(own, func(a, b Label) int { return -cmp.Compare(a.Type, b.Type) }) // tx, output, input
	for _, coins := range [][]Coin{t.Out, t.In} {
		for _, c := range coins {
			own = append(own, x.addresses[c.Address]...)
		}
	}
	seen := make(map[string]bool, len(own))
	return slices.DeleteFunc(own, func(o Label) bool {
		again := o.Text == "" || seen[o.Text]
		seen[o.Text] = true
		return again
	})
}

// Of returns the labels of the transactions that have any, by txid.
func (l Labels) Of(txs []Tx) map[string]Labels {
	of := make(map[string]Labels)
	if len(l) == 0 {
		return of
	}
	index := l.Index()
	for i := range txs {
		if own := index.Of(&txs[i]); len(own) > 0 {
			of[txs[i].ID] = own
		}
	}
	return of
}
