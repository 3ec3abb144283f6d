package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/host"
)

// task is a verb that works on a data directory. While a service runs on it,
// the service does it, asked through its socket; otherwise this process does,
// under the directory's lock. Its exported fields are its arguments and travel
// as JSON: files that a person names are read before.
type task interface {
	do(ctx context.Context, s *service, out io.Writer) error
}

// tasks lists every task by its name: the words of its verb.
func tasks() map[string]func() task {
	all := adminTasks()
	maps.Copy(all, billingTasks())
	maps.Copy(all, map[string]func() task{
		"audit verify":     func() task { return new(auditVerifyTask) },
		"audit export":     func() task { return new(auditExportTask) },
		"audit checkpoint": func() task { return new(auditCheckpointTask) },
		"keys rotate":      func() task { return new(keysRotateTask) },
		"keys status":      func() task { return new(keysStatusTask) },
		"doctor crypto":    func() task { return new(cryptoTask) },
	})
	return all
}

// perform has a task done and prints what it gave.
func perform(s *Streams, f *settingFlags, name string, t task, there presence) error {
	conf, err := f.load()
	if err != nil {
		return err
	}
	ctx, stop := s.signals()
	defer stop()
	args, err := json.Marshal(t)
	if err != nil {
		return err
	}
	answer, err := host.Ask(ctx, conf.DataDir, host.Command{Name: name, Args: args})
	if errors.Is(err, host.ErrNobody) {
		return alone(ctx, s, f, func(svc *service) error { return svc.do(ctx, name, t, s.Out) }, there)
	}
	if err != nil {
		return err
	}
	if _, err := s.Out.Write(answer.Output); err != nil {
		return err
	}
	if answer.Code != exitFine {
		return &coded{answer.Code, errors.New(answer.Error)}
	}
	return nil
}

// alone opens the data directory for one piece of work. It logs what is wrong
// and nothing else.
func alone(ctx context.Context, s *Streams, f *settingFlags, work func(*service) error, there presence) (err error) {
	conf, err := f.load()
	if err != nil {
		return err
	}
	if conf.Log.Level == "info" {
		conf.Log.Level = "warn"
	}
	svc, err := open(ctx, conf, s.Err, there)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	return spoken(work(svc))
}

// command does a task that came in through the socket.
func (s *service) command(ctx context.Context, c host.Command) host.Answer {
	make, ok := tasks()[c.Name]
	if !ok {
		return failed(usage(fmt.Errorf("this service knows no %q; it knows %v", c.Name, slices.Sorted(maps.Keys(tasks())))))
	}
	t := make()
	if err := json.Unmarshal(c.Args, t); err != nil {
		return failed(usage(fmt.Errorf("%s: %w", c.Name, err)))
	}
	var out bytes.Buffer
	answer := failed(spoken(s.do(ctx, c.Name, t, &out)))
	answer.Output = out.Bytes()
	return answer
}

// do does a task. Each stands in the audit chain of the control plane, whether
// it changes anything or only looks.
func (s *service) do(ctx context.Context, name string, t task, out io.Writer) error {
	if err := t.do(ctx, s, out); err != nil {
		return err
	}
	return s.audited(ctx, name)
}

// failed is the answer of an error; of none, it is that all is well.
func failed(err error) host.Answer {
	if err == nil {
		return host.Answer{}
	}
	var c *coded
	if errors.As(err, &c) {
		return host.Answer{Code: c.code, Error: err.Error()}
	}
	return host.Answer{Code: exitError, Error: err.Error()}
}

// spoken turns a fault into the words that are meant for people.
func spoken(err error) error {
	var c *coded
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || errors.As(err, &c) || f.Words == "" {
		return err
	}
	words := f.Words
	for _, d := range f.Details {
		words += "\n  " + d.Words
	}
	return &coded{exitError, errors.New(words)}
}
