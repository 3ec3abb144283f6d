package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxRange is the size of an answer about breached passwords: a thousand
// lines, padded.
const maxRange = 1 << 20

// Ranges asks a host for breached passwords by the first five digits of their
// hash, through a client that reaches nobody else. The answer is padded, so
// that its length tells nothing about what was asked.
func Ranges(client *http.Client, base string) func(ctx context.Context, prefix string) (string, error) {
	return func(ctx context.Context, prefix string) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/range/"+prefix, http.NoBody)
		if err != nil {
			return "", errors.New("breach list: its address cannot be used") // the error would show what is asked
		}
		r.Header.Set("Add-Padding", "true")
		resp, err := client.Do(r)
		if err != nil {
			return "", errors.New("breach list: no answer")
		}
		defer func() { _ = resp.Body.Close() }() // it was read
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("breach list: it answers %d", resp.StatusCode)
		}
		b, err := io.ReadAll(io.LimitReader(resp.Body, maxRange))
		if err != nil {
			return "", errors.New("breach list: the answer breaks off")
		}
		return string(b), nil
	}
}
