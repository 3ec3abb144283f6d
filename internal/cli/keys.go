package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	stored "github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// keysVerbs are about the keys that everything is sealed with.
type keysVerbs struct {
	Rotate keysRotate `cmd:"" help:"Replace keys, while the service runs; a rotation that was interrupted goes on where it was."`
	Status keysStatus `cmd:"" help:"List the keys with their age."`
}

type keysRotate struct {
	settingFlags `embed:""`

	KEK  bool   `name:"kek" help:"The master key: every other key is wrapped anew. The old file stays beside the new one as master.key.previous; delete it when no backup from before is needed." xor:"which" required:""`
	DEK  bool   `name:"dek" help:"The keys of firms and of the service: everything is sealed anew." xor:"which" required:""`
	Firm string `help:"With --dek: only the keys of this firm." placeholder:"ID"`
}

// keysRotateTask is the verb's task.
type keysRotateTask struct {
	Master bool
	Firm   string
}

// Run rotates.
func (v *keysRotate) Run(s *Streams) error {
	if v.Firm != "" {
		if _, err := tenant.ParseID(v.Firm); err != nil || v.KEK {
			return usage(errors.New("--firm takes the id of a firm, and goes with --dek"))
		}
	}
	return perform(s, &v.settingFlags, "keys rotate", &keysRotateTask{v.KEK, v.Firm}, mustBeThere)
}

// do implements task.
func (t *keysRotateTask) do(ctx context.Context, s *service, out io.Writer) error {
	if t.Master {
		n, err := s.ring.RotateMaster(ctx)
		if err == nil {
			err = s.noteRotation(ctx, "keys.rotate_master", "master")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%d key sets are wrapped by the new master key\n", n)
		return err
	}
	owners := []keyring.Status{}
	all, err := s.ring.Status(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Destroyed.IsZero() && (t.Firm == "" || k.Owner.String() == t.Firm) {
			owners = append(owners, k)
		}
	}
	if len(owners) == 0 {
		return &coded{exitUsage, errors.New("there is no such firm")}
	}
	for _, k := range owners {
		n, err := s.ring.RotateKey(ctx, k.Owner, s.store)
		if err == nil {
			err = s.noteRotation(ctx, "keys.rotate", "keys/"+k.Owner.String())
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s: %d values sealed anew\n", ownerName(k.Owner), n); err != nil {
			return err
		}
	}
	return nil
}

// noteRotation records that keys were replaced.
func (s *service) noteRotation(ctx context.Context, action, object string) error {
	actor := tenant.Actor{Via: tenant.ViaCommand, Name: "keys rotate"}
	return s.store.Control(ctx, func(t *store.ControlTx) error {
		if err := t.Audit(ctx, audit.Entry{Action: action, Object: object, Actor: actor}); err != nil {
			return err
		}
		return t.Event(ctx, audit.Event{Kind: "key", Outcome: "rotated", Object: object, Actor: actor})
	})
}

func ownerName(owner tenant.FirmID) string {
	if owner == keyring.Service {
		return "service"
	}
	return "firm " + owner.String()
}

type keysStatus struct {
	settingFlags `embed:""`

	JSON bool `name:"json" help:"Print JSON."`
}

// keysStatusTask is the verb's task.
type keysStatusTask struct{ JSON bool }

// keyState is a key as status shows it.
type keyState struct {
	Owner     string     `json:"owner"` // "service", or a firm's id
	Key       uint32     `json:"key"`
	Keys      int        `json:"keys"` // more than one while a rotation is under way
	Rotated   time.Time  `json:"rotated"`
	AgeDays   int        `json:"age_days"`
	Overdue   bool       `json:"overdue"`
	Master    string     `json:"master"`
	Current   bool       `json:"master_current"`
	Destroyed *time.Time `json:"destroyed,omitempty"`
}

// Run lists.
func (v *keysStatus) Run(s *Streams) error {
	return perform(s, &v.settingFlags, "keys status", &keysStatusTask{v.JSON}, mustBeThere)
}

// do implements task.
func (t *keysStatusTask) do(ctx context.Context, s *service, out io.Writer) error {
	list, err := s.keyStates(ctx)
	if err != nil {
		return err
	}
	if t.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"schema": "ledgersys.keys/1", "rotate_every_days": int(s.conf.Keys.RotateEvery.Hours() / 24), "keys": list})
	}
	for _, k := range list {
		words := ""
		switch {
		case k.Destroyed != nil:
			words = "  destroyed " + k.Destroyed.Format(time.DateOnly)
		case k.Overdue:
			words = "  OVERDUE: run ledgersys keys rotate --dek"
		case k.Keys > 1:
			words = "  a rotation is under way: run ledgersys keys rotate --dek again if it was interrupted"
		case !k.Current:
			words = "  wrapped by the master key before: run ledgersys keys rotate --kek again"
		}
		if _, err := fmt.Fprintf(out, "%-32s  key %08x  %4d days%s\n", k.Owner, k.Key, k.AgeDays, words); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) keyStates(ctx context.Context) ([]keyState, error) {
	all, err := s.ring.Status(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	list := make([]keyState, 0, len(all))
	for _, k := range all {
		one := keyState{
			Owner: "service", Key: k.KeyID, Keys: k.Keys, Rotated: k.Rotated, AgeDays: int(now.Sub(k.Rotated).Hours() / 24),
			Overdue: k.Overdue(now, s.conf.Keys.RotateEvery), Master: k.Master, Current: k.Current,
		}
		if k.Owner != keyring.Service {
			one.Owner = k.Owner.String()
		}
		if !k.Destroyed.IsZero() {
			one.Destroyed = &k.Destroyed
		}
		list = append(list, one)
	}
	return list, nil
}

// watchKeys registers the daily look at the age of keys.
func (s *service) watchKeys(reg *stored.Registry) error {
	const kind = "keys.age"
	work := func(ctx context.Context, _ stored.Run) error {
		list, err := s.keyStates(ctx)
		if err != nil {
			return err
		}
		overdue := 0
		for _, k := range list {
			if k.Overdue {
				overdue++
			}
		}
		if overdue == 0 {
			return nil
		}
		s.log.WarnContext(ctx, "keys are overdue for rotation", "count", overdue)
		return s.post.Alert(ctx, "keys_overdue", fmt.Sprintf("%d keys are older than they should get. Run: ledgersys keys rotate --dek", overdue))
	}
	return errors.Join(reg.Handle(stored.Kind{Name: kind, Work: work}), reg.Every(kind, "41 3 * * *", stored.Task{Kind: kind, Key: "all"}))
}

// cryptoVerb checks how what must be sealed is sealed.
type cryptoVerb struct {
	settingFlags `embed:""`

	JSON bool `name:"json" help:"Print JSON."`
}

// cryptoTask is the verb's task.
type cryptoTask struct{ JSON bool }

// cryptoReport is ledgersys.crypto/1.
type cryptoReport struct {
	Schema    string        `json:"schema"`
	OK        bool          `json:"ok"`
	Algorithm string        `json:"algorithm"`
	Owners    []cryptoOwner `json:"owners"`
	Passwords map[int]int   `json:"passwords"` // how many by their cost of bcrypt
	Values    int64         `json:"values"`
	Old       int64         `json:"old"`
	Plain     int64         `json:"plain"`
}

// cryptoOwner is what is sealed with the keys of one owner.
type cryptoOwner struct {
	keyState
	Columns []store.Sealed `json:"columns"`
}

// Run checks.
func (v *cryptoVerb) Run(s *Streams) error {
	return perform(s, &v.settingFlags, "doctor crypto", &cryptoTask{v.JSON}, mustBeThere)
}

// do implements task.
func (t *cryptoTask) do(ctx context.Context, s *service, out io.Writer) error {
	r, err := s.crypto(ctx)
	if err != nil {
		return err
	}
	if t.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		for _, o := range r.Owners {
			fmt.Fprintf(out, "%s: key %08x, %d days old\n", o.Owner, o.Key, o.AgeDays)
			for _, c := range o.Columns {
				if c.Values > 0 {
					fmt.Fprintf(out, "  %-24s %8d values, %d with an old key, %d not sealed\n", c.Table+"."+c.Column, c.Values, c.Old, c.Plain)
				}
			}
		}
		_, err = fmt.Fprintf(out, "%s: %d values, %d with an old key, %d not sealed\n", r.Algorithm, r.Values, r.Old, r.Plain)
	}
	if err != nil || r.OK {
		return err
	}
	return &coded{exitUnverified, errors.New("not everything is sealed with the current keys; see above, and run ledgersys keys rotate")}
}

func (s *service) crypto(ctx context.Context) (cryptoReport, error) {
	r := cryptoReport{Schema: "ledgersys.crypto/1", OK: true, Algorithm: "AES256_GCM"}
	all, err := s.ring.Status(ctx)
	if err != nil {
		return r, err
	}
	states, err := s.keyStates(ctx)
	if err != nil {
		return r, err
	}
	if r.Passwords, err = s.store.PasswordCosts(ctx, session.Cost); err != nil {
		return r, err
	}
	for i, k := range all {
		if !k.Destroyed.IsZero() {
			continue
		}
		sealer, err := s.sealerOf(ctx, k.Owner)
		if err != nil {
			return r, err
		}
		columns, err := s.store.Sealing(ctx, k.Owner, sealer.Prefix())
		if fault.Is(err, fault.NotFound) {
			continue // its rows were never made
		}
		if err != nil {
			return r, err
		}
		for _, c := range columns {
			r.Values, r.Old, r.Plain = r.Values+c.Values, r.Old+c.Old, r.Plain+c.Plain
		}
		r.OK = r.OK && k.Current
		r.Owners = append(r.Owners, cryptoOwner{states[i], columns})
	}
	r.OK = r.OK && r.Old == 0 && r.Plain == 0
	return r, nil
}

func (s *service) sealerOf(ctx context.Context, owner tenant.FirmID) (*keyring.Sealer, error) {
	if owner == keyring.Service {
		return s.ring.Control(ctx)
	}
	return s.ring.Firm(ctx, owner)
}
