package kraken

import "strings"

// quotes are the codes that a pair may end with, longer before shorter where
// one is the end of the other.
var quotes = [...]string{
	"EUROP", "PYUSD", "RLUSD", "USDC", "USDD", "USDG", "USDQ", "USDR", "USDT", "USD1",
	"AED", "AUD", "CAD", "CHF", "DAI", "DOT", "ETH", "EUR", "GBP", "JPY", "POL", "SOL", "USD", "XBT", "BTC",
}

// old are the codes with X or Z in front: pairs of two such codes keep both
// (XXBTZEUR). In all others the letter belongs to the base: XTZEUR is XTZ in
// EUR, ICXXBT is ICX in XBT.
const old = " XETC XETH XICN XLTC XMLN XNMC XREP XXBT XXDG XXLM XXMR XXRP XXVN XZEC XDAO " +
	"ZAUD ZCAD ZCHF ZEUR ZGBP ZJPY ZKRW ZUSD USDT " // USDTZUSD is the one younger base with an old quote

// splitPair returns base and quote of a pair as tickers.
func splitPair(pair string) (base, quote string, ok bool) {
	if b, q, found := strings.Cut(pair, "/"); found {
		return Asset(b), Asset(q), b != "" && q != "" && !strings.Contains(q, "/")
	}
	pair = strings.ToUpper(pair)
	if len(pair) == 8 && isOld(pair[:4]) && isOld(pair[4:]) {
		return Asset(pair[:4]), Asset(pair[4:]), true
	}
	for _, q := range quotes {
		if b, found := strings.CutSuffix(pair, q); found && b != "" {
			return Asset(b), Asset(q), true
		}
	}
	return "", "", false
}

func isOld(code string) bool { return strings.Contains(old, " "+code+" ") }
