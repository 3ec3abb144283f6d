package web

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// guide is where an exchange has the rights of a key, and how they are to be
// set: what the drawn picture shows.
type guide struct {
	host string     // where the page is
	path []string   // of the exchange's own menus
	rows []guideRow // of the page on which rights are chosen
	note string     // what is easily overlooked
}

// guideRow is one right on that page.
type guideRow struct {
	name string
	on   bool
}

// guides are the pages of all exchanges, by name, in their own words.
func guides() map[string]guide {
	return map[string]guide{
		"binance": {
			host: "binance.com", path: []string{"Profile", "Account", "API Management", "Create API", "System generated"},
			rows: []guideRow{{"Enable Reading", true}, {"Enable Spot & Margin Trading", false}, {"Enable Withdrawals", false}, {"Permits Universal Transfer", false}, {"Enable Futures", false}},
			note: "Choose Restrict access to trusted IPs only and give the address of this server, if it has a fixed one.",
		},
		"kraken": {
			host: "kraken.com", path: []string{"Profile", "Settings", "Connections & API", "Create API key"},
			rows: []guideRow{{"Funds: Query", true}, {"Orders and trades: Query closed orders & trades", true}, {"Data: Query ledger entries", true}, {"Funds: Withdraw", false}, {"Orders and trades: Create & modify orders", false}},
			note: "Leave the query start and end date empty, or the history is not whole.",
		},
		"coinbase": {
			host: "portal.cdp.coinbase.com", path: []string{"API keys", "Secret API keys", "Create API key", "API restrictions"},
			rows: []guideRow{{"View (read-only)", true}, {"Trade", false}, {"Transfer", false}, {"Receive", false}},
			note: "A key sees one portfolio. Make one for each whose history you need. The private key begins with -----BEGIN EC PRIVATE KEY----- or is one line of letters (Ed25519).",
		},
		"bitstamp": {
			host: "bitstamp.net", path: []string{"Settings", "API access", "Create new API key"},
			rows: []guideRow{{"Account balance", true}, {"User transactions", true}, {"Open orders: buy and sell", false}, {"Withdrawals", false}, {"Transfers to and from main", false}},
			note: "Activate the key by the link in Bitstamp's mail before you give it here.",
		},
		"luno": {
			host: "luno.com", path: []string{"Profile", "Security", "API keys", "Create API key"},
			rows: []guideRow{{"Read-only access", true}, {"Full access", false}, {"Custom: trade, send, receive", false}},
		},
		"valr": {
			host: "valr.com", path: []string{"Profile", "API keys", "Create new API key"},
			rows: []guideRow{{"View access", true}, {"Trade", false}, {"Withdraw", false}, {"Internal transfer", false}},
			note: "A key sees one sub-account. Make one for each.",
		},
		"gemini": {
			host: "gemini.com", path: []string{"Account", "Settings", "API", "Create a new API key"},
			rows: []guideRow{{"Auditor", true}, {"Trader", false}, {"Fund manager", false}, {"Administrator", false}},
		},
		"bitfinex": {
			host: "bitfinex.com", path: []string{"Profile", "API keys", "Create new key"},
			rows: []guideRow{{"Account info: Get", true}, {"Account history: Get", true}, {"Wallets: Get", true}, {"Orders: Write", false}, {"Withdraw: Write", false}},
			note: "Nothing in the column Write.",
		},
		"okx": {
			host: "okx.com", path: []string{"Profile", "API", "Create API key", "Permissions"},
			rows: []guideRow{{"Read", true}, {"Withdraw", false}, {"Trade", false}},
			note: "You choose the passphrase yourself when you make the key.",
		},
		"bybit": {
			host: "bybit.com", path: []string{"Account", "API", "Create new key", "System-generated API keys"},
			rows: []guideRow{{"Read-Only", true}, {"Read-Write", false}},
			note: "Tick the reading rights of all products that you used. Without an address list the key ends after three months.",
		},
		"kucoin": {
			host: "kucoin.com", path: []string{"Profile", "API management", "Create API", "API restrictions"},
			rows: []guideRow{{"General", true}, {"Spot trading", false}, {"Margin trading", false}, {"Withdrawal", false}, {"FlexTransfers", false}},
			note: "You choose the passphrase yourself when you make the key.",
		},
	}
}

// limitsOf is what the API of an exchange does not give by itself, and what to
// upload for it.
func limitsOf(x *exchange.Exchange) (gaps []exchange.Absent) {
	for _, a := range x.Absent {
		if a.Within == "" {
			gaps = append(gaps, a)
		}
	}
	for _, s := range x.Streams {
		if s.Reach > 0 {
			gaps = append(gaps, exchange.Absent{Kind: s.Kind, What: upperFirst(streamWords(s.Name)) + " before the last " + days(s.Reach), Instead: "the exchange's own export of that time"})
		}
	}
	return gaps
}

// givenBy is what the API gives, in words.
func givenBy(x *exchange.Exchange) string {
	var words []string
	for _, s := range x.Streams {
		words = append(words, streamWords(s.Name))
	}
	return strings.Join(words, ", ")
}

// streamWords is the name of a stream for people.
func streamWords(name string) string {
	return strings.NewReplacer("-", " ", "_", " ", "/", " ").Replace(name)
}
