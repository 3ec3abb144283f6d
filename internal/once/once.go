// Package once makes an act that is asked for under a key happen once. The web
// puts the key of a request into its context; a use case wraps the act in Do,
// inside the transaction of the act, so that act and answer commit together.
package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Answers is the part of a transaction that remembers what was answered.
type Answers interface {
	Answered(ctx context.Context, who, key, digest string) (answer []byte, found bool, err error)
	Answer(ctx context.Context, who, key, digest string, answer []byte) error
}

// Act is what was asked for under which key: who asked, the key they chose and
// a digest that tells other requests under the same key apart.
type Act struct {
	Who, Key, Digest string

	replayed bool
}

type actKey struct{}

// With puts an act into a context, for one request.
func With(ctx context.Context, who tenant.Actor, key, digest string) (context.Context, *Act) {
	a := &Act{Who: who.User.String(), Key: key, Digest: digest}
	return context.WithValue(ctx, actKey{}, a), a
}

// Replayed reports whether the answer is one that was given before.
func (a *Act) Replayed() bool { return a != nil && a.replayed }

// Also adds to what tells requests under one key apart, for what is known only
// while a body is read: the hashes of uploaded files. It goes before Do.
func Also(ctx context.Context, what string) {
	if a, ok := ctx.Value(actKey{}).(*Act); ok {
		sum := sha256.Sum256([]byte(a.Digest + "\n" + what))
		a.Digest = hex.EncodeToString(sum[:])
	}
}

// Do runs act, unless one with the context's key was run before: then it
// returns that one's answer. Without a key it runs act. T must survive JSON and
// must hold no secret that is shown only once.
func Do[T any](ctx context.Context, tx Answers, act func() (T, error)) (T, error) {
	asked, ok := ctx.Value(actKey{}).(*Act)
	if !ok {
		return act()
	}
	var out T
	before, found, err := tx.Answered(ctx, asked.Who, asked.Key, asked.Digest)
	if err != nil {
		return out, err
	}
	if found {
		asked.replayed = true
		return out, json.Unmarshal(before, &out)
	}
	if out, err = act(); err != nil {
		return out, err
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return out, err
	}
	return out, tx.Answer(ctx, asked.Who, asked.Key, asked.Digest, answer)
}

// Key returns the key under which an act was asked for, "" if under none, for
// a use case that must keep it: an act that goes on at another service.
func Key(ctx context.Context) string {
	a, ok := ctx.Value(actKey{}).(*Act)
	if !ok {
		return ""
	}
	return a.Who + " " + a.Key
}
