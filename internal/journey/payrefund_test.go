package journey_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// refundTo is where the firm wants its money. It says so on the payment
// server's page, and nothing of ours ever has it.
const refundTo = "bc1qc4n4ryrefundc4n4ryrefundc4n4ry0back"

// refundPage serves the payment server's page about a refund: it asks for an
// address.
func (p *payhouse) refundPage(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		p.refundTo = r.PostFormValue("Destination")
	}
	_, _ = io.WriteString(w, `<form method="post"><input name="Destination"></form>`)
}

// refunds walks the way of money that comes back up to the operator's note: the
// firm asks in a browser, the operator is told and sends the link with a verb,
// the firm finds it in its mail and on its page, and says where the money goes.
func (in *instance) refunds(tb *tab, owner *client, p *payhouse, firm, script string) (back string) {
	in.t.Helper()
	back, ref := owner.buys(firm, "holder", "wanted back")
	p.runOut(ref)
	p.set(ref, "Expired", "PaidLate", "39")
	in.tell("wanted back", "InvoicePaidAfterExpiration", ref)
	at := "/f/" + firm + "/billing/invoices/" + back
	in.eventually("late", func() bool { return strings.Contains(owner.get(at).body, "Refund link") })
	tb.visit(at)
	tb.press("Refund link")
	tb.sees("You asked for the money back. A link comes by mail")
	tb.shot("refund-wanted")
	in.eventually("told that it was asked for", func() bool { return p.subjects()["You asked for your money back"] == 1 })
	if out, code := in.command("admin", "billing", "list"); code != 0 || !strings.Contains(out, "ledgersys admin billing refund-link "+back) {
		in.t.Errorf("the operator sees: exit %d, %s", code, out)
	}
	const path = "/pull-payments/4ExampleExample"
	link := strings.Replace(p.url, "http://", "https://", 1) + path
	if _, code := in.command("admin", "billing", "seen", back); code != 1 {
		in.t.Errorf("somebody waits, and it was only looked at: exit %d", code)
	}
	if _, code := in.command("admin", "billing", "refund-link", back, "https://elsewhere.example"+path); code != 1 {
		in.t.Errorf("a link elsewhere: exit %d", code)
	}
	if out, code := in.command("admin", "billing", "refund-link", back, link); code != 0 {
		in.t.Errorf("the link: exit %d, %s", code, out)
	}
	mail := ""
	in.eventually("the link comes by mail", func() bool { mail = p.letter("pull-payments"); return mail != "" })
	if !strings.Contains(mail, link) {
		in.t.Errorf("a mail without %s:\n%s", link, mail)
	}
	tb.visit(at)
	tb.sees("Your refund is ready")
	tb.sees("Say where the refund goes")
	tb.prepare(script)
	tb.checkAccess("refund")
	tb.shot("refund-ready")
	if page := html.UnescapeString(owner.get(at).body); !strings.Contains(page, `href="`+link+`"`) {
		in.t.Error("the page does not lead to where the refund goes")
	}
	a, err := http.PostForm(p.url+path, url.Values{"Destination": {refundTo}})
	if err != nil {
		in.t.Fatal(err)
	}
	defer a.Body.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refundTo != refundTo {
		in.t.Errorf("the payment server was told %q", p.refundTo)
	}
	return back
}

// refunded is the end of that way: the money was sent, and the firm reads so.
func (in *instance) refunded(tb *tab, p *payhouse, firm, back string) {
	in.t.Helper()
	in.eventually("told that it was sent", func() bool { return p.letter("Your money was sent back", back[:8]) != "" })
	tb.visit("/f/" + firm + "/billing/invoices/" + back)
	tb.sees("This payment was sent back.")
	tb.shot("refund-done")
	if strings.Contains(tb.text(), "Say where the refund goes") {
		in.t.Error("the link is offered after the money was sent")
	}
}

// letter is the last mail that holds every one of some texts, as it is read.
func (p *payhouse) letter(texts ...string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.letters) - 1; i >= 0; i-- {
		text := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(p.letters[i])
		all := true
		for _, want := range texts {
			all = all && strings.Contains(text, want)
		}
		if all {
			return text
		}
	}
	return ""
}

// marked gives the reason for a state that was set by hand, with the verb; the
// buyer reads it.
func (in *instance) marked(tb *tab, at, id string) {
	in.t.Helper()
	if _, code := in.command("admin", "billing", "seen", id); code != 1 {
		in.t.Errorf("seen without a reason: exit %d", code)
	}
	if out, code := in.command("admin", "billing", "seen", id, "--reason", "Paid by bank transfer."); code != 0 {
		in.t.Errorf("seen: exit %d, %s", code, out)
	}
	tb.visit(at)
	tb.sees("Set by support, reason: Paid by bank transfer.")
	tb.shot("invoice-marked-reason")
}
