package chain

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// Labels are what a person called transactions and addresses (BIP329).
type Labels struct {
	Tx, Address map[string]string
	Other       int // labels of things that are not kept: inputs, outputs, keys
}

const maxLabelLine = 1 << 20

// ReadLabels reads a BIP329 file: one JSON object a line. A line that is none
// is an error that names it; nothing is taken then.
func ReadLabels(r io.Reader) (Labels, error) {
	l := Labels{Tx: make(map[string]string), Address: make(map[string]string)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLabelLine)
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		var row struct{ Type, Ref, Label string }
		if err := json.Unmarshal([]byte(text), &row); err != nil || row.Type == "" || row.Ref == "" {
			return Labels{}, fault.New(fault.Invalid, fmt.Errorf("line %d is no label", n), "Line %d is not a label as BIP329 has them: an object with type, ref and label.", n)
		}
		switch row.Type {
		case "tx":
			l.Tx[row.Ref] = row.Label
		case "addr":
			l.Address[row.Ref] = row.Label
		default:
			l.Other++
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return Labels{}, fault.New(fault.Invalid, err, "Line %d is longer than a label can be.", n+1)
		}
		return Labels{}, err
	}
	return l, nil
}
