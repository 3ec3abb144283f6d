//go:build !awskms

package keyring

import (
	"context"
	"fmt"
)

// KMSMasters are master keys in AWS KMS, which only a program that was built
// for it can reach.
func KMSMasters(context.Context, ...string) (Masters, error) {
	return Masters{}, fmt.Errorf("%w: master_kms is set, and this program was built without it: build it with -tags awskms, or take the setting out", ErrMaster)
}
