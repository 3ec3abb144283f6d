package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// Source tells what happened to addresses. It never learns which of them
// belong together but by being asked for them one after the other.
type Source interface {
	// Tip returns the last block of the best chain.
	Tip(ctx context.Context) (Block, error)
	// Hash returns the hash of the best chain's block at a height, "" beyond
	// its tip.
	Hash(ctx context.Context, height int64) (string, error)
	// History returns every transaction that an address takes part in, also
	// those that wait for a block; none for an address that was never used.
	History(ctx context.Context, address string) ([]Tx, error)
	// Privacy says in one sentence who can learn what by these questions.
	Privacy() string
}

// Client makes calls: a guarded client, whose errors hold no addresses.
type Client interface {
	Do(req *http.Request) (*http.Response, error)
}

const maxAnswer = 64 << 20 // bytes of one answer of a node

// send sends a request and reads the answer, whatever its status.
func send(client Client, req *http.Request) (status int, body []byte, err error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fault.New(fault.Upstream, err, "The bitcoin node cannot be reached. Nothing is lost; the next run goes on.")
	}
	defer resp.Body.Close() //nolint:errcheck // all of it was read
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, fault.New(fault.Upstream, err, "The bitcoin node broke off its answer. Nothing is lost; the next run goes on.")
	case len(body) > maxAnswer:
		return 0, nil, fault.New(fault.Upstream, nil, "The bitcoin node's answer is too large.")
	}
	return resp.StatusCode, body, nil
}

// decode reads one JSON answer with numbers as they are written.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return badAnswer(fmt.Errorf("decode: %w", err))
	}
	return nil
}

func badAnswer(err error) error {
	return fault.New(fault.Upstream, err, "The bitcoin node gave an answer that cannot be read. Nothing was changed.")
}

// BtcdCalls are the calls that a Btcd makes, but for their host.
func BtcdCalls() []egress.Pass { return []egress.Pass{{Method: http.MethodPost, Path: "/"}} }

// EsploraCalls are the calls that an Esplora makes, but for their host.
func EsploraCalls() []egress.Pass {
	var calls []egress.Pass
	for _, prefix := range []string{"", "/api"} {
		for _, path := range []string{tipHeight, "/block-height/{}", "/address/{}/txs/mempool", "/address/{}/txs/chain", "/address/{}/txs/chain/{}"} {
			calls = append(calls, egress.Pass{Method: http.MethodGet, Path: prefix + path})
		}
	}
	return calls
}
