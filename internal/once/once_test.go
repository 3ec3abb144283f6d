package once_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// memory remembers answers as a transaction does.
type memory map[string][2]string

var errOther = errors.New("another request")

func (m memory) Answered(_ context.Context, who, key, digest string) ([]byte, bool, error) {
	was, ok := m[who+key]
	if ok && was[0] != digest {
		return nil, false, errOther
	}
	return []byte(was[1]), ok, nil
}

func (m memory) Answer(_ context.Context, who, key, digest string, answer []byte) error {
	m[who+key] = [2]string{digest, string(answer)}
	return nil
}

type made struct{ ID string }

func TestDo(t *testing.T) {
	t.Parallel()
	ada, bob := tenant.Actor{User: tenant.NewID()}, tenant.Actor{User: tenant.NewID()}
	mem := memory{}
	ran := 0
	act := func() (made, error) { ran++; return made{tenant.NewID().String()}, nil }
	do := func(who tenant.Actor, key, digest string) (made, bool, error) {
		ctx, asked := once.With(context.Background(), who, key, digest)
		m, err := once.Do(ctx, mem, act)
		return m, asked.Replayed(), err
	}
	first, again, err := do(ada, "k", "d")
	if err != nil || again || ran != 1 {
		t.Fatalf("first: ran %d times, replayed %v, %v", ran, again, err)
	}
	second, again, err := do(ada, "k", "d")
	if err != nil || !again || ran != 1 || second != first {
		t.Errorf("second: ran %d times, replayed %v, %v, %v", ran, again, second, err)
	}
	if _, _, err := do(ada, "k", "other"); !errors.Is(err, errOther) || ran != 1 {
		t.Errorf("another request under the same key: %v", err)
	}
	if other, again, err := do(bob, "k", "d"); err != nil || again || other == first || ran != 2 {
		t.Errorf("somebody else's key: %v %v %v", other, again, err)
	}
	if _, err := once.Do(context.Background(), mem, act); err != nil || ran != 3 {
		t.Errorf("without a key: ran %d times, %v", ran, err)
	}
	ctx, _ := once.With(context.Background(), ada, "k", "d")
	once.Also(ctx, "other files")
	if _, err := once.Do(ctx, mem, act); !errors.Is(err, errOther) {
		t.Errorf("other files under the same key: %v", err)
	}
	once.Also(context.Background(), "no key, nothing to do")
	failed := errors.New("no")
	ctx, _ = once.With(context.Background(), ada, "f", "d")
	if _, err := once.Do(ctx, mem, func() (made, error) { return made{}, failed }); !errors.Is(err, failed) {
		t.Errorf("a failed act: %v", err)
	}
	if m, err := once.Do(ctx, mem, act); err != nil || m.ID == "" {
		t.Errorf("after a failed act: %v, %v", m, err)
	}
}
