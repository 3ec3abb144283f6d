package kraken

import "strings"

// kfee is the code for Kraken's fee credits: granted, spent on fees only,
// worth nothing outside. They are no asset of the owner.
const kfee = "KFEE"

// suffixes mark where units of an asset are kept: held back, staked, bonded,
// in a parachain auction, opted into rewards. The asset is the same.
var suffixes = [...]string{".HOLD", ".S", ".M", ".P", ".F", ".B"}

// terms are the bonding periods in days that stand before ".S": DOT28.S.
var terms = [...]string{"03", "04", "07", "14", "21", "28"}

// Asset returns the ticker for a code of Kraken: XXBT and XBT are BTC, ZEUR
// and EUR.HOLD are EUR, DOT28.S is DOT, ETH2.S is ETH.
func Asset(code string) string {
	for _, s := range suffixes {
		base, ok := strings.CutSuffix(code, s)
		if !ok || base == "" {
			continue
		}
		code = base
		if s == ".S" {
			code = dropTerm(code)
		}
		break
	}
	return alias(code)
}

func dropTerm(code string) string {
	for _, t := range terms {
		if base, ok := strings.CutSuffix(code, t); ok && base != "" {
			return base
		}
	}
	return code
}

// alias undoes Kraken's names of its first assets: X before coins, Z before
// money, XBT and XDG. Other codes are tickers.
func alias(code string) string {
	switch code {
	case "XXBT", "XBT":
		return "BTC"
	case "XXDG", "XDG":
		return "DOGE"
	case "XXVN":
		return "VEN"
	case "ETH2":
		return "ETH"
	case "FEE":
		return kfee
	case "XETC", "XETH", "XICN", "XLTC", "XMLN", "XNMC", "XREP", "XXLM", "XXMR", "XXRP", "XZEC", "XDAO",
		"ZARS", "ZAUD", "ZCAD", "ZCHF", "ZEUR", "ZGBP", "ZJPY", "ZKRW", "ZMXN", "ZUSD":
		return code[1:]
	}
	return code
}
