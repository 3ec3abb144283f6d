package money

// Currency is an ISO 4217 code. Case is kept, because GBp is not GBP.
type Currency string

// isoCodes are the active codes of ISO 4217 list one, and those withdrawn in
// the lifetime of bitcoin that old statements still carry.
const isoCodes = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD " +
	"CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD " +
	"HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD " +
	"MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG " +
	"QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS " +
	"UAH UGX USD UYU UZS VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL"

// IsFiat reports whether code is a currency of ISO 4217, written in capitals.
// Everything else is a crypto-asset, stablecoins included.
func IsFiat(code string) bool {
	if len(code) != 3 {
		return false
	}
	for i := 0; i+3 <= len(isoCodes); i += 4 {
		if isoCodes[i:i+3] == code {
			return true
		}
	}
	return false
}
