//go:build awskms

package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// fakeKMS keeps what it encrypted under a number, with key and context.
type fakeKMS struct {
	kept map[string]kms.EncryptInput
	down bool
}

var errKMS = errors.New("AccessDeniedException")

func (f *fakeKMS) Encrypt(_ context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	if f.down {
		return nil, errKMS
	}
	copied := *in
	copied.Plaintext = bytes.Clone(in.Plaintext)
	handle := tenant.NewID().String()
	f.kept[handle] = copied
	return &kms.EncryptOutput{CiphertextBlob: []byte(handle)}, nil
}

func (f *fakeKMS) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	kept, ok := f.kept[string(in.CiphertextBlob)]
	if f.down || !ok || *kept.KeyId != *in.KeyId || !maps.Equal(kept.EncryptionContext, in.EncryptionContext) {
		return nil, errKMS
	}
	return &kms.DecryptOutput{Plaintext: bytes.Clone(kept.Plaintext)}, nil
}

// TestAWS: keys wrapped by a KMS open, bound to their owner, and move to the
// next key of the KMS by a rotation.
func TestAWS(t *testing.T) {
	t.Parallel()
	const one, two = "arn:aws:kms:eu-central-1:111122223333:key/one", "arn:aws:kms:eu-central-1:111122223333:key/two"
	api, reg, firm := &fakeKMS{kept: map[string]kms.EncryptInput{}}, newMemory(), tenant.NewID()
	with := func(arns ...string) (*keyring.Keyring, error) {
		m, err := keyring.AWSMasters(t.Context(), api, arns...)
		if err != nil {
			t.Fatal(err)
		}
		return keyring.Open(t.Context(), keyring.Config{Masters: m, Registry: reg, Now: standing})
	}
	k, err := with(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Create(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	s, err := k.Firm(t.Context(), firm)
	if err != nil {
		t.Fatal(err)
	}
	c := fill(t, s, 3)
	if _, err := k.RotateMaster(t.Context()); !errors.Is(err, keyring.ErrMasterElsewhere) {
		t.Errorf("a rotation without a new key: %v", err)
	}
	if k, err = with(two, one); err != nil {
		t.Fatal(err)
	}
	if n, err := k.RotateMaster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d wrapped anew: %v", n, err)
	}
	if _, err := with(one); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("the key before still opens: %v", err)
	}
	if k, err = with(two); err != nil {
		t.Fatal(err)
	}
	if s, err = k.Firm(t.Context(), firm); err != nil {
		t.Fatal(err)
	}
	c.check(t, s)
	swapped := reg.rows[firm]
	swapped.Owner = tenant.NewID()
	reg.rows[swapped.Owner] = swapped
	if _, err := k.Firm(t.Context(), swapped.Owner); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("another firm's keys open: %v", err)
	}
	api.down = true
	if _, err := with(two); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("a KMS that refuses: %v", err)
	}
}
