package sheet

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"sync/atomic"
)

// headSize is how much of a file Open reads to know what it is.
const headSize = 4096

// File is one table of a file that was opened: the file itself, a member of an
// archive, or a worksheet. Its methods may be called from several goroutines and
// as often as one likes; each reads from the file again. It needs the reader that
// was given to Open as long as it is used.
type File struct {
	// Name is the base name of the file, or that of the member if it comes from a
	// zip archive.
	Name string
	// Member is the full name inside a zip archive, or the name of the worksheet;
	// otherwise it is empty. It is only for showing: nothing is written under it.
	Member string

	lim     Limits
	open    func() (io.Reader, error) // the unpacked bytes
	digest  *digest
	coding  atomic.Int32
	settled bool       // the coding will not change
	mark    int64      // bytes of the byte order mark
	sheet   *worksheet // nil for text
}

// Open looks at the content of a file and gives the tables in it, in their
// order. The name serves only to name them. A file that cannot be used is refused
// with an *Error that says why: it is empty, encrypted, a picture, an archive in an
// archive, a zip bomb. Members of an archive that hold nothing are passed over.
func Open(name string, r io.ReaderAt, size int64, lim Limits) ([]*File, error) {
	lim = lim.orDefault()
	name = baseName(name)
	head := make([]byte, min(size, headSize))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil && len(head) > 0 {
		return nil, because("the file cannot be read", err)
	}
	whole := func() (io.Reader, error) { return io.NewSectionReader(r, 0, size), nil }
	switch {
	case isZip(head):
		return openZip(name, r, size, lim)
	case isGzip(head):
		f, err := newText(name, gunzip(r, size, lim), lim)
		if err != nil {
			return nil, err
		}
		return []*File{f}, nil
	}
	f, err := newText(name, whole, lim)
	if err != nil {
		return nil, err
	}
	return []*File{f}, nil
}

// newText makes the File of a text, once its first bytes look like one.
func newText(name string, open func() (io.Reader, error), lim Limits) (*File, error) {
	f := &File{Name: name, lim: lim, open: open, digest: &digest{open: open}}
	r, err := open()
	if err != nil {
		return nil, err
	}
	head := make([]byte, headSize)
	n, err := fill(r, head)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, asError(err)
	}
	head = head[:n]
	c, mark, settled := sniffCoding(head)
	f.mark, f.settled = int64(mark), settled
	f.coding.Store(int32(c))
	if errors.Is(err, io.EOF) && blank(head[mark:]) {
		return nil, refuse("the file is empty; export it again", errEmpty)
	}
	if reason := foreign(head, c); reason != "" {
		return nil, refuse(reason, nil)
	}
	return f, nil
}

// errEmpty is underneath the error of a file without content.
var errEmpty = errors.New("empty file")

// blank says whether a text holds nothing but line ends and blanks.
func blank(text []byte) bool { return len(bytes.Trim(text, " \t\r\n")) == 0 }

// asError gives err as an *Error of a whole file.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return because("the file cannot be read", err)
}

// Sheet says whether the table is a worksheet, whose cells need no delimiter.
func (f *File) Sheet() bool { return f.sheet != nil }

// Encoding names the coding of the text: UTF-8, UTF-16LE, UTF-16BE or
// Windows-1252. The last is known once the first byte that is not UTF-8 has been
// read; a text that is read to its end has its final answer.
func (f *File) Encoding() string { return coding(f.coding.Load()).String() }

// Text gives the text as UTF-8, without a byte order mark. An error in opening
// comes from the first Read. For a worksheet it is CSV made from its rows.
func (f *File) Text() io.Reader {
	if f.sheet != nil {
		return &sheetText{rows: f.sheet.rows(f.lim)}
	}
	src, err := f.open()
	if err != nil {
		return failing{asError(err)}
	}
	src = f.digest.watch(src)
	if _, err := io.CopyN(io.Discard, src, f.mark); err != nil {
		return failing{asError(err)}
	}
	return decode(src, f.settled, &f.coding)
}

// Head gives the first n bytes of Text, or all of it if it is shorter or cannot
// be read further. The last character may be cut.
func (f *File) Head(n int) []byte {
	head := make([]byte, n)
	n, _ = fill(f.Text(), head) // who reads the file meets the error
	return head[:n]
}

// Rows gives the rows of the table; comma separates the cells of a text and has
// no meaning for a worksheet.
func (f *File) Rows(comma byte) (RowReader, error) {
	if strings.IndexByte("\"\r\n\x00", comma) >= 0 || comma >= 0x80 {
		return nil, refuse(fmt.Sprintf("byte %#x cannot separate cells", comma), nil)
	}
	return f.source(comma), nil
}

func (f *File) source(comma byte) rowSource {
	if f.sheet != nil {
		return f.sheet.rows(f.lim)
	}
	return NewReader(f.Text(), comma, f.lim)
}

// Hash gives the SHA-256 of the file's bytes: of the file as given, or as
// unpacked if it was in gzip or zip, so that packing does not change it. All
// worksheets have that of their workbook. It costs no pass over the file if Text,
// Rows or Batches has been read to its end before.
func (f *File) Hash() ([sha256.Size]byte, error) { return f.digest.get() }

// digest is a hash that is computed once, either while the file is read for
// other reasons or on its own.
type digest struct {
	open func() (io.Reader, error)
	mu   sync.Mutex // held while the hash is computed on its own
	sum  atomic.Pointer[[sha256.Size]byte]
}

// get computes the hash unless it is known.
func (d *digest) get() ([sha256.Size]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sum := d.sum.Load(); sum != nil {
		return *sum, nil
	}
	src, err := d.open()
	if err != nil {
		return [sha256.Size]byte{}, asError(err)
	}
	w := watcher{src: src, d: d}
	w.hash = sha256.New()
	buf := make([]byte, blockSize)
	for err == nil {
		_, err = w.Read(buf)
	}
	if !errors.Is(err, io.EOF) {
		return [sha256.Size]byte{}, asError(err)
	}
	return *d.sum.Load(), nil
}

// watch makes a reader that leaves the hash behind when it comes to its end,
// unless the hash is known or being computed.
func (d *digest) watch(src io.Reader) io.Reader {
	if d.sum.Load() != nil || !d.mu.TryLock() {
		return src
	}
	d.mu.Unlock()
	return &watcher{src: src, d: d, hash: sha256.New()}
}

// watcher hashes what is read through it.
type watcher struct {
	src  io.Reader
	d    *digest
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
}

// Read implements io.Reader.
func (w *watcher) Read(p []byte) (int, error) {
	n, err := w.src.Read(p)
	_, _ = w.hash.Write(p[:n]) // a hash gives no error
	if errors.Is(err, io.EOF) {
		sum := [sha256.Size]byte(w.hash.Sum(nil))
		w.d.sum.Store(&sum)
	}
	return n, err
}

// baseName gives the last part of a name with either kind of slash, without what
// cannot be shown.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(printable(name), `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// printable puts U+FFFD for bytes that are no characters and for control
// characters.
func printable(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7F && c < 0xA0 {
			return '\uFFFD'
		}
		return c
	}, strings.ToValidUTF8(name, "\uFFFD"))
}
