package sheet

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// A file that unpacks to more than bombFloor bytes and to more than bombRatio
	// times its packed size is refused. Statements reach 30 times.
	bombFloor = 64 << 20
	bombRatio = 200

	// directoryLimit is what of an archive is read to list its members: enough for
	// thousands, and too little for a list that fills the memory.
	directoryLimit = 4 << 20

	encryptedFlag = 1 // in the flags of a zip member
)

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1F, 0x8B}) }

// foreign says what a file is, by its first bytes, that is not a text and what
// to do; it is empty for a text.
func foreign(head []byte, c coding) string {
	for _, k := range [...]struct{ magic, reason string }{
		{"PK\x03\x04", "this is an archive inside an archive; unpack it and give what is in it"},
		{"\x1F\x8B", "this is an archive inside an archive; unpack it and give what is in it"},
		{"\xD0\xCF\x11\xE0", "this is an old or password-protected Excel workbook; save it as .xlsx without a password, or as CSV"},
		{"%PDF-", "this is a PDF; export the data as CSV or XLSX"},
		{"7z\xBC\xAF\x27\x1C", "this is a 7-Zip archive; unpack it and give what is in it"},
		{"Rar!\x1A\x07", "this is a RAR archive; unpack it and give what is in it"},
		{"\xFD7zXZ", "this is an xz archive; unpack it and give what is in it"},
		{"\x28\xB5\x2F\xFD", "this is a zstd archive; unpack it and give what is in it"},
		{"\x89PNG", "this is a picture; export the data as CSV or XLSX"},
		{"\xFF\xD8\xFF", "this is a picture; export the data as CSV or XLSX"},
		{"SQLite format 3\x00", "this is a database; export the data as CSV"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.reason
		}
	}
	if len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")) {
		return "this is a tar archive; unpack it and give what is in it"
	}
	if len(head) > 10 && bytes.HasPrefix(head, []byte("BZh")) && bytes.HasPrefix(head[4:], []byte("1AY&SY")) {
		return "this is a bzip2 archive; unpack it and give what is in it"
	}
	odd := 0
	for _, b := range head {
		if b < '\t' || b > '\r' && b < ' ' && b != 0x1A && b != 0x1B {
			odd++
		}
	}
	if c != codingUTF16LE && c != codingUTF16BE && odd > len(head)*3/10 {
		return "this is not a text; export the data as CSV or XLSX"
	}
	return ""
}

// gunzip opens what is packed in gzip.
func gunzip(r io.ReaderAt, size int64, lim Limits) func() (io.Reader, error) {
	return func() (io.Reader, error) {
		z, err := gzip.NewReader(io.NewSectionReader(r, 0, size))
		if err != nil {
			return nil, because("the gzip file is damaged, fetch it again", err)
		}
		return newBounded(z, size, lim.Total), nil
	}
}

// bounded unpacks no more than it may.
type bounded struct {
	src         io.Reader
	left, limit int64
	ratio       int64 // of limit to the packed size; 0 if it does not follow from that
}

// newBounded bounds what comes out of packed bytes to total, and earlier if it
// is out of proportion.
func newBounded(src io.Reader, packed, total int64) *bounded {
	if limit := max(bombFloor, packed*bombRatio); limit < total {
		return &bounded{src, limit, limit, bombRatio}
	}
	return &bounded{src, total, total, 0}
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge(b.limit, b.ratio)
	}
	var e *Error
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &e) {
		return n, err
	}
	return n, because("the archive is damaged, fetch it again", err)
}

// tooLarge is the error of what unpacks to more than limit, which is the packed
// size times ratio, or a limit of its own if ratio is 0.
func tooLarge(limit, ratio int64) *Error {
	if ratio == 0 {
		return refuse(fmt.Sprintf("it unpacks to more than %d bytes; split it", limit), nil)
	}
	return refuse(fmt.Sprintf("it unpacks to more than %d bytes, over %d times its packed size, as a zip bomb does; if it is genuine, unpack it and give what is in it", limit, ratio), nil)
}

// openZip opens the members of an archive, or the worksheets of a workbook.
func openZip(name string, r io.ReaderAt, size int64, lim Limits) ([]*File, error) {
	listing := &metered{r: r, left: directoryLimit}
	z, err := zip.NewReader(listing, size)
	switch {
	case errors.Is(err, errDirectory):
		return nil, manyMembers(lim)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, because("the zip archive is damaged, fetch it again", err)
	}
	listing.open = true
	for _, m := range z.File {
		switch strings.ToLower(m.Name) {
		case "xl/workbook.xml":
			return openWorkbook(name, r, size, z, lim)
		case "xl/workbook.bin":
			return nil, refuse("this is a binary Excel workbook; save it as .xlsx or CSV", nil)
		case "content.xml", "index/document.iwa":
			return nil, refuse("this is a workbook of another program; save it as .xlsx or CSV", nil)
		}
	}
	return openMembers(z, size, lim)
}

// metered is a reader that gives out after so many bytes, until it is opened.
type metered struct {
	r    io.ReaderAt
	left int
	open bool
}

var errDirectory = errors.New("the list of members is too long")

// ReadAt implements io.ReaderAt.
func (m *metered) ReadAt(p []byte, at int64) (int, error) {
	if m.open {
		return m.r.ReadAt(p, at)
	}
	n, err := m.r.ReadAt(p, at)
	if m.left -= n; m.left < 0 {
		return 0, errDirectory
	}
	return n, err
}

func manyMembers(lim Limits) *Error {
	return refuse(fmt.Sprintf("the archive has more than %d members; unpack it and give the files in parts", lim.Members), nil)
}

// openMembers opens the members of an archive that hold something, without
// following what they claim about themselves.
func openMembers(z *zip.Reader, size int64, lim Limits) ([]*File, error) {
	var files []*File
	var packed, unpacked int64
	count := 0
	for _, m := range z.File {
		base := baseName(m.Name)
		if strings.HasSuffix(m.Name, "/") || strings.HasPrefix(m.Name, "__MACOSX/") || strings.HasPrefix(base, ".") {
			continue
		}
		if count++; count > lim.Members {
			return nil, manyMembers(lim)
		}
		open, err := member(m, size, lim.Total)
		if err != nil {
			return nil, err
		}
		packed += int64(m.CompressedSize64)     //nolint:gosec // member has bounded it
		unpacked += int64(m.UncompressedSize64) //nolint:gosec // member has bounded it
		if packed > size {
			return nil, refuse("members of the archive overlap, as in a zip bomb; unpack it and give what is in it", nil)
		}
		if unpacked > lim.Total {
			return nil, tooLarge(lim.Total, 0)
		}
		f, err := newText(base, open, lim)
		switch {
		case err == nil:
			f.Member = printable(m.Name)
			files = append(files, f)
		case !errors.Is(err, errEmpty):
			return nil, inMember(m, err)
		}
	}
	if len(files) == 0 {
		return nil, refuse("the archive holds no file with content", nil)
	}
	return files, nil
}

// inMember says in which member the error is.
func inMember(m *zip.File, err error) *Error {
	return because(fmt.Sprintf("member %q", printable(m.Name)), err)
}

// member gives a function that opens one member of an archive; packed bytes of
// one member cannot be more than the archive has.
func member(m *zip.File, size, total int64) (func() (io.Reader, error), error) {
	switch {
	case m.Flags&encryptedFlag != 0:
		return nil, inMember(m, errors.New("it is encrypted; unpack it with its password and give what is in it"))
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return nil, inMember(m, fmt.Errorf("it is packed by method %d, which is not known; pack it again as a plain zip", m.Method))
	case m.CompressedSize64 > uint64(size): //nolint:gosec // no size is negative
		return nil, inMember(m, errors.New("it claims to be larger than the archive; fetch the archive again"))
	}
	packed := int64(m.CompressedSize64) //nolint:gosec // not more than size
	if limit := max(bombFloor, packed*bombRatio); m.UncompressedSize64 > uint64(limit) {
		return nil, inMember(m, tooLarge(limit, bombRatio))
	}
	return func() (io.Reader, error) {
		src, err := m.Open()
		if err != nil {
			return nil, inMember(m, err)
		}
		return newBounded(src, packed, total), nil
	}, nil
}
