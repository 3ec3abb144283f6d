package generic

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute refuses every name: the generic rule set has no annual arithmetic.
func compute(name, _ string, _ json.RawMessage) ([]tax.Answer, error) {
	return nil, tax.UnknownCompute("XX", name)
}
