package web

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// reconciler is the part of internal/recon that its pages and operations use.
type reconciler interface {
	Pairs(ctx context.Context, s tenant.Scope, after recon.Cursor, limit int) ([]recon.Pair, error)
	Undo(ctx context.Context, s tenant.Scope, id tenant.ID) (*recon.Pair, error)
	Redo(ctx context.Context, s tenant.Scope, id tenant.ID) (*recon.Pair, error)
	Unexplained(ctx context.Context, s tenant.Scope) ([]recon.Difference, error)
	PairedOf(ctx context.Context, s tenant.Scope, account string) (arrived, left int, err error)
	Decisions(ctx context.Context, s tenant.Scope) ([]reconcile.Ends, error)
}

// pairView is a withdrawal and a deposit that are one transfer.
type pairView struct {
	ID     string      `json:"id"`
	State  recon.State `json:"state" enum:"paired,undone,dissolved"`
	Reason string      `json:"reason" doc:"equal_hash: both name the same transaction"`
	Asset  string      `json:"asset"`
	TxHash string      `json:"tx_hash"`
	Out    endView     `json:"out"`
	In     endView     `json:"in"`
	Found  time.Time   `json:"found"`
}

// endView is one end of a pair.
type endView struct {
	Tx      string       `json:"tx" doc:"The event, as results name it"`
	Time    time.Time    `json:"time"`
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	Source  intake.Place `json:"source"`
}

func newPairView(p *recon.Pair) pairView {
	return pairView{
		ID: p.ID.String(), State: p.State, Reason: p.Reason, Asset: p.Asset, TxHash: p.Hash, Out: newEndView(&p.Out), In: newEndView(&p.In), Found: p.Found,
	}
}

func newEndView(e *recon.End) endView {
	return endView{Tx: e.Event.String(), Time: e.At.Time(), Account: e.Account, Amount: e.Amount, Source: intake.Place(e.Place)}
}

// differenceView is a balance that is not explained.
type differenceView struct {
	Connection string `json:"connection"`
	certificateView
	Proved time.Time `json:"proved"`
}

// pairAt is the address of a pair.
type pairAt struct {
	EntityAt
	Pair string `path:"pair"`
}

// transfersAPI registers the operations on what was found and decided.
func (s *Site) transfersAPI(r *router) {
	if s.cfg.Recon == nil {
		return
	}
	const group = "Transfers"
	operation(r, call{method: http.MethodGet, path: apiEntity + "/transfers", id: "list-transfers", group: group, summary: "Withdrawals and deposits that are one transfer, the newest first"},
		need(tenant.Records, tenant.View), s.listPairs)
	operation(r, call{method: http.MethodPost, path: apiEntity + "/transfers/{pair}/undo", id: "undo-transfer", group: group, summary: "Take a pair apart", about: "Its ends are a withdrawal and a deposit again. It is not made again by itself.", status: http.StatusOK},
		need(tenant.Records, tenant.Edit), func(ctx context.Context, in *pairAt) (*struct{ Body pairView }, error) {
			return pairAct(ctx, in, s.cfg.Recon.Undo)
		})
	operation(r, call{method: http.MethodPost, path: apiEntity + "/transfers/{pair}/redo", id: "redo-transfer", group: group, summary: "Put a pair together again", status: http.StatusOK},
		need(tenant.Records, tenant.Edit), func(ctx context.Context, in *pairAt) (*struct{ Body pairView }, error) {
			return pairAct(ctx, in, s.cfg.Recon.Redo)
		})
	operation(r, call{method: http.MethodGet, path: apiEntity + "/differences", id: "list-differences", group: group, summary: "Balances that the rows of an account do not explain"},
		need(tenant.Records, tenant.View), s.listDifferences)
	r.stream(call{
		method: http.MethodGet, path: apiEntity + "/decisions.json", id: "get-decisions", group: group, summary: "What people decided, as `--decisions` takes it",
		about: "With this file the command line computes the same bytes from the same statements.",
	}, need(tenant.Records, tenant.View), func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{Description: "ledgersys.decisions/1", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object"}}}}
	}, s.sendDecisions)
}

func (s *Site) listPairs(ctx context.Context, in *struct {
	EntityAt
	PageOf
},
) (*struct{ Body listOf[pairView] }, error) {
	list, next, err := s.pairs(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf[pairView]{Items: []pairView{}, Next: next}
	for i := range list {
		out.Items = append(out.Items, newPairView(&list[i]))
	}
	return &struct{ Body listOf[pairView] }{out}, nil
}

// pairs returns a page of pairs and the cursor of the next.
func (s *Site) pairs(ctx context.Context, cursor string, limit int) (list []recon.Pair, next *string, err error) {
	var after recon.Cursor
	if err := s.uncursor("transfers", scopeOf(ctx), cursor, &after); err != nil {
		return nil, nil, err
	}
	list, err = s.cfg.Recon.Pairs(ctx, scopeOf(ctx), after, limit+1)
	if err != nil || len(list) <= limit {
		return list, nil, err
	}
	list = list[:limit]
	last := &list[limit-1]
	next, err = s.cursor("transfers", scopeOf(ctx), recon.Cursor{Set: true, At: last.Out.At, ID: last.ID})
	return list, next, err
}

// pairID reads the id of a pair in an address.
func pairID(text string) (tenant.ID, error) {
	id, err := tenant.ParseID(text)
	if err != nil {
		return id, fault.New(fault.NotFound, err, "There is no such pair.")
	}
	return id, nil
}

func pairAct(ctx context.Context, in *pairAt, act func(context.Context, tenant.Scope, tenant.ID) (*recon.Pair, error)) (*struct{ Body pairView }, error) {
	id, err := pairID(in.Pair)
	if err != nil {
		return nil, err
	}
	p, err := act(ctx, scopeOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body pairView }{newPairView(p)}, nil
}

func (s *Site) listDifferences(ctx context.Context, _ *EntityAt) (*struct{ Body listOf[differenceView] }, error) {
	all, err := s.cfg.Recon.Unexplained(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	out := listOf[differenceView]{Items: []differenceView{}}
	for i := range all {
		out.Items = append(out.Items, differenceView{all[i].Link.String(), newCertificateView(&all[i].Certificate), all[i].Proved})
	}
	return &struct{ Body listOf[differenceView] }{out}, nil
}

// sendDecisions answers with the file of decisions.
func (s *Site) sendDecisions(c echo.Context) error {
	ctx := c.Request().Context()
	apart, err := s.cfg.Recon.Decisions(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := filing.WriteDecisions(&text, apart); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/json", text.Bytes())
}
