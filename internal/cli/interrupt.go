package cli

import (
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
)

// temporaries are files that must not outlive the run.
type temporaries struct {
	lock  sync.Mutex
	paths map[string]bool

	selfStopping atomic.Bool // the verb hears interruptions itself and ends
}

func (t *temporaries) add(path string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.paths[path] = true
}

func (t *temporaries) done(path string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	delete(t.paths, path)
}

// remove deletes what is left.
func (t *temporaries) remove() {
	t.lock.Lock()
	defer t.lock.Unlock()
	for path := range t.paths {
		_ = os.Remove(path) // the run ends here, whether that works or not
	}
}

// interruptible runs a job until it ends or the user interrupts it; then no
// half a file stays behind. The job itself ends with the program.
func interruptible(temps *temporaries, job func() int) int {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	ended := make(chan int, 1)
	go func() { ended <- job() }()
	for {
		select {
		case code := <-ended:
			return code
		case <-interrupted:
			if temps.selfStopping.Load() {
				continue
			}
			temps.remove()
			return exitInterrupt
		}
	}
}
