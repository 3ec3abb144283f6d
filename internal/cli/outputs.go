package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ledgersys/ledgersys/internal/filing"
)

// writers is how many files are written at a time.
const writers = 2

// outputs writes files into a folder, several at a time and while others are
// still to come. Each is written beside its place; keep moves all of them there
// once they are complete, so that a run that fails leaves nothing of its own
// and nothing of an earlier one is lost.
type outputs struct {
	temps *temporaries
	dir   string
	begun map[string]bool // the tax years whose forms are on their way
	made  bool            // the folder was not there before

	running sync.WaitGroup
	slots   chan struct{} // one for each file that is being written

	lock   sync.Mutex
	files  []written
	faults []error
}

// written is a complete file that has not got its name yet.
type written struct{ temp, path string }

// newOutputs returns the outputs of a folder.
func newOutputs(temps *temporaries, dir string) *outputs {
	return &outputs{temps: temps, dir: dir, begun: make(map[string]bool), slots: make(chan struct{}, writers)}
}

// add has a file written; it does not wait for it.
func (f *outputs) add(o filing.Output) {
	f.running.Go(func() {
		f.slots <- struct{}{}
		defer func() { <-f.slots }()
		if f.failed() {
			return
		}
		if err := f.write(o); err != nil {
			f.fail(err)
		}
	})
}

// folder makes the folder unless it is there.
func (f *outputs) folder() error {
	if info, err := os.Stat(f.dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	f.made = true
	return nil
}

// fail notes a fault; nothing is kept then.
func (f *outputs) fail(err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.faults = append(f.faults, err)
}

func (f *outputs) failed() bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	return len(f.faults) > 0
}

// write writes a file beside its place.
func (f *outputs) write(o filing.Output) error {
	file, err := os.CreateTemp(f.dir, "."+strings.TrimSuffix(o.Name, filepath.Ext(o.Name))+"-*")
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	f.temps.add(file.Name())
	w := written{file.Name(), filepath.Join(f.dir, o.Name)}
	f.lock.Lock()
	f.files = append(f.files, w)
	f.lock.Unlock()
	if err := errors.Join(o.Write(file), file.Close()); err != nil { // what is written comes in large pieces
		return fmt.Errorf("%s: %w", w.path, err)
	}
	return nil
}

// keep waits for the files and gives them their names.
func (f *outputs) keep() error {
	f.running.Wait()
	if f.failed() {
		return errors.Join(f.faults...)
	}
	for len(f.files) > 0 {
		w := f.files[0]
		if err := os.Rename(w.temp, w.path); err != nil {
			return fmt.Errorf("%s: %w", w.path, err)
		}
		f.temps.done(w.temp)
		f.files = f.files[1:]
	}
	f.made = false
	return nil
}

// drop waits for the files and removes those without a name, and the folder if
// it was made for them.
func (f *outputs) drop() {
	f.running.Wait()
	for _, w := range f.files {
		_ = os.Remove(w.temp) // the first error is the one that matters
		f.temps.done(w.temp)
	}
	if f.made {
		_ = os.Remove(f.dir) // if it is empty
	}
}
