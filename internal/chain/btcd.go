package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Btcd asks a btcd that keeps an index of addresses (--addrindex, --txindex).
// Only four calls are made, all of which read.
type Btcd struct {
	url, user, password string
	client              Client
	heights             map[string]int64 // heights of blocks by hash, of one scan
}

// NewBtcd returns a source for the node at url, for use by one scan at a
// time. The client must be guarded and know the node's certificate.
func NewBtcd(url, user, password string, client Client) *Btcd {
	return &Btcd{url: url, user: user, password: password, client: client, heights: make(map[string]int64)}
}

// Privacy implements Source.
func (*Btcd) Privacy() string {
	return "This installation's own node is asked. Nobody but its operator can learn which addresses are yours."
}

const (
	rpcNothing = -5 // also: no such address, no such block
	rpcRange   = -1 // a height beyond the tip
	pageSize   = 100
)

// rpcError is what a node says is wrong.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return "node: error " + strconv.Itoa(e.Code) + ": " + e.Message }

// ask makes one call.
func (b *Btcd) ask(ctx context.Context, into any, method string, args ...any) error {
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "1.0", "id": 1, "method": method, "params": args})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(b.user, b.password)
	req.Header.Set("Content-Type", "application/json")
	status, answer, err := send(b.client, req)
	if err != nil {
		return err
	}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return fault.New(fault.Upstream, fmt.Errorf("node: status %d", status), "The bitcoin node refused our name and password. Check LEDGERSYS_BTCD_USER and LEDGERSYS_BTCD_PASSWORD_FILE.")
	}
	var out struct {
		Result json.RawMessage `json:"result"`
		Error  *rpcError       `json:"error"`
	}
	if err := decode(answer, &out); err != nil {
		return err
	}
	if out.Error != nil {
		return fault.New(fault.Upstream, out.Error, "The bitcoin node could not answer. It needs --txindex and --addrindex.")
	}
	return decode(out.Result, into)
}

// coded reports whether a node answered with an error of a code.
func coded(err error, code int) bool {
	e, ok := errors.AsType[*rpcError](err)
	return ok && e.Code == code
}

// Tip implements Source.
func (b *Btcd) Tip(ctx context.Context) (Block, error) {
	var best struct {
		Hash   string `json:"hash"`
		Height int64  `json:"height"`
	}
	err := b.ask(ctx, &best, "getbestblock")
	return Block{best.Height, best.Hash}, err
}

// Hash implements Source.
func (b *Btcd) Hash(ctx context.Context, height int64) (hash string, err error) {
	err = b.ask(ctx, &hash, "getblockhash", height)
	if coded(err, rpcRange) {
		return "", nil
	}
	return hash, err
}

// History implements Source. Pages are asked for until one is not full; a page
// beyond the end is an error of its own kind.
func (b *Btcd) History(ctx context.Context, address string) ([]Tx, error) {
	var list []Tx
	for skip := 0; ; skip += pageSize {
		var page []btcdTx
		err := b.ask(ctx, &page, "searchrawtransactions", address, 1, skip, pageSize, 1, false)
		if coded(err, rpcNothing) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range page {
			tx, err := b.tx(ctx, &page[i])
			if err != nil {
				return nil, err
			}
			list = append(list, tx)
		}
		if len(page) < pageSize {
			return list, nil
		}
	}
}

// btcdTx is a transaction as searchrawtransactions gives it.
type btcdTx struct {
	TxID      string `json:"txid"`
	BlockHash string `json:"blockhash"`
	Blocktime int64  `json:"blocktime"`
	Vin       []struct {
		Coinbase string `json:"coinbase"`
		TxID     string `json:"txid"`
		Vout     uint32 `json:"vout"`
		PrevOut  *struct {
			Addresses []string    `json:"addresses"`
			Value     json.Number `json:"value"`
		} `json:"prevOut"`
	} `json:"vin"`
	Vout []struct {
		Value  json.Number `json:"value"`
		Script struct {
			Addresses []string `json:"addresses"`
		} `json:"scriptPubKey"`
	} `json:"vout"`
}

func (b *Btcd) tx(ctx context.Context, raw *btcdTx) (Tx, error) {
	tx := Tx{ID: raw.TxID}
	if raw.BlockHash != "" {
		height, err := b.height(ctx, raw.BlockHash)
		if err != nil {
			return Tx{}, err
		}
		tx.Block, tx.Time = Block{height, raw.BlockHash}, time.Unix(raw.Blocktime, 0).UTC()
	}
	for _, in := range raw.Vin {
		if in.Coinbase != "" {
			continue
		}
		if in.PrevOut == nil {
			return Tx{}, badAnswer(errors.New("an input without what it spends"))
		}
		if err := tx.add(&tx.In, in.PrevOut.Addresses, in.PrevOut.Value); err != nil {
			return Tx{}, err
		}
		tx.Spends = append(tx.Spends, Outpoint{in.TxID, in.Vout})
	}
	for _, out := range raw.Vout {
		if err := tx.add(&tx.Out, out.Script.Addresses, out.Value); err != nil {
			return Tx{}, err
		}
	}
	return tx, nil
}

// add appends a coin. A script of several addresses (bare multisig) belongs to
// none of them.
func (*Tx) add(to *[]Coin, addresses []string, value json.Number) error {
	sats, err := sats(value)
	if err != nil {
		return badAnswer(err)
	}
	c := Coin{Sats: sats}
	if len(addresses) == 1 {
		c.Address = addresses[0]
	}
	*to = append(*to, c)
	return nil
}

// sats reads an amount of bitcoin as satoshi, exactly.
func sats(value json.Number) (int64, error) {
	a, set, err := statement.Numbers{Exponent: true}.Units(value.String())
	if err != nil || !set || a.Sign() < 0 || a.Decimals() > 8 {
		return 0, fmt.Errorf("an amount that is no number of satoshi")
	}
	return strconv.ParseInt(a.Mul(money.FromInt(100_000_000)).String(), 10, 64)
}

// height returns the height of a block of the best chain.
func (b *Btcd) height(ctx context.Context, hash string) (int64, error) {
	if h, ok := b.heights[hash]; ok {
		return h, nil
	}
	var header struct {
		Height int64 `json:"height"`
	}
	if err := b.ask(ctx, &header, "getblockheader", hash, true); err != nil {
		return 0, err
	}
	b.heights[hash] = header.Height
	return header.Height, nil
}
