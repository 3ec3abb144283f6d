package chain

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// Esplora asks a server of the Esplora API, with five reading calls. It is for
// use by one scan at a time.
type Esplora struct {
	url    string
	prefix *string // where the API begins: "" or "/api"; nil until it was found out
	public bool
	client Client
}

// NewEsplora returns a source for the operator's own server, whose API begins
// at url.
func NewEsplora(url string, client Client) *Esplora {
	return &Esplora{url: strings.TrimSuffix(url, "/"), client: client}
}

// OfOthers marks the server as one that somebody else runs.
func (e *Esplora) OfOthers() *Esplora {
	e.public = true
	return e
}

// Privacy implements Source.
func (e *Esplora) Privacy() string {
	if e.public {
		return "A server on the internet is asked, chosen by the operator of this installation. Whoever runs it can link all addresses of this wallet to each other and to this installation's IP address."
	}
	return "The operator's own Esplora server is asked. Whoever runs it can see that these addresses belong together."
}

// get asks for one path; found is false for a path that does not exist. A
// server of one's own has the API at its root, public ones below /api.
func (e *Esplora) get(ctx context.Context, path string) (body []byte, found bool, err error) {
	if e.prefix == nil {
		for _, prefix := range []string{"", "/api"} {
			if _, found, err = e.ask(ctx, prefix+tipHeight); err != nil {
				return nil, false, err
			}
			if found {
				e.prefix = &prefix
				break
			}
		}
		if !found {
			return nil, false, fault.New(fault.Upstream, nil, "The server at LEDGERSYS_ESPLORA_URL does not speak the Esplora API.")
		}
	}
	return e.ask(ctx, *e.prefix+path)
}

const tipHeight = "/blocks/tip/height"

func (e *Esplora) ask(ctx context.Context, path string) (body []byte, found bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+path, http.NoBody)
	if err != nil {
		return nil, false, err
	}
	status, body, err := send(e.client, req)
	switch {
	case err != nil:
		return nil, false, err
	case status == http.StatusNotFound:
		return nil, false, nil
	case status == http.StatusTooManyRequests:
		return nil, false, fault.New(fault.TooMany, nil, "The Esplora server asks us to slow down. The next run goes on.")
	case status != http.StatusOK:
		return nil, false, fault.New(fault.Upstream, fmt.Errorf("esplora: status %d", status), "The Esplora server could not answer. Nothing is lost; the next run goes on.")
	}
	return body, true, nil
}

// Tip implements Source. The height is asked first: a block that comes in
// between gives a hash that later looks like a reorganisation, never a hole.
func (e *Esplora) Tip(ctx context.Context) (Block, error) {
	body, found, err := e.get(ctx, tipHeight)
	if err != nil {
		return Block{}, err
	}
	height, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
	if err != nil || !found {
		return Block{}, badAnswer(err)
	}
	hash, err := e.Hash(ctx, height)
	if err == nil && hash == "" {
		err = badAnswer(nil)
	}
	return Block{height, hash}, err
}

// Hash implements Source.
func (e *Esplora) Hash(ctx context.Context, height int64) (string, error) {
	body, _, err := e.get(ctx, "/block-height/"+strconv.FormatInt(height, 10))
	return strings.TrimSpace(string(body)), err
}

// esploraTx is a transaction as Esplora gives it.
type esploraTx struct {
	TxID   string `json:"txid"`
	Status struct {
		Confirmed bool   `json:"confirmed"`
		Height    int64  `json:"block_height"`
		Hash      string `json:"block_hash"`
		Time      int64  `json:"block_time"`
	} `json:"status"`
	Vin []struct {
		Coinbase bool         `json:"is_coinbase"`
		TxID     string       `json:"txid"`
		Vout     uint32       `json:"vout"`
		PrevOut  *esploraCoin `json:"prevout"`
	} `json:"vin"`
	Vout []esploraCoin `json:"vout"`
}

type esploraCoin struct {
	Address string `json:"scriptpubkey_address"`
	Value   int64  `json:"value"`
}

func (c esploraCoin) coin() Coin { return Coin{c.Address, c.Value} }

// History implements Source: what waits first, then pages of the chain, each
// after the last one seen.
func (e *Esplora) History(ctx context.Context, address string) ([]Tx, error) {
	list, _, err := e.page(ctx, "/address/"+address+"/txs/mempool")
	if err != nil {
		return nil, err
	}
	path := "/address/" + address + "/txs/chain"
	for last := ""; ; {
		page, next, err := e.page(ctx, path+last)
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
		if next == "" {
			return list, nil
		}
		if last == "/"+next {
			return nil, badAnswer(fmt.Errorf("esplora: the same page again"))
		}
		last = "/" + next
	}
}

// page returns the transactions of one page and the last of them, "" if the
// page is empty.
func (e *Esplora) page(ctx context.Context, path string) (list []Tx, last string, err error) {
	body, found, err := e.get(ctx, path)
	if err != nil || !found {
		return nil, "", err
	}
	var raw []esploraTx
	if err := decode(body, &raw); err != nil {
		return nil, "", err
	}
	for i := range raw {
		r := &raw[i]
		tx := Tx{ID: r.TxID}
		if r.Status.Confirmed {
			tx.Block, tx.Time = Block{r.Status.Height, r.Status.Hash}, time.Unix(r.Status.Time, 0).UTC()
		}
		for _, in := range r.Vin {
			switch {
			case in.Coinbase:
			case in.PrevOut == nil:
				return nil, "", badAnswer(fmt.Errorf("esplora: an input without what it spends"))
			default:
				tx.In, tx.Spends = append(tx.In, in.PrevOut.coin()), append(tx.Spends, Outpoint{in.TxID, in.Vout})
			}
		}
		for _, out := range r.Vout {
			tx.Out = append(tx.Out, out.coin())
		}
		list, last = append(list, tx), r.TxID
	}
	return list, last, nil
}
