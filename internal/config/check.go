package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// together checks what one setting means for another.
func (l *Loaded) together() (faults []error) {
	no := func(words string) { faults = append(faults, errors.New(words)) }
	c := &l.Config
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		no("tls_cert_file and tls_key_file go together")
	}
	if len(l.Keys.KMS) > 0 && l.Keys.MasterFile != "" {
		no("master_kms and master_key_file are two master keys: keep one")
	}
	if c.TLS.CertFile != "" && len(c.TLS.ACMEDomains) > 0 {
		no("tls_cert_file and acme_domains are two ways to the same end: keep one")
	}
	if len(c.TLS.ACMEDomains) > 0 && !c.Outbound.Allowed {
		no("acme_domains asks an authority on the network, which outbound deny forbids")
	}
	if c.TLS.RedirectListen != "" && !c.TLS.On() {
		no("tls_redirect_listen redirects to https, which needs tls_cert_file or acme_domains")
	}
	if c.Signup == "open" && c.Mail.URL.Empty() {
		no("signup open needs mail, to confirm addresses: set smtp_url_file, or signup invite")
	}
	if (c.AdminEmail == "") != c.AdminPassword.Empty() {
		no("admin_email and admin_password_file go together")
	}
	if c.Billing.On && len(c.Billing.Plans) == 0 {
		no("billing is on, but there is no [[plan]] in the configuration file")
	}
	if err := c.mailReach(); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", l.origin["smtp_url"].from, err))
	}
	l.follow()
	return append(faults, c.publicBind()...)
}

// followed is the source of an address that nobody set.
const followed = "from listen"

// follow fills what follows from other settings.
func (l *Loaded) follow() {
	c := &l.Config
	if c.BaseURL == "" {
		c.BaseURL = c.defaultBase()
		l.origin["base_url"] = origin{c.BaseURL, followed}
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if u, err := url.Parse(c.BaseURL); err == nil && len(c.Hosts) == 0 {
		c.Hosts = []string{u.Hostname()}
		l.origin["hosts"] = origin{u.Hostname(), "from base_url"}
	}
}

// Given reports whether somebody set a setting, be it to its default.
func (l *Loaded) Given(name string) bool { return l.origin[name].from != "default" }

// Bound says at which address the service really listens: it follows where
// the configuration asked for any free port.
func (l *Loaded) Bound(address string) {
	l.Listen = address
	if o := l.origin["base_url"]; o.from == followed {
		l.BaseURL = ""
		l.follow()
	}
}

// defaultBase is the address of the service as long as nobody says another.
func (c *Config) defaultBase() string {
	scheme, name, usual := "http", "localhost", "80"
	if c.TLS.On() {
		scheme, usual = "https", "443"
	}
	if len(c.TLS.ACMEDomains) > 0 {
		name = c.TLS.ACMEDomains[0]
	}
	_, port, _ := cutPort(c.Listen)
	if port == usual {
		return scheme + "://" + name
	}
	return scheme + "://" + name + ":" + port
}

// publicBind refuses to serve plain http where others can listen in.
func (c *Config) publicBind() []error {
	host, _, _ := cutPort(c.Listen)
	if Loopback(host) || c.TLS.On() || len(c.TrustedProxies) > 0 {
		return nil
	}
	return []error{fmt.Errorf("listen %s can be reached from outside, and there is no TLS: set tls_cert_file and tls_key_file or acme_domains, "+
		"name the proxy in front in trusted_proxies, or listen on localhost", c.Listen)}
}

// mailReach refuses a mail server on this machine or network that the operator
// did not list.
func (c *Config) mailReach() error {
	if c.Mail.URL.Empty() {
		return nil
	}
	u, err := url.Parse(string(c.Mail.URL.Reveal()))
	if err != nil {
		return errors.New("it is no address")
	}
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	public := !Loopback(host) && (err != nil || !a.IsPrivate() && !a.IsLinkLocalUnicast())
	if public || slices.Contains(c.Outbound.Allow, MailHost(u)) {
		return nil
	}
	return fmt.Errorf("the mail server %s is not public: list it in egress_allow", MailHost(u))
}

// PlainMail reports whether mail may go in clear: to a server on this very
// machine that the operator listed.
func (c *Config) PlainMail() bool {
	u, err := url.Parse(string(c.Mail.URL.Reveal()))
	return err == nil && Loopback(u.Hostname()) && slices.Contains(c.Outbound.Allow, MailHost(u))
}

// MailHost returns host:port of a mail server's address.
func MailHost(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "smtps":
		return u.Host + ":465"
	}
	return u.Host + ":587"
}

// Loopback reports whether a host of an address means this machine itself.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

var (
	planID       = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	planPrice    = regexp.MustCompile(`^(0|[1-9]\d{0,8})(\.\d{1,3})?$`)
	planCurrency = regexp.MustCompile(`^[A-Z]{3}$`)
)

func isList(v any) bool { _, ok := v.([]any); return ok }

// takePlans reads [[plan]].
func (l *Loaded) takePlans(v any) error {
	for i, one := range v.([]any) {
		m, ok := one.(map[string]any)
		if !ok {
			return errors.New("plans are written as [[plan]]")
		}
		p := Plan{Period: "year"}
		for key, v := range m {
			text, err := scalar(v)
			if err != nil {
				return fmt.Errorf("plan %d: %s: %w", i+1, key, err)
			}
			switch key {
			case "id":
				p.ID = text
			case "price":
				p.Price = text
			case "currency":
				p.Currency = text
			case "period":
				p.Period = text
			default:
				return fmt.Errorf("plan %d: there is no %s; a plan has id, price, currency and period", i+1, key)
			}
		}
		if err := p.check(); err != nil {
			return fmt.Errorf("plan %d: %w", i+1, err)
		}
		if slices.ContainsFunc(l.Billing.Plans, func(q Plan) bool { return q.ID == p.ID }) {
			return fmt.Errorf("plan %d: there are two plans %s", i+1, p.ID)
		}
		l.Billing.Plans = append(l.Billing.Plans, p)
	}
	return nil
}

func (p Plan) check() error {
	switch {
	case !planID.MatchString(p.ID):
		return errors.New("id is a short word such as holder")
	case !planPrice.MatchString(p.Price):
		return errors.New(`price is a number in quotes such as "39.00"`)
	case !planCurrency.MatchString(p.Currency):
		return errors.New("currency is a code such as EUR")
	case p.Period != "year":
		return errors.New("period is year")
	}
	return nil
}
