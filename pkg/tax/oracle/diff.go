package oracle

import (
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"strings"
)

// Diff compares two results and describes the first difference, or answers with an empty text when there is none.
// Numbers are equal when they agree after rounding both to twelve decimals, up to slack units of the last one; a key
// that is absent is equal to a zero, an empty text and null. Disposals and income are matched after sorting by date,
// asset, kind and figures, remaining holdings after sorting by asset, account and figures; legs and lots in the order
// given. With subset set, keys that got has beyond want are ignored, as they are when a vector is compared.
func Diff(want, got []byte, slack int, subset bool) string {
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		return "want: " + err.Error()
	}
	if err := json.Unmarshal(got, &g); err != nil {
		return "got: " + err.Error()
	}
	c := comparison{slack: new(big.Rat).SetInt64(int64(slack)), subset: subset}
	return c.value("", w, g)
}

type comparison struct {
	slack  *big.Rat
	subset bool
}

// units reads a number in units of the twelfth decimal.
func units(v any) *big.Rat {
	switch v.(type) {
	case bool, nil:
		return nil
	}
	n, err := readNumber(fmt.Sprint(v), true)
	if err != nil || n == nil {
		return nil
	}
	return new(big.Rat).SetInt(halfEven(mul(n, powerOfTen(places))))
}

func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == "" || x == "0"
	case float64:
		return x == 0
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

func (c comparison) value(path string, want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: want an object, got %v", path, got)
		}
		return c.object(path, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok && got != nil {
			return fmt.Sprintf("%s: want a list, got %v", path, got)
		}
		return c.list(path, w, g)
	}
	a, b := units(want), units(got)
	switch {
	case a != nil && b != nil:
		if new(big.Rat).Abs(sub(a, b)).Cmp(c.slack) <= 0 {
			return ""
		}
	case fmt.Sprint(want) == fmt.Sprint(got), blank(want) && blank(got):
		return ""
	}
	return fmt.Sprintf("%s: want %v, got %v", path, want, got)
}

func blank(v any) bool { return v == nil || v == "" }

func (c comparison) object(path string, want, got map[string]any) string {
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true
	}
	for k := range got {
		if !c.subset {
			keys[k] = true
		}
	}
	for _, k := range sortedKeys(keys) {
		w, inWant := want[k]
		g, inGot := got[k]
		if inWant != inGot {
			if empty(w) && empty(g) {
				continue
			}
			return fmt.Sprintf("%s/%s: want %v, got %v", path, k, w, g)
		}
		if d := c.value(path+"/"+k, w, g); d != "" {
			return d
		}
	}
	return ""
}

func (c comparison) list(path string, want, got []any) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%s: want %d entries, got %d: %v, %v", path, len(want), len(got), want, got)
	}
	switch path {
	case "/disposals", "/income", "/remaining":
		want, got = sorted(want), sorted(got)
	}
	for i := range want {
		if d := c.value(fmt.Sprintf("%s[%d]", path, i), want[i], got[i]); d != "" {
			return d
		}
	}
	return ""
}

// sorted orders the entries of a list by what identifies them.
func sorted(list []any) []any {
	out := append([]any(nil), list...)
	sort.SliceStable(out, func(i, j int) bool { return sortKey(out[i]) < sortKey(out[j]) })
	return out
}

func sortKey(v any) string {
	entry, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	var key []string
	for _, k := range []string{"date", "asset", "account", "kind"} {
		if _, dated := entry["date"]; dated && k == "account" {
			continue
		}
		if s, ok := entry[k].(string); ok {
			key = append(key, s)
		} else {
			key = append(key, "")
		}
	}
	for _, k := range []string{"amount", "value", "proceeds", "cost", "fees"} {
		if n := units(entry[k]); n != nil {
			key = append(key, fmt.Sprintf("%060s", n.Num().String()))
		} else {
			key = append(key, "")
		}
	}
	return strings.Join(key, "\x00")
}
