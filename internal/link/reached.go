package link

import (
	"maps"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Offered are the exchanges that can be linked, in the order of lists.
func (s *Service) Offered() []*exchange.Exchange { return s.Exchanges }

// Reached tells how far a run of this process has come in each stream: the
// date of the last record that it saw. Other processes on the same database
// know of their own runs only, and nothing depends on it.
func (s *Service) Reached(id tenant.ID) map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.reached[id])
}

// reach notes how far a run has come.
func (s *Service) reach(id tenant.ID, stream string, page []exchange.Record) {
	if len(page) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reached[id] == nil {
		s.reached[id] = make(map[string]time.Time)
	}
	s.reached[id][stream] = page[len(page)-1].Time
}
