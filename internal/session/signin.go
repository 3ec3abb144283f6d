package session

import (
	"context"
	"errors"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// SignIn checks a password. Whether there is such an account shows neither in
// the answer nor in the time that it takes. Where the account has a second
// factor, no session is opened yet. device is the cookie of a known browser.
func (s *Service) SignIn(ctx context.Context, email string, password, device keyring.Secret, from Peer) (Opened, error) {
	email, err := Normal(email)
	if err != nil {
		email = "" // nobody's: it goes the same way as any other
	}
	in, err := s.begin(ctx, email, device)
	if err != nil {
		return Opened{}, err
	}
	in.from = from
	right, err := s.hasher.check(ctx, in.user.Password, password)
	if err != nil {
		return Opened{}, err
	}
	right = right && in.user.Disabled.IsZero()
	if right && stale(in.user.Password) {
		if in.rehashed, err = s.hasher.hash(ctx, password); err != nil {
			return Opened{}, err
		}
	}
	var out Opened
	var refused error
	err = s.Store.Control(ctx, func(tx Tx) error {
		out, refused, err = s.decide(ctx, tx, in, right)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return out, refused
}

// entry is a sign-in on its way.
type entry struct {
	user     User   // zero: nobody has the address
	key      string // of the lock
	device   Device // zero: the browser is not known
	how      string
	from     Peer
	rehashed []byte
}

// begin finds out whose address it is, whether the browser is known to be
// theirs, and which lock counts: that of the browser, or that of the address.
func (s *Service) begin(ctx context.Context, email string, device keyring.Secret) (entry, error) {
	in := entry{key: s.byAddress(email), how: "password"}
	err := s.Store.Read(ctx, func(tx Tx) error {
		u, err := tx.UserByEmail(ctx, email)
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		in.user = u
		if in.device, err = s.known(ctx, tx, u.ID, device); err != nil {
			return err
		}
		if !in.device.ID.IsZero() {
			in.key = s.byDevice(in.device.ID)
		}
		return refuseLocked(ctx, tx, in.key)
	})
	return in, err
}

// known returns the browser of a cookie if that person signed in there before.
func (s *Service) known(ctx context.Context, tx Tx, user tenant.UserID, cookie keyring.Secret) (Device, error) {
	h, ok := s.devices.hash(cookie)
	if !ok {
		return Device{}, nil
	}
	d, err := tx.DeviceByHash(ctx, h)
	if errors.Is(err, ErrNone) || err == nil && (d.User != user || user.IsZero() || !tx.Now().Before(d.Until)) {
		return Device{}, nil
	}
	return d, err
}

// decide keeps what came of a password. What is refused is kept too, so it is
// not an error of the transaction.
func (s *Service) decide(ctx context.Context, tx Tx, in entry, right bool) (out Opened, refused, err error) {
	// Others may have failed, or the password may have changed, meanwhile.
	if err := refuseLocked(ctx, tx, in.key); err != nil {
		return out, nil, err
	}
	if !right {
		if err := s.failed(ctx, tx, in.key, in.user, in.from); err != nil {
			return out, nil, err
		}
		return out, errWrong(), tx.Event(ctx, audit.Event{Kind: "sign_in", Outcome: "failed", Object: objectOf(in.user), Actor: stranger(in.from)})
	}
	u, err := tx.User(ctx, in.user.ID)
	if err != nil || string(u.Password) != string(in.user.Password) {
		return out, errWrong(), err
	}
	if u.Confirmed.IsZero() {
		refused = fault.Coded(fault.Denied, "unconfirmed", nil, "Confirm your address first: we sent you a link. We send it once more now.")
		ok, err := mayMail(ctx, tx, s.lockKey("register", []byte(u.Email)), failsTime)
		if err == nil && ok {
			err = s.askConfirm(ctx, tx, u)
		}
		return out, refused, err
	}
	if err := unlock(ctx, tx, in.key); err != nil {
		return out, nil, err
	}
	if in.rehashed != nil {
		u.Password = in.rehashed
		if err := tx.SaveUser(ctx, u); err != nil {
			return out, nil, err
		}
	}
	in.user = u
	factors, err := s.factors(ctx, tx, u)
	if err != nil {
		return out, nil, err
	}
	if len(factors) > 0 {
		out.Pending, err = s.wait(ctx, tx, in)
		return out, nil, err
	}
	out, err = s.enter(ctx, tx, in)
	return out, nil, err
}

// wait keeps a sign-in until its second factor comes.
func (s *Service) wait(ctx context.Context, tx Tx, in entry) (keyring.Secret, error) {
	token, h := s.pending.make()
	a := Attempt{ID: tenant.NewID(), User: in.user.ID, Hash: h, Until: tx.Now().Add(attemptTime), Data: AttemptData{Device: in.device.ID}}
	return token, tx.AddAttempt(ctx, a)
}

// enter opens a session: always a new one, with a token of its own.
func (s *Service) enter(ctx context.Context, tx Tx, in entry) (out Opened, err error) {
	now := tx.Now()
	cookie, h := s.sessions.make()
	l := Live{ID: tenant.NewID(), User: in.user.ID, Hash: h, Made: now, Seen: now, Until: now.Add(absoluteEnd), Print: s.print(in.from)}
	l.Print.How, l.Print.Sudo = in.how, now.Add(sudoTime)
	if err := tx.AddLive(ctx, l); err != nil {
		return out, err
	}
	out.Cookie = cookie
	actor := person(in.user.ID, in.from)
	actor.Session = l.ID
	if err := tx.Event(ctx, audit.Event{Kind: "sign_in", Outcome: "ok", Object: subject(in.user.ID), Detail: in.how, Actor: actor}); err != nil {
		return out, err
	}
	if !in.device.ID.IsZero() {
		return out, tx.SeeDevice(ctx, in.device.ID, now.Add(deviceTime))
	}
	first, err := tx.HasDevices(ctx, in.user.ID)
	if err != nil {
		return out, err
	}
	var dh Hash
	out.Device, dh = s.devices.make()
	if err := tx.AddDevice(ctx, Device{ID: tenant.NewID(), User: in.user.ID, Hash: dh, Made: now, Until: now.Add(deviceTime)}); err != nil || !first {
		return out, err // the very first browser is no news
	}
	return out, s.alertNewDevice(ctx, tx, in.user, l)
}

// alertNewDevice tells a person that somebody signed in from a browser that
// was not known, with a link that ends it all.
func (s *Service) alertNewDevice(ctx context.Context, tx Tx, u User, l Live) error {
	actor := tenant.Actor{Via: tenant.ViaSession, User: u.ID, Session: l.ID, Address: l.Print.Address}
	if err := tx.Event(ctx, audit.Event{Kind: "new_device", Outcome: "ok", Object: subject(u.ID), Actor: actor}); err != nil {
		return err
	}
	name, _ := deviceWords(l.Print.Agent)
	link := s.Keys.SignLink("not me", tx.Now().Add(notMeTime), append(append([]byte(nil), u.ID[:]...), l.ID[:]...))
	return s.mail(ctx, tx, u, notify.Mail{
		Kind: notify.NewDevice, Path: NotMePath + link,
		Words: map[string]string{"device": name, "place": placeWords(l.Print), "time": clockTime(l.Made)},
	})
}

// NotMe is the answer to such an alert: every session ends, no browser is
// known any more, and a link for a new password goes out.
func (s *Service) NotMe(ctx context.Context, link string, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		payload, err := s.Keys.OpenLink("not me", link, tx.Now())
		if err != nil || len(payload) != 2*len(tenant.ID{}) {
			return errLink(err)
		}
		u, err := tx.User(ctx, tenant.UserID(payload[:len(tenant.ID{})]))
		if errors.Is(err, ErrNone) {
			return errLink(err)
		}
		if err != nil {
			return err
		}
		if err := s.revokeAll(ctx, tx, u, "not_me", stranger(from)); err != nil {
			return err
		}
		return s.sendReset(ctx, tx, u, false)
	})
}

// revokeAll ends every session and API token of a person and forgets their
// browsers.
func (s *Service) revokeAll(ctx context.Context, tx Tx, u User, why string, actor tenant.Actor) error {
	if _, err := tx.EndLives(ctx, u.ID, tenant.ID{}, why); err != nil {
		return err
	}
	if err := errors.Join(tx.EndTokens(ctx, u.ID), tx.DropDevices(ctx, u.ID)); err != nil {
		return err
	}
	if err := tx.Audit(ctx, audit.Entry{Action: "session.end_all", Object: subject(u.ID), Actor: actor}); err != nil {
		return err
	}
	return tx.Event(ctx, audit.Event{Kind: "session_revoked", Outcome: why, Object: subject(u.ID), Actor: actor})
}

// SignOut ends the session of a cookie.
func (s *Service) SignOut(ctx context.Context, cookie keyring.Secret, from Peer) error {
	h, ok := s.sessions.hash(cookie)
	if !ok {
		return nil
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		l, err := tx.LiveByHash(ctx, h)
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		if n, err := tx.EndLive(ctx, l.User, l.ID, "sign_out"); err != nil || n == 0 {
			return err
		}
		actor := person(l.User, from)
		actor.Session = l.ID
		return tx.Event(ctx, audit.Event{Kind: "sign_out", Outcome: "ok", Object: subject(l.User), Actor: actor})
	})
}
