package oracle

import (
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // the rules depend on local dates, so the zones have to be there on every machine
)

// The JSON of a ledger as it stands in the file.
type (
	rawLedger struct {
		Jurisdiction string     `json:"jurisdiction"`
		Method       string     `json:"method"`
		Currency     string     `json:"currency"`
		Timezone     string     `json:"timezone"`
		Options      rawOptions `json:"options"`
		Events       []rawEvent `json:"events"`
	}
	rawOptions struct {
		Scope              string       `json:"scope"`
		AccountScopeFrom   string       `json:"account_scope_from"`
		DaysAfter          *json.Number `json:"days_after"`
		Superficial        *bool        `json:"superficial"`
		RecentPurchaseLoss string       `json:"recent_purchase_loss"`
		SwapValue          string       `json:"swap_value"`
		SwapCost           string       `json:"swap_cost"`
		SwapFee            string       `json:"swap_fee"`
	}
	rawEvent struct {
		ID        string       `json:"id"`
		Time      string       `json:"time"`
		Type      string       `json:"type"`
		Asset     string       `json:"asset"`
		Amount    string       `json:"amount"`
		Value     string       `json:"value"`
		Fee       string       `json:"fee"`
		FeeAsset  string       `json:"fee_asset"`
		FeeAmount string       `json:"fee_amount"`
		FeeValue  string       `json:"fee_value"`
		ToAsset   string       `json:"to_asset"`
		ToAmount  string       `json:"to_amount"`
		ToValue   string       `json:"to_value"`
		Subtype   string       `json:"subtype"`
		Acquired  string       `json:"acquired"`
		FMV       string       `json:"fmv"`
		Account   string       `json:"account"`
		ToAccount string       `json:"to_account"`
		Received  string       `json:"received"`
		Ratio     string       `json:"ratio"`
		Order     string       `json:"order"`
		Accounts  []rawHolding `json:"accounts"`
		Lots      []rawNamed   `json:"lots"`
	}
	rawHolding struct {
		Account string `json:"account"`
		Amount  string `json:"amount"`
	}
	rawNamed struct {
		Lot    string `json:"lot"`
		Amount string `json:"amount"`
	}
)

// event is one line of the ledger. Numbers that may be unknown are nil when they are blank; all others are zero then.
type event struct {
	id, kind, subtype         string
	at                        time.Time
	day                       day
	file                      int // place in the file
	turn                      int // place in order of time, then of the file
	asset, toAsset, feeAsset  string
	account, toAccount, order string
	acquired                  day // zero when the file gives none
	amount, toAmount, ratio   *big.Rat
	fee, feeAmount            *big.Rat
	value, toValue, feeValue  *big.Rat // nil when blank
	fmv, received             *big.Rat // nil when blank
	accounts                  []part
	lots                      []part
}

// part is an amount that belongs to an account (of an allocation) or to a lot (of a named disposal).
type part struct {
	name   string
	amount *big.Rat
}

// ledger is the checked input, its events in order of time and, at one instant, of the file.
type ledger struct {
	country, method string
	scope           string
	scopeFrom       day // zero when the option is absent
	daysAfter       int
	superficial     bool
	recentFree      bool
	swapValue       string
	swapCost        string
	swapFee         string
	events          []*event
}

func readLedger(data []byte) (*ledger, error) {
	var raw rawLedger
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	l := &ledger{country: raw.Jurisdiction, superficial: true}
	if l.country == "XX" {
		l.country = "GENERIC"
	}
	l.method = methodName(l.country, raw.Method)
	if ruleNames[l.method] == "" {
		return nil, fmt.Errorf("method %q is not known", raw.Method)
	}
	zone, err := time.LoadLocation(raw.Timezone)
	if err != nil || raw.Timezone == "" {
		return nil, fmt.Errorf("time zone %q is not known", raw.Timezone)
	}
	if err := l.readOptions(raw.Options, zone); err != nil {
		return nil, err
	}
	for i := range raw.Events {
		e, err := readEvent(&raw.Events[i], i, zone)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i+1, err)
		}
		l.events = append(l.events, e)
	}
	sort.SliceStable(l.events, func(i, j int) bool { return l.events[i].at.Before(l.events[j].at) })
	for i, e := range l.events {
		e.turn = i
	}
	return l, nil
}

func (l *ledger) readOptions(raw rawOptions, zone *time.Location) error {
	l.scope = raw.Scope
	if raw.AccountScopeFrom != "" {
		_, d, err := readTime(raw.AccountScopeFrom, zone)
		if err != nil {
			return err
		}
		l.scopeFrom = d
	}
	l.daysAfter = 30
	if l.method == corporatePool {
		l.daysAfter = 0
	}
	if raw.DaysAfter != nil {
		n, err := strconv.Atoi(raw.DaysAfter.String())
		if err != nil {
			return fmt.Errorf("days_after: %w", err)
		}
		l.daysAfter = n
	}
	if raw.Superficial != nil {
		l.superficial = *raw.Superficial
	}
	l.recentFree = raw.RecentPurchaseLoss == "free"
	l.swapValue = orElse(raw.SwapValue, "received")
	l.swapCost, l.swapFee = orElse(raw.SwapCost, "received"), orElse(raw.SwapFee, "disposal")
	if l.country == "GB" {
		l.swapCost, l.swapFee = orElse(raw.SwapCost, "given"), orElse(raw.SwapFee, "half")
	}
	return nil
}

// perAccount says whether each account has an inventory of its own on that date.
func (l *ledger) perAccount(d day) bool {
	if l.scopeFrom != 0 {
		return d >= l.scopeFrom
	}
	return l.scope == "account"
}

// labelled says whether lots carry an account at all: not in plain universal scope.
func (l *ledger) labelled() bool { return l.scopeFrom != 0 || l.scope == "account" }

func readEvent(raw *rawEvent, file int, zone *time.Location) (*event, error) {
	e := &event{
		id: orElse(raw.ID, "e"+strconv.Itoa(file+1)), kind: raw.Type, subtype: raw.Subtype, file: file,
		asset: raw.Asset, toAsset: raw.ToAsset, feeAsset: raw.FeeAsset,
		account: raw.Account, toAccount: raw.ToAccount, order: raw.Order,
	}
	if !kinds[e.kind] {
		return nil, fmt.Errorf("type %q is not known", e.kind)
	}
	var err error
	if e.at, e.day, err = readTime(raw.Time, zone); err != nil {
		return nil, err
	}
	if raw.Acquired != "" {
		if _, e.acquired, err = readTime(raw.Acquired, zone); err != nil {
			return nil, err
		}
	}
	for _, n := range []struct {
		into  **big.Rat
		text  string
		blank bool
	}{
		{&e.amount, raw.Amount, false},
		{&e.toAmount, raw.ToAmount, false},
		{&e.ratio, raw.Ratio, false},
		{&e.fee, raw.Fee, false},
		{&e.feeAmount, raw.FeeAmount, false},
		{&e.value, raw.Value, true},
		{&e.toValue, raw.ToValue, true},
		{&e.feeValue, raw.FeeValue, true},
		{&e.fmv, raw.FMV, true},
		{&e.received, raw.Received, true},
	} {
		if *n.into, err = readNumber(n.text, n.blank); err != nil {
			return nil, err
		}
	}
	return e, e.readParts(raw)
}

func (e *event) readParts(raw *rawEvent) error {
	for _, a := range raw.Accounts {
		n, err := readNumber(a.Amount, false)
		if err != nil {
			return err
		}
		e.accounts = append(e.accounts, part{a.Account, n})
	}
	for _, a := range raw.Lots {
		n, err := readNumber(a.Amount, false)
		if err != nil {
			return err
		}
		e.lots = append(e.lots, part{a.Lot, n})
	}
	return nil
}

// readNumber reads a decimal; a blank one is nil when blanks are told apart, else zero.
func readNumber(s string, tellBlank bool) (*big.Rat, error) {
	if s == "" {
		if tellBlank {
			return nil, nil
		}
		return zero(), nil
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok || strings.Contains(s, "/") {
		return nil, fmt.Errorf("number %q is not a decimal", s)
	}
	return n, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func valueOr0(n *big.Rat) *big.Rat {
	if n == nil {
		return zero()
	}
	return clone(n)
}
