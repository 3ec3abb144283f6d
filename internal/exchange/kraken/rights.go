package kraken

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// reading are the rights that a key may have: they let it look, and write a
// report for itself.
var reading = []string{"query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "export-data"}

// Judge reads the answer of GetApiKeyInfo.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil || firstError(body) != "" {
		return exchange.NoVerdict()
	}
	f, err := exchange.ParseFields(body)
	if err != nil {
		return exchange.NoVerdict()
	}
	info := f.Inner("result")
	var list []string
	if info.IsNull("permissions") || json.Unmarshal(info["permissions"], &list) != nil {
		return exchange.NoVerdict()
	}
	r := exchange.Rights{Found: slices.Clone(list), IPTold: true}
	for _, word := range list {
		if !slices.Contains(reading, word) {
			r.TooMuch = append(r.TooMuch, word)
		}
	}
	for _, need := range []string{"query-funds", "query-ledger"} {
		if !slices.Contains(list, need) {
			r.Missing = append(r.Missing, need)
		}
	}
	for _, ip := range either(info, "ip_allowlist", "ipAllowlist") {
		if ip != "" {
			r.IPs, r.IPBound = append(r.IPs, ip), true
		}
	}
	r.Expires = moment(info, "valid_until", "validUntil")
	if !moment(info, "query_from", "queryFrom").IsZero() || !moment(info, "query_to", "queryTo").IsZero() {
		r.Warnings = append(r.Warnings, "The key sees a part of the history only (query start or end date is set): the books cannot be complete. Make a key without these dates.")
	}
	return r.Decide()
}

// either reads a list under one of the two spellings that are documented.
func either(f exchange.Fields, names ...string) []string {
	for _, n := range names {
		var list []string
		if json.Unmarshal(f[n], &list) == nil && len(list) > 0 {
			return list
		}
	}
	return nil
}

// moment reads seconds since 1970; 0 is none.
func moment(f exchange.Fields, names ...string) time.Time {
	for _, n := range names {
		if text := strings.TrimSpace(f.Text(n)); text != "" && text != "0" {
			if at, ok := exchange.ParseTime(text, exchange.Second); ok {
				return at
			}
		}
	}
	return time.Time{}
}

// Probe implements exchange.Client.
func (k *client) Probe(ctx context.Context) (exchange.Rights, error) {
	result, err := k.call(ctx, "GetApiKeyInfo", 1, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	body, err := json.Marshal(map[string]any{"error": []string{}, "result": result})
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}
