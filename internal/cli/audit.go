package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// exitUnverified is the exit code of a verification that found something.
const exitUnverified = 6

// auditVerbs are about the chains in which every change stands.
type auditVerbs struct {
	Verify     auditVerify     `cmd:"" help:"Verify the chains: exit 0, or 6 with what is wrong."`
	Export     auditExport     `cmd:"" help:"Write a whole chain, so that anybody can recompute it."`
	Checkpoint auditCheckpoint `cmd:"" help:"Sign a checkpoint of all chains and print it with the key to verify it."`
}

// chainName returns the chain that a flag names.
func chainName(firm string) (string, error) {
	if firm == "" {
		return audit.Control, nil
	}
	id, err := tenant.ParseID(firm)
	if err != nil {
		return "", usage(fmt.Errorf("--firm %q: %w", firm, err))
	}
	return id.String(), nil
}

type auditVerify struct {
	settingFlags `embed:""`

	Firm string `help:"Only the chain of this firm." xor:"which" placeholder:"ID"`
	All  bool   `help:"All chains, that of the service among them (the default)." xor:"which"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// auditVerifyTask is the verb's task.
type auditVerifyTask struct {
	Chain string // "" is all
	JSON  bool
}

// Run verifies.
func (v *auditVerify) Run(s *Streams) error {
	t := &auditVerifyTask{JSON: v.JSON}
	if v.Firm != "" {
		var err error
		if t.Chain, err = chainName(v.Firm); err != nil {
			return err
		}
	}
	return perform(s, &v.settingFlags, "audit verify", t, mustBeThere)
}

// do implements task.
func (t *auditVerifyTask) do(ctx context.Context, s *service, out io.Writer) error {
	r, err := s.store.Verify(ctx, t.Chain)
	if err != nil {
		return err
	}
	if t.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintln(out, f)
		}
		if r.OK() {
			fmt.Fprintf(out, "ok n=%d chains=%d\n", r.Links, r.Chains)
		}
	}
	if !r.OK() {
		return &coded{exitUnverified, fmt.Errorf("%d of what was verified is not as it was written", len(r.Findings))}
	}
	return nil
}

type auditExport struct {
	settingFlags `embed:""`

	Firm string `help:"The chain of this firm; without it that of the service." placeholder:"ID"`
	Out  string `help:"Write to this file." placeholder:"FILE" type:"path"`
}

// auditExportTask is the verb's task.
type auditExportTask struct{ Chain string }

// Run exports.
func (v *auditExport) Run(s *Streams) (err error) {
	t := &auditExportTask{}
	if t.Chain, err = chainName(v.Firm); err != nil {
		return err
	}
	if v.Out == "" {
		return perform(s, &v.settingFlags, "audit export", t, mustBeThere)
	}
	f, err := os.OpenFile(v.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- a person names it
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	to := *s
	to.Out = f
	return perform(&to, &v.settingFlags, "audit export", t, mustBeThere)
}

// do implements task.
func (t *auditExportTask) do(ctx context.Context, s *service, out io.Writer) error {
	err := s.store.ExportChain(ctx, t.Chain, out)
	if fault.Is(err, fault.NotFound) {
		return &coded{exitUsage, errors.New("there is no such firm")}
	}
	return err
}

type auditCheckpoint struct {
	settingFlags `embed:""`
}

// auditCheckpointTask is the verb's task.
type auditCheckpointTask struct{}

// Run signs a checkpoint.
func (v *auditCheckpoint) Run(s *Streams) error {
	return perform(s, &v.settingFlags, "audit checkpoint", &auditCheckpointTask{}, mustBeThere)
}

// do implements task.
func (*auditCheckpointTask) do(ctx context.Context, s *service, out io.Writer) error {
	note, err := s.store.Checkpoint(ctx)
	if err != nil {
		return err
	}
	key, err := s.store.VerifierKey(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\nkey: %s\n", note, key)
	return err
}
