//go:build awskms

package keyring

import (
	"context"
	"fmt"

	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// kmsKey is a master key that never leaves AWS KMS.
type kmsKey struct {
	tink.AEADWithContext
	arn string
}

// ID implements Wrapper.
func (k kmsKey) ID() string { return k.arn }

// AWSMasters are master keys in AWS KMS, by their ARN: the first wraps, all
// unwrap, so that one replaces another by standing before it. Credentials come
// from the surroundings, as the AWS SDK finds them, unless api is given.
func AWSMasters(ctx context.Context, api awskms.KMSAPI, arns ...string) (Masters, error) {
	var m Masters
	for _, arn := range arns {
		var options []awskms.ClientOption
		if api != nil {
			options = append(options, awskms.WithKMS(api))
		}
		a, err := awskms.NewAEADWithContext(ctx, arn, options...)
		if err != nil {
			return Masters{}, fmt.Errorf("%w: %w", ErrMaster, err)
		}
		m.Keys = append(m.Keys, kmsKey{a, arn})
	}
	return m, nil
}

// KMSMasters are AWSMasters with the credentials of the surroundings.
func KMSMasters(ctx context.Context, arns ...string) (Masters, error) {
	return AWSMasters(ctx, nil, arns...)
}
