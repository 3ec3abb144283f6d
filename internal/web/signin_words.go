package web

import "github.com/ledgersys/ledgersys/internal/web/ui"

// secondLead says what the second step asks for.
func secondLead(v secondView) string {
	switch {
	case v.Method == "passkey":
		return "Confirm with a passkey of this account."
	case v.Method == "recovery":
		return "Use one of the recovery codes that you kept."
	case v.Method == "mail" && v.Sent == "":
		return "We can send a code to the address of this account."
	case v.Method == "mail":
		return "A code is on its way to your address."
	default:
		return "Your password was right. Now the second factor."
	}
}

// otherWays are the second factors besides the one that is shown.
func otherWays(v secondView) []ui.Option {
	var ways []ui.Option
	for _, w := range []struct {
		has       bool
		how, text string
	}{{v.TOTP, "totp", "Authenticator app"}, {v.Passkey, "passkey", "Passkey"}, {v.Recovery, "recovery", "Recovery code"}, {v.Mail, "mail", "Code by e-mail"}} {
		if w.has && w.how != v.Method {
			ways = append(ways, ui.Option{Value: w.how, Text: w.text})
		}
	}
	return ways
}
