package job

import (
	"context"
	"slices"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// fenced is a driver of River that keeps the end of a lost try from ending the
// process. A try that was given up for lost, because its process was silent for
// too long, may end while another process changes its row. PostgreSQL then
// leaves the row as that process wrote it and answers with what it was before:
// at work. River takes that for a bug of its own and panics in a goroutine of
// its own, where nothing can catch it. What is still at work did not end here,
// so it is left out of the answer; River takes no answer for a job that is gone.
// The row is the other try's, which every task must bear (see Kind.Work).
type fenced[TTx any] struct{ riverdriver.Driver[TTx] }

// GetExecutor implements riverdriver.Driver.
func (d fenced[TTx]) GetExecutor() riverdriver.Executor {
	return fencedExecutor{d.Driver.GetExecutor()}
}

type fencedExecutor struct{ riverdriver.Executor }

// JobSetStateIfRunningMany implements riverdriver.Executor.
func (e fencedExecutor) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	rows, err := e.Executor.JobSetStateIfRunningMany(ctx, p)
	return slices.DeleteFunc(rows, func(r *rivertype.JobRow) bool {
		return r.State == rivertype.JobStateRunning || r.State == rivertype.JobStatePending
	}), err
}
