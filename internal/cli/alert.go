package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// tellMachine mails what the watch over the machine found. It is logged
// already.
func (s *service) tellMachine(ctx context.Context, a host.Alert) {
	if err := s.post.Alert(ctx, a.Code, a.Words); err != nil {
		s.log.ErrorContext(ctx, "alert not mailed", "code", a.Code, "error", err)
	}
}

// tellAudit mails what the verification of the audit chains found, and the
// day's checkpoint.
func (s *service) tellAudit(ctx context.Context, a audit.Alert) error {
	switch a.Kind {
	case audit.Daily:
		if s.conf.OperatorEmail == "" {
			return nil
		}
		l, state, err := s.post.Write(notify.Mail{
			Kind: notify.Checkpoint, To: s.conf.OperatorEmail, Words: map[string]string{"time": a.At.UTC().Format(time.RFC3339)},
			Attachments: []notify.Attachment{{Name: "checkpoint.txt", Type: "text/plain", Content: []byte(a.Note)}},
		})
		if err != nil {
			return err
		}
		return s.store.Mail().KeepLetter(ctx, l, state)
	case audit.Late:
		return s.post.Alert(ctx, a.Kind, "The audit chains were not verified for more than a day.")
	}
	var words strings.Builder
	for _, f := range a.Findings[:min(len(a.Findings), 5)] {
		fmt.Fprintf(&words, "Chain %s breaks at entry %d. ", f.Chain, f.Seq)
	}
	if more := len(a.Findings) - 5; more > 0 {
		fmt.Fprintf(&words, "And %d more. ", more)
	}
	words.WriteString("Run: ledgersys audit verify --all")
	return s.post.Alert(ctx, a.Kind, words.String())
}

// auditLog is the log as pages show it. A log that leaves is an export like
// any other: counted and on record.
type auditLog struct {
	*audit.Reader
	svc *service
}

// Export implements what web asks of the log.
func (a auditLog) Export(ctx context.Context, scope tenant.Scope, w io.Writer) error {
	if !scope.May(tenant.Need(tenant.Audit, tenant.View)) {
		return a.Reader.Export(ctx, scope, w) // which says no
	}
	if err := a.svc.accounts.Exported(ctx, scope.Actor(), 0); err != nil {
		return err
	}
	err := a.svc.store.InFirm(ctx, scope, func(t *store.FirmTx) error {
		return t.Event(ctx, audit.Event{Kind: "export", Outcome: "ok", Object: "audit"})
	})
	if err != nil {
		return err
	}
	return a.Reader.Export(ctx, scope, w)
}
