package cli

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/ledgersys/ledgersys/internal/intake"
)

// What a large computation needs, measured on trade histories: the events of a
// byte of CSV, their lots, disposals and legs.
const (
	largeInput = 4 << 20   // bytes from which it is worth to prepare
	largeBook  = 1 << 18   // events from which it is worth to settle
	mostLimit  = 488 << 20 // above it memory has to be in use, not only asked for: no file makes more garbage than that
	leastLimit = 256 << 20 // below it nothing is collected
	perByte    = 6         // bytes of memory for a byte of input
	perEvent   = 740       // bytes of memory for an event and what is computed from it; a third is reserve, for collecting begins before the limit
)

// pacer moves the limit near which memory is collected: a quarter above what
// the last collection found in use. A nil pacer leaves all to the runtime.
type pacer struct {
	floor atomic.Int64 // the limit is never below it
	again *pacer       // to arm next; an object with a pointer is collected by itself
}

// prepare makes the run of large inputs fast. Little of what they allocate ever
// becomes garbage, so that collecting by the usual rule, whenever memory has
// doubled, mostly looks at what is there to stay; and the first touch of
// memory, page by page, costs as much as what is done with it. So memory is
// collected only near a limit that grows with what is really in use, and comes
// in large pages where the system has them.
func prepare(paths []string) *pacer {
	var size int64
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	if size < largeInput {
		return nil
	}
	p := &pacer{}
	p.floor.Store(min(max(leastLimit, size*perByte), mostLimit))
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(p.floor.Load())
	largePages(make([]byte, min(size*perByte, mostRoom())))
	debug.FreeOSMemory() // gives the room back to the heap, to be filled as far as it is needed
	p.arm()
	return p
}

// settle collects what reading files left behind, now that their events are
// nearly all that is there, and makes room for what is computed from them. It
// goes on beside the caller until wait is called.
func (p *pacer) settle(files []*intake.File) (wait func()) {
	events := 0
	for _, f := range files {
		events += len(f.Collector.Events)
	}
	if p == nil || events < largeBook {
		return func() {}
	}
	if need := int64(events) * perEvent; need > p.floor.Load() {
		p.floor.Store(need)
		debug.SetMemoryLimit(need)
	}
	var done sync.WaitGroup
	done.Go(runtime.GC)
	return done.Wait
}

// arm has the limit set anew after the next collection.
func (p *pacer) arm() {
	runtime.SetFinalizer(&pacer{again: p}, func(turn *pacer) {
		p := turn.again
		live := [...]metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live[:])
		for _, m := range live {
			if m.Value.Kind() == metrics.KindUint64 {
				debug.SetMemoryLimit(max(p.floor.Load(), int64(m.Value.Uint64()/4*5))) // #nosec G115 -- no machine has so much
			}
		}
		p.arm()
	})
}

// What the service collects by: whenever memory in use has grown by
// serviceGrowth per cent, but not before serviceRoom, and near serviceMemory
// more often. The first sync of a hundred thousand trades and the upload of a
// million rows, with their years, then stay below 400 MiB in all, and small
// requests do not wait for the collector.
const (
	serviceMemory = 320 << 20
	serviceRoom   = 160 << 20
	serviceGrowth = 40
	mostGrowth    = 400
)

// frugal has the service collect early, and near its limit, unless GOMEMLIMIT
// says another.
func frugal() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetGCPercent(serviceGrowth)
		debug.SetMemoryLimit(serviceMemory)
		(&grower{growth: serviceGrowth}).arm()
	}
}

// grower sets by how much memory in use may grow until the next collection.
type grower struct {
	growth int
	again  *grower
}

// arm has the growth set anew after the next collection.
func (g *grower) arm() {
	runtime.SetFinalizer(&grower{again: g}, func(turn *grower) {
		g := turn.again
		live := [...]metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live[:])
		for _, m := range live {
			if m.Value.Kind() == metrics.KindUint64 {
				g.set(growthOf(m.Value.Uint64()))
			}
		}
		g.arm()
	})
}

func (g *grower) set(growth int) {
	if growth != g.growth {
		g.growth = growth
		debug.SetGCPercent(growth)
	}
}

// growthOf is by how much, in per cent, so many bytes in use may grow.
func growthOf(live uint64) int {
	growth := uint64(mostGrowth)
	if live > 0 && live < serviceRoom {
		growth = (serviceRoom - live) * 100 / live
	} else if live >= serviceRoom {
		growth = serviceGrowth
	}
	return int(min(max(growth, serviceGrowth), mostGrowth)) // #nosec G115 -- at most mostGrowth
}
