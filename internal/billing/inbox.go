package billing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
)

// MaxDelivery is the largest body of a webhook.
const MaxDelivery = 256 << 10

// errForged is the refusal of a delivery whose signature does not fit.
func errForged(kind fault.Kind) error {
	return fault.Coded(kind, "bad_signature", nil, "The signature does not fit.")
}

// DeliverBTCPay takes a webhook of BTCPay. It returns nil when the delivery is
// kept for good, and an error of kind Unauthenticated, before anything of the
// body was looked at, when its signature does not fit.
func (s *Service) DeliverBTCPay(ctx context.Context, body []byte, signature string) error {
	if s.btcpay == nil || !signedByBTCPay(s.config.BTCPay.WebhookSecret.Reveal(), body, signature) {
		return errForged(fault.Unauthenticated)
	}
	var in struct {
		DeliveryID string `json:"deliveryId"`
		Original   string `json:"originalDeliveryId"`
		OldSpelt   string `json:"orignalDeliveryId"` // as very old versions wrote it
		Type       string `json:"type"`
		InvoiceID  string `json:"invoiceId"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return fault.New(fault.Malformed, nil, "The body is not JSON.")
	}
	d := Delivery{Provider: BTCPay, ID: in.DeliveryID, Kind: word(in.Type), Ref: word(in.InvoiceID)}
	for _, id := range []string{in.OldSpelt, in.Original} {
		if id != "" {
			d.ID = id
		}
	}
	if d.ID = word(d.ID); d.ID == "" {
		return fault.New(fault.Malformed, nil, "The delivery has no id.")
	}
	return s.inbox.put(ctx, d)
}

// maxWord is the length of what is kept of a type or an id.
const maxWord = 128

// word cuts a text to what an id or a type is made of, so that nothing else
// of a body is ever kept.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), maxWord)]
}

// inbox keeps deliveries. Those that arrive while others are being written go
// into the next transaction together, so that a burst costs few of the disk's
// slow commits; each is answered when its own transaction has committed.
type inbox struct {
	service *Service
	waiting chan letter
	writing chan struct{} // holds one while nobody writes
}

type letter struct {
	delivery Delivery
	done     chan error
}

const maxLetters = 512

func newInbox(s *Service) *inbox {
	in := &inbox{service: s, waiting: make(chan letter, maxLetters), writing: make(chan struct{}, 1)}
	in.writing <- struct{}{}
	return in
}

// put keeps one delivery. Who comes while nobody writes, writes what has
// gathered; the others wait for their answer.
func (in *inbox) put(ctx context.Context, d Delivery) error {
	l := letter{d, make(chan error, 1)}
	select {
	case in.waiting <- l:
	default:
		return fault.New(fault.Busy, nil, "Too many deliveries at once; send it again.")
	}
	for {
		select {
		case err := <-l.done:
			return err
		case <-ctx.Done():
			return fault.New(fault.Busy, ctx.Err(), "The delivery could not be kept in time; send it again.")
		case <-in.writing:
			in.write(context.WithoutCancel(ctx))
			in.writing <- struct{}{}
		}
	}
}

// write keeps everything that waits, in one transaction.
func (in *inbox) write(ctx context.Context) {
	var batch []letter
	for len(batch) < maxLetters {
		select {
		case l := <-in.waiting:
			batch = append(batch, l)
			continue
		default:
		}
		break
	}
	if len(batch) == 0 {
		return
	}
	err := in.service.config.Store.Control(ctx, func(tx Tx) error {
		for _, l := range batch {
			if err := in.service.receive(ctx, tx, l.delivery); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		err = fault.New(fault.Busy, err, "The delivery could not be kept; send it again.")
	}
	for _, l := range batch {
		l.done <- err
	}
}

// receive keeps a delivery and asks for the check of its sale. A delivery of
// an unknown invoice or type is kept as its id and type, and that is all.
func (s *Service) receive(ctx context.Context, tx Tx, d Delivery) error {
	fresh, err := tx.AddDelivery(ctx, d)
	if err != nil || !fresh || d.Ref == "" {
		return err
	}
	if d.Provider == Stripe {
		return tx.Enqueue(ctx, job.Task{Kind: "billing.card", Key: d.Ref, Args: cardArgs{d.Kind, d.Ref}})
	}
	sale, err := tx.SaleByRef(ctx, d.Provider, d.Ref)
	if errors.Is(err, ErrNoSale) {
		return nil
	}
	if err != nil {
		return err
	}
	args := checkArgs{Order: sale.Payment.ID, Refund: d.Kind == "InvoiceRefund"}
	key := sale.Payment.ID.String()
	if args.Refund {
		key += "/refund"
	}
	return tx.Enqueue(ctx, job.Task{Kind: "billing.check", Key: key, Args: args})
}
