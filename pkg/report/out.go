package report

import "io"

// spillAt is how many bytes are gathered before they are written.
const spillAt = 64 << 10

// out gathers bytes and writes them in large pieces. After a fault of the
// writer nothing more is written; close reports it.
type out struct {
	w   io.Writer
	buf []byte
	err error
}

// newOut returns an empty out that writes to w.
func newOut(w io.Writer) out { return out{w: w, buf: make([]byte, 0, spillAt+spillAt/4)} }

// spill writes what was gathered once it is enough.
func (o *out) spill() {
	if len(o.buf) >= spillAt {
		o.flush()
	}
}

func (o *out) flush() {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
}

// close writes the rest and returns the first fault.
func (o *out) close() error {
	o.flush()
	return o.err
}
