package sheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"
)

const (
	// A part of a workbook is XML, which packs better than statements do, but
	// what is in it costs more time; so its bounds differ from those of a text.
	partFloor = 16 << 20
	partRatio = 100

	tokenLimit   = 4 << 20  // bytes of one tag or one run of text
	stringsLimit = 64 << 20 // memory for the texts that cells share
	stringCost   = 16       // memory of a text besides its bytes
	styleLimit   = 100_000  // cell styles; Excel itself allows 65,490
)

// workbook is an XLSX file: what its worksheets share.
type workbook struct {
	parts   map[string]*zip.File // by name in lower case
	size    int64
	total   int64
	since04 bool       // days are counted from 1904
	dates   []dateForm // by cell style

	room    int // memory left for strings
	once    sync.Once
	strings []string
	err     error
}

// worksheet is one table of a workbook.
type worksheet struct {
	book *workbook
	part string
}

// newWorkbook makes a workbook of an archive of so many bytes.
func newWorkbook(z *zip.Reader, size, total int64) *workbook {
	book := &workbook{parts: make(map[string]*zip.File, len(z.File)), size: size, total: total, room: stringsLimit}
	for _, m := range z.File {
		book.parts[strings.ToLower(strings.TrimPrefix(m.Name, "/"))] = m
	}
	return book
}

// openWorkbook gives each worksheet with content as a File.
func openWorkbook(name string, r io.ReaderAt, size int64, z *zip.Reader, lim Limits) ([]*File, error) {
	book := newWorkbook(z, size, lim.Total)
	tables, err := book.tables()
	if err != nil {
		return nil, err
	}
	if err := book.readStyles(); err != nil {
		return nil, err
	}
	whole := &digest{open: func() (io.Reader, error) { return io.NewSectionReader(r, 0, size), nil }}
	var files []*File
	for _, t := range tables {
		sheet := &worksheet{book, t.part}
		full, err := sheet.filled(lim)
		if err != nil {
			return nil, because(fmt.Sprintf("worksheet %q", printable(t.name)), err)
		}
		if full {
			files = append(files, &File{Name: name, Member: printable(t.name), lim: lim, digest: whole, sheet: sheet})
		}
	}
	if len(files) == 0 {
		return nil, refuse("the workbook has no worksheet with content", errEmpty)
	}
	return files, nil
}

// table is an entry of the list of worksheets.
type table struct{ name, id, part string }

// tables lists the worksheets in the order of the workbook.
func (b *workbook) tables() ([]table, error) {
	var list []table
	err := b.each("xl/workbook.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "sheet":
			list = append(list, table{name: attr(e, "name"), id: attrIn(e, "id")})
		case "workbookPr":
			v := attr(e, "date1904")
			b.since04 = v == "1" || v == "true"
		}
		if len(list) > 1000 {
			return errors.New("there are more than 1,000 worksheets")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	err = b.each("xl/_rels/workbook.xml.rels", func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" && strings.HasSuffix(attr(e, "Type"), "/worksheet") && attr(e, "TargetMode") != "External" {
			targets[attr(e, "Id")] = attr(e, "Target")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	kept := list[:0]
	for _, t := range list {
		target, ok := targets[t.id]
		if !ok {
			continue // a chart or a dialogue
		}
		if !strings.HasPrefix(target, "/") {
			target = "/xl/" + target
		}
		t.part = strings.TrimPrefix(path.Clean(target), "/")
		kept = append(kept, t)
	}
	return kept, nil
}

// readStyles learns which cell styles show a number as a date.
func (b *workbook) readStyles() error {
	if b.parts["xl/styles.xml"] == nil {
		return nil
	}
	codes := map[string]string{}
	within := "" // cellXfs holds the styles of cells, cellStyleXfs those of names
	return b.each("xl/styles.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			codes[attr(e, "numFmtId")] = attr(e, "formatCode")
		case "cellXfs", "cellStyleXfs", "cellStyles", "dxfs":
			within = e.Name.Local
		case "xf":
			if within != "cellXfs" {
				return nil
			}
			id := attr(e, "numFmtId")
			form := builtinForm(id)
			if code, ok := codes[id]; ok {
				form = formOf(code)
			}
			b.dates = append(b.dates, form)
		}
		if len(b.dates) > styleLimit || len(codes) > styleLimit {
			return errors.New("there are too many cell styles")
		}
		return nil
	})
}

// text gives the i-th of the texts that cells share. They are read at the
// first need and kept as long as the workbook.
func (b *workbook) text(index string) (string, error) {
	b.once.Do(func() { b.err = b.readStrings() })
	if b.err != nil {
		return "", b.err
	}
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(b.strings) {
		return "", spoiled(0, 0, "the cell refers to a text that the workbook does not have; save it again")
	}
	return b.strings[i], nil
}

func (b *workbook) readStrings() error {
	p, err := b.part("xl/sharedstrings.xml")
	if err != nil {
		return err
	}
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); !ok || e.Name.Local != "si" {
			continue
		}
		s, err := p.inner("si")
		if err != nil {
			return err
		}
		if b.room -= len(s) + stringCost; b.room < 0 {
			return refuse("the texts of the workbook are too large; save it as CSV", nil)
		}
		b.strings = append(b.strings, s)
	}
}

// each calls f with each tag that opens in a part.
func (b *workbook) each(name string, f func(xml.StartElement) error) error {
	p, err := b.part(name)
	if err != nil {
		return err
	}
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(e); err != nil {
				return because("the workbook is not usable", err)
			}
		}
	}
}

// part opens one XML file of the workbook.
func (b *workbook) part(name string) (*part, error) {
	m := b.parts[strings.ToLower(name)]
	if m == nil {
		return nil, refuse(fmt.Sprintf("the workbook lacks its part %q; save it again", printable(name)), nil)
	}
	open, err := member(m, b.size, b.total)
	if err != nil {
		return nil, err
	}
	limit := max(partFloor, int64(m.CompressedSize64)*partRatio) //nolint:gosec // member has bounded it
	if m.UncompressedSize64 > uint64(limit) {
		return nil, tooLarge(limit, partRatio)
	}
	src, err := open()
	if err != nil {
		return nil, err
	}
	p := &part{name: m.Name, src: &bounded{src, limit, limit, partRatio}}
	p.xml = xml.NewDecoder(p)
	return p, nil
}

// part reads XML piece by piece. It keeps no open tags, so that depth costs no
// memory, and it refuses what no workbook has: document types, with their
// entities, and pieces that would fill the memory.
type part struct {
	name string
	src  io.Reader
	xml  *xml.Decoder
	used int // bytes read for the piece at hand
	buf  [4096]byte
	have []byte
	err  error
}

// ReadByte implements io.ByteReader, so that the decoder reads no further than
// it must.
func (p *part) ReadByte() (byte, error) {
	for len(p.have) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		var n int
		n, p.err = p.src.Read(p.buf[:])
		p.have = p.buf[:n]
	}
	if p.used++; p.used > tokenLimit {
		return 0, refuse(fmt.Sprintf("a piece of %q is longer than %d bytes; save the file as CSV", printable(p.name), tokenLimit), nil)
	}
	c := p.have[0]
	p.have = p.have[1:]
	return c, nil
}

// Read implements io.Reader; the decoder does not use it.
func (p *part) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// next gives the next piece, or io.EOF.
func (p *part) next() (xml.Token, error) {
	p.used = 0
	t, err := p.xml.RawToken()
	var e *Error
	switch {
	case err == nil:
		if _, ok := t.(xml.Directive); ok {
			return nil, refuse(fmt.Sprintf("%q declares a document type, which no workbook does", printable(p.name)), nil)
		}
		return t, nil
	case errors.Is(err, io.EOF) || errors.As(err, &e):
		return nil, err
	}
	return nil, because(fmt.Sprintf("%q is damaged, save the file again", printable(p.name)), err)
}

// inner gives the text inside the tag that has just opened, up to its end:
// what stands in t and, in a cell, v; not what helps to pronounce it.
func (p *part) inner(end string) (string, error) {
	var b strings.Builder
	keep, skip := false, 0
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			err = refuse(fmt.Sprintf("%q ends too early; save the file again", printable(p.name)), nil)
		}
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			keep = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				skip++
			}
		case xml.EndElement:
			keep = false
			switch t.Name.Local {
			case end:
				return unescape(b.String()), nil
			case "rPh":
				skip--
			}
		case xml.CharData:
			if keep && skip == 0 {
				b.Write(t)
			}
			if b.Len() > tokenLimit {
				return "", refuse("a text of the workbook is too long; save it as CSV", nil)
			}
		}
	}
}

// attr gives an attribute without a name space, attrIn one with.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func attrIn(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// unescape turns the form _xHHHH_ in which XLSX writes characters that XML
// cannot hold into those characters.
func unescape(s string) string {
	at := strings.Index(s, "_x")
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.Index(s, "_x") {
		b.WriteString(s[:at])
		s = s[at:]
		if len(s) >= 7 && s[6] == '_' {
			if c, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
				b.WriteRune(rune(c))
				s = s[7:]
				continue
			}
		}
		b.WriteString(s[:2])
		s = s[2:]
	}
	b.WriteString(s)
	return b.String()
}
