package billing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// signedByBTCPay reports whether a BTCPay-Sig header fits a body: "sha256="
// and the lower-case hex of HMAC-SHA256 over the bytes as they came. An empty
// secret signs nothing.
func signedByBTCPay(secret, body []byte, header string) bool {
	text, ok := strings.CutPrefix(header, "sha256=")
	if !ok || len(secret) == 0 {
		return false
	}
	return hmac.Equal([]byte(text), []byte(hexMAC(secret, body)))
}

func hexMAC(secret []byte, parts ...[]byte) string {
	mac := hmac.New(sha256.New, secret)
	for _, p := range parts {
		mac.Write(p)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// tolerance is how far a Stripe signature's time may be from ours.
const tolerance = 300 * time.Second

// signedByStripe reports whether a Stripe-Signature header ("t=…,v1=…,v1=…")
// fits a body and is not older or newer than tolerance.
func signedByStripe(secret, body []byte, header string, now time.Time) bool {
	var at string
	var sums []string
	for part := range strings.SplitSeq(header, ",") {
		switch key, value, _ := strings.Cut(strings.TrimSpace(part), "="); key {
		case "t":
			at = value
		case "v1":
			sums = append(sums, value)
		}
	}
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil || len(secret) == 0 || now.Sub(time.Unix(sec, 0)).Abs() > tolerance {
		return false
	}
	want, fits := hexMAC(secret, []byte(at), []byte("."), body), false
	for _, sum := range sums {
		fits = hmac.Equal([]byte(sum), []byte(want)) || fits
	}
	return fits
}
