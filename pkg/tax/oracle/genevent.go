package oracle

import (
	"math/big"
	"strings"

	"pgregory.net/rapid"
)

// event draws one event and adds it. Types that cannot come now (a fork of a coin that forked, a transfer with one
// account) become a purchase.
func (d *drawing) event(when string) {
	types := []string{
		"buy", "buy", "buy", "buy", "sell", "sell", "sell", "sell", "sell", "swap", "swap", "spend", "income", "airdrop",
		"opening", "gift_in", "gift_in", "gift_out", "donate", "fee", "transfer", "transfer", "split", "fork", "allocate",
	}
	if d.country.name == "GB" {
		types = append(types, "spouse_out", "spouse_out", "spouse_in")
	}
	kind := d.pick("type", types...)
	if len(d.events) == 0 && d.chance("starts with a purchase", 90) {
		kind = d.pick("first type", "buy", "opening", "income")
	}
	e := rawMap{"id": d.nextID(), "time": when, "type": kind, "asset": d.pick("asset", d.assets...)}
	if account := d.pick("account", append(d.accounts, d.accounts[0])...); len(d.accounts) > 1 || d.chance("named", 50) {
		e["account"] = account
	}
	switch kind {
	case "split":
		d.split(e)
	case "fork":
		d.fork(e)
	case "allocate":
		d.allocate(e)
	case "transfer":
		d.transfer(e)
	case "swap":
		d.swap(e)
	case "buy", "opening", "income", "airdrop", "gift_in", "spouse_in":
		d.purchase(e)
	default:
		d.sale(e)
	}
}

func (d *drawing) add(e rawMap) { d.events = append(d.events, e) }

// instead adds a purchase with the time and the place of an event that could not be drawn.
func (d *drawing) instead(e rawMap) {
	e["type"] = "buy"
	d.purchase(e)
}

// place is where the units of the event's asset are.
func (d *drawing) place(e rawMap) place {
	p := place{asset: e["asset"].(string)}
	if account, ok := e["account"].(string); ok && d.scoped {
		p.account = account
	}
	return p
}

func (d *drawing) held(p place) *big.Rat {
	if d.units[p] == nil {
		d.units[p] = zero()
	}
	return d.units[p]
}

// whereHeld mostly moves an event that takes units away to an asset and account that has some.
func (d *drawing) whereHeld(e rawMap) {
	var full []place
	for _, asset := range d.assets {
		for _, account := range append([]string{""}, d.accounts...) {
			if p := (place{asset, account}); d.held(p).Sign() > 0 {
				full = append(full, p)
			}
		}
	}
	if len(full) == 0 || d.chance("from anywhere", 6) {
		return
	}
	p := oneOf(d.T, "from", full)
	e["asset"] = p.asset
	if p.account != "" {
		e["account"] = p.account
	}
}

func (d *drawing) purchase(e rawMap) {
	amount := d.amount("amount")
	e["amount"] = decimal(amount)
	known := !d.chance("unknown value", 4)
	if known {
		e["value"] = d.value("value", amount)
	} else if d.chance("empty value", 50) {
		e["value"] = ""
	}
	switch e["type"] {
	case "buy", "opening":
		if known && d.chance("fee", 35) {
			e["fee"] = d.fee("fee")
		}
	case "income":
		if d.chance("subtype", 70) {
			e["subtype"] = d.pick("subtype", "staking", "interest", "defi")
		}
	case "gift_in":
		if known && d.chance("fmv", 60) {
			e["fmv"] = d.value("fmv", amount)
		}
	}
	if kind := e["type"]; (kind == "gift_in" || kind == "opening") && d.chance("acquired", 50) {
		back := oneOf(d.T, "days ago", []int{0, 1, 9, 10, 27, 28, 29, 30, 31, 364, 365, 366, 367, 1000})
		e["acquired"] = (d.date(e["time"].(string)) - day(back)).String()
	}
	d.ignoredFee(e)
	d.add(e)
	d.gained(e["id"].(string), d.place(e), amount)
}

// ignoredFee sometimes puts a fee on a type that has none: it has to be ignored.
func (d *drawing) ignoredFee(e rawMap) {
	switch e["type"] {
	case "income", "airdrop", "gift_in", "gift_out", "donate", "fee", "spouse_out", "spouse_in", "transfer":
		if d.chance("fee to ignore", 4) {
			e["fee"] = d.fee("fee to ignore")
		}
	}
}

func (d *drawing) gained(id string, p place, amount *big.Rat) {
	d.units[p] = add(d.held(p), amount)
	if amount.Sign() > 0 {
		d.buys = append(d.buys, purchased{id, p.asset, amount})
	}
}

func (d *drawing) lost(p place, amount *big.Rat) {
	d.units[p] = positive(sub(d.held(p), amount))
}

func (d *drawing) sale(e rawMap) {
	d.whereHeld(e)
	asset := e["asset"].(string)
	amount := d.amountOut(e)
	e["amount"] = decimal(amount)
	total := amount
	if e["type"] != "spouse_out" {
		if !d.chance("unknown value", 4) {
			e["value"] = d.value("value", amount)
		}
	}
	if e["type"] == "sell" || e["type"] == "spend" {
		if d.chance("fee", 30) {
			e["fee"] = d.fee("fee")
		}
		if amount.Sign() > 0 && d.chance("fee in kind", 15) {
			inKind := d.amount("fee amount")
			if held := sub(d.held(d.place(e)), amount); inKind.Cmp(held) > 0 && held.Sign() > 0 && short(held) {
				inKind = held
			}
			e["fee_asset"], e["fee_amount"], e["fee_value"] = asset, decimal(inKind), d.value("fee value", inKind)
			total = add(total, inKind)
		}
	}
	d.nameLots(e, asset, total)
	d.ignoredFee(e)
	d.add(e)
	d.lost(d.place(e), total)
}

// nameLots sometimes names lots for a disposal: their amounts mostly add up to it, whether or not the lots have that much.
func (d *drawing) nameLots(e rawMap, asset string, total *big.Rat) {
	percent := 4
	if d.method == "specific" {
		percent = 65
	}
	var candidates []purchased
	for _, b := range d.buys {
		if b.asset == asset {
			candidates = append(candidates, b)
		}
	}
	if total.Sign() == 0 || len(candidates) == 0 || !d.chance("named lots", percent) {
		return
	}
	var out []rawMap
	left := clone(total)
	whole := !d.chance("named in part", 15)
	for n := d.upTo("more lots", 3); n >= 0 && left.Sign() > 0; n-- {
		lot := oneOf(d.T, "lot", candidates)
		amount := least(left, lot.amount)
		if n == 0 && whole {
			amount = left
		} else if half := quo(amount, big.NewRat(2, 1)); short(half) && d.chance("half a lot", 40) {
			amount = half
		}
		out = append(out, rawMap{"lot": lot.id, "amount": decimal(amount)})
		left = sub(left, amount)
	}
	e["lots"] = out
}

func (d *drawing) swap(e rawMap) {
	d.whereHeld(e)
	asset := e["asset"].(string)
	other := "USDC"
	for _, a := range d.assets {
		if a != asset && d.chance("into "+a, 60) {
			other = a
		}
	}
	amount := d.amountOut(e)
	arriving := d.amount("to amount")
	if amount.Sign() == 0 {
		arriving = zero()
	} else if arriving.Sign() == 0 {
		arriving = one()
	}
	e["amount"], e["to_asset"], e["to_amount"] = decimal(amount), other, decimal(arriving)
	sides := d.upTo("blank sides", 19)
	if sides != 19 && sides%4 != 1 {
		e["value"] = d.value("value", amount)
	} else if d.chance("empty value", 50) {
		e["value"] = ""
	}
	if sides != 19 && sides%4 != 2 {
		e["to_value"] = d.value("to value", amount)
	} else if d.chance("empty to value", 50) {
		e["to_value"] = ""
	}
	if sides != 19 && d.chance("fee", 40) {
		e["fee"] = d.fee("fee")
	}
	d.nameLots(e, asset, amount)
	d.add(e)
	d.lost(d.place(e), amount)
	d.gained(e["id"].(string), place{other, d.place(e).account}, arriving)
}

func (d *drawing) transfer(e rawMap) {
	if len(d.accounts) == 1 || d.limited {
		d.instead(e)
		return
	}
	d.whereHeld(e)
	from := e["account"].(string)
	var others []string
	for _, a := range d.accounts {
		if a != from {
			others = append(others, a)
		}
	}
	amount := d.amountOut(e)
	e["amount"], e["to_account"] = decimal(amount), d.pick("to account", others...)
	arriving := amount
	switch d.upTo("fee of the move", 3) {
	case 1:
		e["received"] = decimal(amount)
	case 2, 3:
		rate := oneOf(d.T, "part lost", []string{"0.001", "0.01", "0.1", "1"})
		part, _ := new(big.Rat).SetString(rate)
		if lost := mul(amount, part); short(lost) {
			arriving = sub(amount, lost)
			e["received"] = decimal(arriving)
			if !d.chance("unknown fee value", 4) {
				e["fee_value"] = d.value("fee value", lost)
			}
		}
	}
	d.ignoredFee(e)
	d.add(e)
	d.lost(d.place(e), amount)
	to := d.place(e)
	if d.scoped {
		to.account = e["to_account"].(string)
	}
	d.units[to] = add(d.held(to), arriving)
}

// busyOn remembers splits and forks of a coin on a day; a second one there is not drawn, since what a split and a fork
// of one day mean together is not written anywhere.
func (d *drawing) busyOn(e rawMap, assets ...string) bool {
	date := d.date(e["time"].(string)).String()
	for _, asset := range assets {
		if d.busy[asset+date] {
			return true
		}
	}
	for _, asset := range assets {
		d.busy[asset+date] = true
	}
	return false
}

func (d *drawing) split(e rawMap) {
	asset := e["asset"].(string)
	if d.busyOn(e, asset) {
		d.instead(e)
		return
	}
	ratio := d.pick("ratio", "2", "3", "0.5", "10", "0.1", "1.5", "7", "0.3", "1")
	e["ratio"] = ratio
	if !d.limited || d.method == irishFIFO {
		delete(e, "account")
	}
	d.add(e)
	factor, _ := new(big.Rat).SetString(ratio)
	for p, n := range d.units {
		if p.asset == asset {
			d.units[p] = mul(n, factor)
		}
	}
}

// fork draws a fork from a coin to one later in the list or to one of its own. A coin is brought by one fork only.
func (d *drawing) fork(e rawMap) {
	asset := e["asset"].(string)
	targets := []string{asset + "F"}
	for i, a := range d.assets {
		if a == asset {
			targets = append(targets, d.assets[i+1:]...)
		}
	}
	target := d.pick("to asset", targets...)
	if d.born[target] || d.busyOn(e, asset, target) {
		d.instead(e)
		return
	}
	d.born[target] = true
	amount := d.amount("to amount")
	e["to_asset"], e["to_amount"] = target, decimal(amount)
	e["value"] = d.money("value", 1)
	e["to_value"] = d.money("to value", 0)
	if !d.limited {
		delete(e, "account")
	}
	d.add(e)
	to := place{target, d.place(e).account}
	d.units[to] = add(d.held(to), amount)
	if strings.HasSuffix(target, "F") {
		d.assets = append(d.assets[:len(d.assets):len(d.assets)], target)
	}
}

// allocate pours what is left of the coin at that moment into the accounts.
func (d *drawing) allocate(e rawMap) {
	asset := e["asset"].(string)
	left := d.unitsLeft(asset)
	if d.limited || left == nil || left.Sign() == 0 || !short(left) {
		d.instead(e)
		return
	}
	e["order"] = d.pick("order", "fifo", "lifo", "hifo", "lofo")
	delete(e, "account")
	var out []rawMap
	for i, account := range rapid.Permutation(d.accounts).Draw(d.T, "accounts") {
		amount := left
		if third := quo(left, big.NewRat(4, 1)); i < len(d.accounts)-1 && short(third) {
			amount = mul(third, big.NewRat(int64(d.upTo("quarters", 4)), 1))
		}
		out = append(out, rawMap{"account": account, "amount": decimal(amount)})
		left = sub(left, amount)
	}
	e["accounts"] = out
	d.add(e)
}

// unitsLeft computes what is left of a coin after the events so far; nil when the method has no lots.
func (d *drawing) unitsLeft(asset string) *big.Rat {
	l, err := readLedger(d.json(d.events))
	if err != nil {
		d.Fatalf("ledger so far: %v", err)
	}
	if isPool(l.method) {
		return nil
	}
	_, left := runLots(l)
	sum := zero()
	for _, h := range left {
		if h.asset == asset {
			sum = add(sum, h.amount)
		}
	}
	return sum
}
