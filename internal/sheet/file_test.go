package sheet

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// open opens bytes as a file that must hold one table.
func open(t *testing.T, name string, data []byte) *File {
	t.Helper()
	files, err := Open(name, bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	if len(files) != 1 {
		t.Fatalf("open %s: %d tables", name, len(files))
	}
	return files[0]
}

// refused gives the reason for which bytes are refused.
func refused(t *testing.T, data []byte, lim Limits) string {
	t.Helper()
	_, err := Open("x.csv", bytes.NewReader(data), int64(len(data)), lim)
	var e *Error
	if !errors.As(err, &e) || e.Row {
		t.Fatalf("not refused as it should be: %v", err)
	}
	return e.Reason
}

func rowsOf(t *testing.T, f *File) string {
	t.Helper()
	r, err := f.Rows(',')
	if err != nil {
		t.Fatal(err)
	}
	return transcript(r)
}

func utf16Text(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, c)
	}
	return b
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "Währung,Betrag\nEUR,\"1,50 €\"\n"
	const want = "1 [\"Währung\" \"Betrag\"]\n2 [\"EUR\" \"1,50 €\"]\n"
	ascii := strings.Repeat("a,b,c\n", 100_000) // the coding shows late
	for _, c := range []struct{ name, in, encoding, want string }{
		{"utf8", text, "UTF-8", want},
		{"utf8_with_mark", "\xEF\xBB\xBF" + text, "UTF-8", want},
		{"utf16_little_with_mark", string(utf16Text("\uFEFF"+text, binary.LittleEndian)), "UTF-16LE", want},
		{"utf16_big_with_mark", string(utf16Text("\uFEFF"+text, binary.BigEndian)), "UTF-16BE", want},
		{"utf16_little_without_mark", string(utf16Text(text, binary.LittleEndian)), "UTF-16LE", want},
		{"utf16_big_without_mark", string(utf16Text(text, binary.BigEndian)), "UTF-16BE", want},
		{"windows_1252", "W\xE4hrung,Betrag\nEUR,\"1,50 \x80\"\n", "Windows-1252", want},
		{"windows_1252_in_the_last_byte", "a,caf\xE9", "Windows-1252", "1 [\"a\" \"café\"]\n"},
		{"ascii", "a,b\n", "UTF-8", "1 [\"a\" \"b\"]\n"},
		{"windows_1252_behind_much_ascii", ascii + "\x80,b\n\xFC", "Windows-1252", "100001 [\"€\" \"b\"]\n100002 [\"ü\"]\n"},
		{"utf8_behind_much_ascii", ascii + "€,b", "UTF-8", "100001 [\"€\" \"b\"]\n"},
		{"utf8_with_one_broken_byte", "ä,ö\nü,\xFF\né\n", "UTF-8", "1 [\"ä\" \"ö\"]\n2:2 UTF-8\n3 [\"é\"]\n"},
		{"utf8_with_mark_and_broken_byte", "\xEF\xBB\xBFa\n\xFF\nb", "UTF-8", "1 [\"a\"]\n2:1 UTF-8\n3 [\"b\"]\n"},
		{"utf8_cut_where_the_coding_is_decided", strings.Repeat("é", 5000) + "\n", "UTF-8", "1 [\"" + strings.Repeat("é", 5000) + "\"]\n"},
		{"utf8_with_nul", "a\n\x00\nb", "UTF-8", "1 [\"a\"]\n2:1 NUL\n3 [\"b\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for name, data := range map[string][]byte{"plain": []byte(c.in), "gzip": zipped(t, []byte(c.in))} {
				f := open(t, "x.csv", data)
				got := strings.TrimPrefix(rowsOf(t, f), strings.Join(asciiRows(c.in), ""))
				if got != c.want || f.Encoding() != c.encoding {
					t.Errorf("%s: %s, got\n%.500swant %s\n%.500s", name, f.Encoding(), got, c.encoding, c.want)
				}
				if again := rowsOf(t, f); !strings.HasSuffix(again, got) {
					t.Errorf("%s: the second reading differs: %.500s", name, again)
				}
				sum, err := f.Hash()
				if err != nil || sum != sha256.Sum256([]byte(c.in)) {
					t.Errorf("%s: hash %x %v", name, sum, err)
				}
			}
		})
	}
}

// asciiRows gives the rows of the filler of TestEncodings.
func asciiRows(in string) []string {
	if !strings.HasPrefix(in, "a,b,c\n") {
		return nil
	}
	var rows []string
	for i := range 100_000 {
		rows = append(rows, fmt.Sprintf("%d [\"a\" \"b\" \"c\"]\n", i+1))
	}
	return rows
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tar := make([]byte, 1024)
	copy(tar, "x.csv")
	copy(tar[257:], "ustar")
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"only_a_mark", "\xEF\xBB\xBF", "the file is empty"},
		{"only_a_mark_of_utf16", "\xFF\xFE", "the file is empty"},
		{"only_line_ends", "\r\n \n\t\n", "the file is empty"},
		{"gzip_of_nothing", string(zipped(t, nil)), "the file is empty"},
		{"gzip_in_gzip", string(zipped(t, zipped(t, []byte("a,b\n")))), "archive inside an archive"},
		{"zip_in_gzip", string(zipped(t, []byte("PK\x03\x04...."))), "archive inside an archive"},
		{"broken_gzip", "\x1F\x8Bxxxxxxxxxxxx", "the gzip file is damaged"},
		{"broken_zip", "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxx", "the zip archive is damaged"},
		{"pdf", "%PDF-1.7\n...", "this is a PDF"},
		{"old_excel", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "password-protected Excel"},
		{"picture", "\x89PNG\r\n\x1a\n", "this is a picture"},
		{"tar", string(tar), "this is a tar archive"},
		{"bzip2", "BZh91AY&SYxxxx", "this is a bzip2 archive"},
		{"binary", strings.Repeat("\x00\x01\x02\x03abc\x04", 100), "this is not a text"},
		{"zeros", strings.Repeat("\x00", 10_000), "this is not a text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := refused(t, []byte(c.in), Limits{}); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTruncatedGzipGivesWhatIsThere(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&in, "%d,%d\n", i, i*7919%10007)
	}
	data := zipped(t, []byte(in.String()))
	f := open(t, "x.csv.gz", data[:len(data)/2])
	got := rowsOf(t, f)
	if !strings.HasPrefix(got, "1 [\"0\" \"0\"]\n2 [\"1\" ") || !strings.Contains(got, "END line ") || !strings.Contains(got, "the archive is damaged") {
		t.Errorf("got %.100s … %s", got, got[len(got)-100:])
	}
	if _, err := f.Hash(); err == nil {
		t.Error("half a file has a hash")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"kraken.csv": "kraken.csv", "/home/me/kraken.csv": "kraken.csv", `C:\Users\me\kraken.csv`: "kraken.csv",
		"../../etc/passwd": "passwd", "a\nb.csv": "a\uFFFDb.csv", "x\xff.csv": "x\uFFFD.csv", "": "", "/": "",
	} {
		if got := baseName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHeadIsTheStartOfText(t *testing.T) {
	t.Parallel()
	f := open(t, "x.csv", utf16Text("\uFEFFGröße,b\nc,d\n", binary.LittleEndian))
	if got := string(f.Head(9)); got != "Größe,"+"b" {
		t.Errorf("got %q", got)
	}
	if got := string(f.Head(1000)); got != "Größe,b\nc,d\n" {
		t.Errorf("got %q", got)
	}
	all, err := io.ReadAll(f.Text())
	if err != nil || string(all) != "Größe,b\nc,d\n" {
		t.Errorf("got %q %v", all, err)
	}
	if f.Sheet() {
		t.Error("a text is no worksheet")
	}
}

func TestRowsRefusesWhatCannotSeparate(t *testing.T) {
	t.Parallel()
	f := open(t, "x.csv", []byte("a,b\n"))
	for _, comma := range []byte{'"', '\n', '\r', 0, 0xC3} {
		if _, err := f.Rows(comma); err == nil {
			t.Errorf("%q separates", comma)
		}
	}
	for _, comma := range Delimiters() {
		if _, err := f.Rows(comma); err != nil {
			t.Errorf("%q: %v", comma, err)
		}
	}
}

// counting counts the bytes that are read from it.
type counting struct {
	*bytes.Reader
	mu sync.Mutex
	n  int
}

// ReadAt implements io.ReaderAt.
func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(p, at)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	return n, err
}

func TestHashCostsNoSecondPass(t *testing.T) {
	t.Parallel()
	data := statement(20_000, "")
	src := &counting{Reader: bytes.NewReader(data)}
	files, err := Open("x.csv", src, int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range files[0].Batches(',', 0) {
		if err != nil {
			t.Fatal(err)
		}
	}
	sum, err := files[0].Hash()
	if err != nil || sum != sha256.Sum256(data) {
		t.Errorf("hash %x %v", sum, err)
	}
	if over := src.n - len(data); over > 2*headSize {
		t.Errorf("%d bytes were read beyond one pass", over)
	}
}

func TestFileIsReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	data := append(statement(2000, ""), "\xFC\n"...)
	f := open(t, "x.csv", data)
	want := rowsOf(t, open(t, "x.csv", data))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got := rowsOf(t, f); got != want {
				t.Error("the readings differ")
			}
			if sum, err := f.Hash(); err != nil || sum != sha256.Sum256(data) {
				t.Errorf("hash %x %v", sum, err)
			}
			_ = f.Encoding()
		})
	}
	all.Wait()
	if f.Encoding() != "Windows-1252" {
		t.Error(f.Encoding())
	}
}
