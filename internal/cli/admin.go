package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// adminVerbs are what the operator does from the machine. None shows what
// customers keep.
type adminVerbs struct {
	Init      adminInit      `cmd:"" help:"Make the first owner without a browser; exit 1 if there is one."`
	SetupCode adminSetupCode `cmd:"" name:"setup-code" help:"Print a new setup code for the first owner."`
	Token     adminToken     `cmd:"" help:"Make an API token for somebody and print it once."`
	ResetLink adminResetLink `cmd:"" name:"reset-link" help:"Print a link with which somebody sets a new password."`
	Unlock    adminUnlock    `cmd:"" help:"Let somebody sign in again who tried too often."`
	SignOut   adminSignOut   `cmd:"" name:"sign-out" help:"End every session and token of somebody."`
	Disable   adminDisable   `cmd:"" help:"Close an account."`
	Enable    adminEnable    `cmd:"" help:"Open a closed account again."`
	Factors   adminFactors   `cmd:"" name:"reset-factors" help:"Take away the second factors of somebody who lost them all."`
	Operator  adminOperator  `cmd:"" help:"Make an account that runs this instance and has no way to customers' data."`
	Firms     adminFirms     `cmd:"" help:"List the firms, without what is theirs."`
	Users     adminUsers     `cmd:"" help:"List the accounts, without whose they are."`
	Billing   adminBilling   `cmd:"" help:"Look after payments for plans."`
	Move      adminMove      `cmd:"" help:"Move the whole installation to another database."`
}

// adminTask is an act of the operator; each stands in the audit chain of the
// control plane.
func adminTask(s *Streams, f *settingFlags, name string, t task, there presence) error {
	return perform(s, f, "admin "+name, t, there)
}

// adminTasks are those that can be asked for through the socket.
func adminTasks() map[string]func() task {
	return map[string]func() task{
		"admin init":          func() task { return &adminInit{} },
		"admin setup-code":    func() task { return &adminSetupCode{} },
		"admin token":         func() task { return &adminToken{} },
		"admin reset-link":    func() task { return &adminResetLink{} },
		"admin unlock":        func() task { return &adminUnlock{} },
		"admin sign-out":      func() task { return &adminSignOut{} },
		"admin disable":       func() task { return &adminDisable{} },
		"admin enable":        func() task { return &adminEnable{} },
		"admin reset-factors": func() task { return &adminFactors{} },
		"admin operator":      func() task { return &adminOperator{} },
		"admin firms":         func() task { return &adminFirms{} },
		"admin users":         func() task { return &adminUsers{} },
	}
}

// audited notes an act of the operator in the control plane's chain.
func (s *service) audited(ctx context.Context, name string) error {
	actor := tenant.Actor{Via: tenant.ViaCommand, Name: name}
	return s.store.Control(ctx, func(t *store.ControlTx) error {
		return errors.Join(
			t.Audit(ctx, audit.Entry{Action: "operator.act", Object: "command/" + strings.ReplaceAll(name, " ", "."), Actor: actor}),
			t.Event(ctx, audit.Event{Kind: "admin", Outcome: "ok", Object: "command/" + strings.ReplaceAll(name, " ", "."), Actor: actor}),
		)
	})
}

// passwordOf reads a password from a file, without its last line break.
func passwordOf(path string) ([]byte, error) {
	b, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, usage(err)
	}
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	return b, nil
}

type adminInit struct {
	settingFlags `embed:"" json:"-"`

	Email        string `required:"" help:"Mail address of the owner."`
	PasswordFile string `required:"" json:"-" help:"File with the password." placeholder:"FILE"`
	Country      string `required:"" help:"Country of the tax return."`
	Currency     string `help:"Tax currency; the country's own unless given."`
	Timezone     string `help:"Tax time zone; the country's own unless given."`
	Name         string `help:"Name of the owner, their firm and their books; the address unless given."`
	Password     []byte `kong:"-"`
}

// Run reads the password and has the owner made.
func (v *adminInit) Run(s *Streams) (err error) {
	if v.Password, err = passwordOf(v.PasswordFile); err != nil {
		return err
	}
	return adminTask(s, &v.settingFlags, "init", v, mayBeNew)
}

func (v *adminInit) do(ctx context.Context, s *service, out io.Writer) error {
	if v.Name == "" {
		v.Name, _, _ = strings.Cut(v.Email, "@")
	}
	p := session.NewPerson{Name: v.Name, Email: v.Email, Locale: s.conf.Locale, Password: keyring.NewSecret(v.Password)}
	f, e, err := s.admission().First(ctx, p, firm.Draft{Name: v.Name, Country: v.Country, Currency: v.Currency, Timezone: v.Timezone})
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(map[string]string{"firm": f.ID.String(), "entity": e.ID.String()})
}

type adminSetupCode struct {
	settingFlags `embed:"" json:"-"`
}

// Run has a code made.
func (v *adminSetupCode) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "setup-code", v, mayBeNew)
}

func (v *adminSetupCode) do(ctx context.Context, s *service, out io.Writer) error {
	code, err := s.accounts.NewSetupCode(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", code.Reveal())
	return err
}

type adminToken struct {
	settingFlags `embed:"" json:"-"`

	Email   string `required:"" help:"Whose token it is."`
	Scopes  string `required:"" help:"What it is for, with commas: read write imports connections billing members audit admin."`
	Expires string `default:"90d" help:"How long it is good for."`
	Name    string `default:"admin token" help:"What it is called in lists."`
}

// Run has a token made.
func (v *adminToken) Run(s *Streams) error {
	if _, err := config.ParseDuration(v.Expires); err != nil {
		return usage(fmt.Errorf("--expires: %w", err))
	}
	return adminTask(s, &v.settingFlags, "token", v, mustBeThere)
}

func (v *adminToken) do(ctx context.Context, s *service, out io.Writer) error {
	d, err := config.ParseDuration(v.Expires)
	if err != nil {
		return usage(fmt.Errorf("--expires: %w", err))
	}
	scopes := strings.FieldsFunc(v.Scopes, func(r rune) bool { return r == ',' || r == ' ' })
	token, err := s.accounts.TokenFor(ctx, v.Email, session.TokenOrder{Name: v.Name, Scopes: scopes, For: d})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", token.Reveal())
	return err
}

// someone is a verb on one account.
type someone struct {
	settingFlags `embed:"" json:"-"`

	Email string `required:"" help:"Whose account."`
}

type adminResetLink struct {
	someone `embed:""`
}

// Run has a link made.
func (v *adminResetLink) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "reset-link", v, mustBeThere)
}

func (v *adminResetLink) do(ctx context.Context, s *service, out io.Writer) error {
	path, err := s.accounts.ResetLink(ctx, v.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, s.post.Link(string(path.Reveal())))
	return err
}

type adminUnlock struct {
	someone `embed:""`
}

// Run unlocks an account.
func (v *adminUnlock) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "unlock", v, mustBeThere)
}

func (v *adminUnlock) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.Unlock(ctx, v.Email)
}

type adminSignOut struct {
	someone `embed:""`
}

// Run ends the sessions of an account.
func (v *adminSignOut) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "sign-out", v, mustBeThere)
}

func (v *adminSignOut) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.SignOutAll(ctx, v.Email)
}

type adminDisable struct {
	someone `embed:""`
}

// Run closes an account.
func (v *adminDisable) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "disable", v, mustBeThere)
}

func (v *adminDisable) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.Disable(ctx, v.Email, true)
}

type adminEnable struct {
	someone `embed:""`
}

// Run opens a closed account.
func (v *adminEnable) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "enable", v, mustBeThere)
}

func (v *adminEnable) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.Disable(ctx, v.Email, false)
}

type adminFactors struct {
	someone `embed:""`
}

// Run takes second factors away.
func (v *adminFactors) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "reset-factors", v, mustBeThere)
}

func (v *adminFactors) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.ResetFactors(ctx, v.Email)
}

type adminOperator struct {
	someone `embed:""`

	PasswordFile string `required:"" json:"-" help:"File with the password." placeholder:"FILE"`
	Password     []byte `kong:"-"`
}

// Run reads the password and has the operator made.
func (v *adminOperator) Run(s *Streams) (err error) {
	if v.Password, err = passwordOf(v.PasswordFile); err != nil {
		return err
	}
	return adminTask(s, &v.settingFlags, "operator", v, mayBeNew)
}

func (v *adminOperator) do(ctx context.Context, s *service, _ io.Writer) error {
	return s.accounts.MakeOperator(ctx, session.NewPerson{Email: v.Email, Password: keyring.NewSecret(v.Password)})
}

type adminFirms struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the firms.
func (v *adminFirms) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "firms", v, mustBeThere)
}

// firmLine is what the operator sees of a firm.
type firmLine struct {
	ID        string     `json:"id"`
	Residency string     `json:"residency"`
	Members   int        `json:"members"`
	Created   time.Time  `json:"created"`
	Archived  *time.Time `json:"archived"`
}

func (v *adminFirms) do(ctx context.Context, s *service, out io.Writer) error {
	lines := []firmLine{}
	err := s.store.Firms().Read(ctx, func(tx firm.Tx) error {
		var after tenant.FirmID
		for {
			page, err := tx.Firms(ctx, after, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, f := range page {
				members, err := tx.Members(ctx, f.ID)
				if err != nil {
					return err
				}
				lines = append(lines, firmLine{f.ID.String(), f.Residency, len(members), f.Created, orNull(f.Archived)})
				after = f.ID
			}
		}
	})
	if err != nil {
		return err
	}
	if v.JSON {
		return json.NewEncoder(out).Encode(lines)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FIRM\tRESIDENCY\tMEMBERS\tCREATED\tSTATE")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", l.ID, l.Residency, l.Members, l.Created.Format(time.RFC3339), word(l.Archived != nil, "archived"))
	}
	return w.Flush()
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// word is a word where something holds.
func word(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}

type adminUsers struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the accounts.
func (v *adminUsers) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "users", v, mustBeThere)
}

func (v *adminUsers) do(ctx context.Context, s *service, out io.Writer) error {
	all, err := s.store.Accounts(ctx)
	if err != nil {
		return err
	}
	if v.JSON {
		return json.NewEncoder(out).Encode(all)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tCREATED\tFIRMS\tSECOND FACTOR\tSTATE")
	for _, a := range all {
		state := word(a.Disabled, "disabled") + word(!a.Confirmed, "unconfirmed") + word(a.Operator, "operator")
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", a.ID, a.Created.Format(time.RFC3339), a.Firms, word(a.SecondFactor, "yes"), state)
	}
	return w.Flush()
}
