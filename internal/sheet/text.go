package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// coding is how the characters of a text are written as bytes. The zero value is
// UTF-8, which holds plain ASCII too.
type coding int32

const (
	codingUTF8 coding = iota
	codingWindows1252
	codingUTF16LE
	codingUTF16BE
)

func (c coding) String() string {
	switch c {
	case codingWindows1252:
		return "Windows-1252"
	case codingUTF16LE:
		return "UTF-16LE"
	case codingUTF16BE:
		return "UTF-16BE"
	case codingUTF8:
	}
	return "UTF-8"
}

// sniffCoding gives the coding of a text by its first bytes, the length of its
// byte order mark, and whether it is settled. One that is not settled is ASCII so
// far, or UTF-8, or Windows-1252; textReader finds out.
func sniffCoding(head []byte) (c coding, mark int, settled bool) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return codingUTF8, 3, true
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return codingUTF16LE, 2, true
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return codingUTF16BE, 2, true
	}
	var zeros [2]int
	head = head[:len(head)&^1]
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	pairs := len(head) / 2
	switch {
	case pairs < 4:
		return codingUTF8, 0, false
	case zeros[1]*10 >= pairs*7 && zeros[0]*10 <= pairs:
		return codingUTF16LE, 0, true
	case zeros[0]*10 >= pairs*7 && zeros[1]*10 <= pairs:
		return codingUTF16BE, 0, true
	}
	return codingUTF8, 0, false
}

// decisionWindow is the number of bytes, from the first that is not ASCII, that
// decide between UTF-8 and Windows-1252.
const decisionWindow = 4096

// textReader gives a text of unsettled coding as UTF-8. It passes ASCII through as
// it comes. At the first other byte it looks at a fixed number of bytes and takes
// the text for Windows-1252 if more of them break UTF-8 than follow it. So the
// answer depends on the text alone, not on how it is read, and a text that is
// UTF-8 but for some bytes keeps those, so that only their rows are spoiled.
type textReader struct {
	src     io.Reader
	found   *atomic.Int32 // takes the coding once it is known
	settled bool
}

// Read implements io.Reader.
func (t *textReader) Read(p []byte) (int, error) {
	if t.settled {
		return t.src.Read(p)
	}
	n, err := t.src.Read(p)
	at := ascii(p[:n])
	if at == n {
		return n, err
	}
	t.settled = true
	window := append(make([]byte, 0, decisionWindow), p[at:n]...)
	if have := len(window); err == nil && have < decisionWindow {
		var more int
		more, err = fill(t.src, window[have:decisionWindow])
		window = window[:have+more]
	}
	rest := t.src
	if err != nil {
		rest = failing{err}
	}
	t.src = io.MultiReader(bytes.NewReader(window), rest)
	if looksLike1252(window) {
		t.found.Store(int32(codingWindows1252))
		t.src = transform.NewReader(t.src, charmap.Windows1252.NewDecoder())
	}
	if at > 0 {
		return at, nil
	}
	return t.src.Read(p)
}

// fill reads until p is full or src gives an error, which it returns as it is.
func fill(src io.Reader, p []byte) (n int, err error) {
	for idle := 0; n < len(p) && err == nil; idle++ {
		var m int
		if m, err = src.Read(p[n:]); m > 0 {
			n, idle = n+m, 0
		}
		if idle > 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// failing is a source that gives nothing but an error.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// ascii gives the length of the start of p that is ASCII.
func ascii(p []byte) int {
	const high = 0x8080808080808080
	i := 0
	for ; i+4*wordSize <= len(p); i += 4 * wordSize {
		q := p[i : i+4*wordSize]
		if (binary.LittleEndian.Uint64(q)|binary.LittleEndian.Uint64(q[8:])|
			binary.LittleEndian.Uint64(q[16:])|binary.LittleEndian.Uint64(q[24:]))&high != 0 {
			break
		}
	}
	for i < len(p) && p[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// looksLike1252 counts the characters beyond ASCII that are valid UTF-8, and the
// bytes that are not, in the window with which a text starts.
func looksLike1252(text []byte) bool {
	good, bad := 0, 0
	window := text[:min(len(text), decisionWindow)]
	for len(window) > 0 {
		c, size := utf8.DecodeRune(window)
		switch {
		case c != utf8.RuneError || size != 1:
			good += min(size-1, 1)
		case len(text) < decisionWindow || utf8.FullRune(window):
			bad++ // otherwise the window cuts a character off
		}
		window = window[size:]
	}
	return bad > good
}

// decode gives the text of src, behind its byte order mark, as UTF-8. A coding
// that is not settled is stored in c once it is known.
func decode(src io.Reader, settled bool, c *atomic.Int32) io.Reader {
	switch coding(c.Load()) {
	case codingUTF16LE:
		return transform.NewReader(src, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case codingUTF16BE:
		return transform.NewReader(src, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	case codingUTF8, codingWindows1252:
	}
	return &textReader{src: src, found: c, settled: settled}
}
