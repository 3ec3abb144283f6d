package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// endless is a long run of one byte.
type endless struct {
	c     byte
	left  int
	watch func() // called at each Read, if there is one
}

// Read implements io.Reader.
func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	if e.watch != nil {
		e.watch()
	}
	n := min(len(p), e.left)
	if p = p[:n]; n > 0 {
		p[0] = e.c
	}
	for done := 1; done < n; done *= 2 {
		copy(p[done:], p[:done])
	}
	e.left -= n
	return n, nil
}

func TestLongLineIsNotKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		fill                byte
		want                string
	}{
		{"one_cell", "a,b\n", "\nc,d\n", 'x', "1 [\"a\" \"b\"]\n2:0 row is longer\n3 [\"c\" \"d\"]\n"},
		{"only_delimiters", "a,b\n", "\nc,d\n", ',', "1 [\"a\" \"b\"]\n2:0 row is longer\n3 [\"c\" \"d\"]\n"},
		{"in_quotes", "a,b\nx,\"", "\"\nc,d\n", 'x', "1 [\"a\" \"b\"]\n2:0 row is longer\n3 [\"c\" \"d\"]\n"},
		{"only_quotes", "a,b\n", "\nc,d\n", '"', "1 [\"a\" \"b\"]\n2:0 row is longer\n3 [\"c\" \"d\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			line := &endless{c: c.fill, left: 200 << 20}
			r := NewReader(io.MultiReader(strings.NewReader(c.before), line, strings.NewReader(c.after)), ',', Limits{})
			line.watch = func() {
				if len(r.buf) > 17<<20 || len(r.text) > 17<<20 {
					t.Fatalf("%d and %d bytes are held", len(r.buf), len(r.text))
				}
			}
			if got := transcript(r); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestMillionColumns(t *testing.T) {
	t.Parallel()
	for name, cell := range map[string]string{"plain": "1,", "quoted": "\"1\",", "doubled": "\"\"\"\","} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := "a\n" + strings.Repeat(cell, 1_000_000) + "\nb\n"
			if got, want := transcript(NewReader(strings.NewReader(in), ',', Limits{})), "1 [\"a\"]\n2:1001 columns\n3 [\"b\"]\n"; got != want {
				t.Errorf("got %.300s", got)
			}
		})
	}
}

// A text in which every line is broken must not take longer than its length
// explains.
func TestBrokenLinesTakeLinearTime(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"stray": "a\"b\n", "open": "\"a\n", "closed_wrongly": "\"a\"b\n", "doubled": "\"\"\"\n", "lone_cr": "\"\r", "nul": "\x00\n", "odd": "x,\",\",\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewReader(strings.NewReader(strings.Repeat(line, 4<<20/len(line))), ',', Limits{})
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					return
				}
			}
		})
	}
}

// entry is a member of an archive. If it is packed already, it claims to have so
// many bytes.
type entry struct {
	name   string
	data   string
	flags  uint16
	packed []byte
	claim  uint64
}

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Flags: e.flags}
		create, data := w.CreateHeader, []byte(e.data)
		if e.packed != nil {
			h.CompressedSize64, h.UncompressedSize64 = uint64(len(e.packed)), e.claim
			create, data = w.CreateRaw, e.packed
		}
		f, err := create(h)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZip(t *testing.T) {
	t.Parallel()
	data := archive(t,
		entry{name: "a/"}, entry{name: "a/one.csv", data: "a,b\n1,2\n"}, entry{name: "__MACOSX/a/._one.csv", data: "\x00\x05"},
		entry{name: "../../etc/two.csv", data: string(utf16Text("\uFEFFc;d\n", binary.LittleEndian))}, entry{name: ".DS_Store", data: "\x00\x00\x00\x01Bud1"},
		entry{name: `c:\three.csv`, data: "e,\xFC\n"}, entry{name: "nothing.csv"},
	)
	files, err := Open("/tmp/all.zip", bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		text, err := io.ReadAll(f.Text())
		sum, e := f.Hash()
		fmt.Fprintf(&got, "%s %s %s %q %v %v %.8x\n", f.Name, f.Member, f.Encoding(), text, err, e, sum)
	}
	want := fmt.Sprintf("one.csv a/one.csv UTF-8 \"a,b\\n1,2\\n\" <nil> <nil> %.8x\n", sha256.Sum256([]byte("a,b\n1,2\n"))) +
		fmt.Sprintf("two.csv ../../etc/two.csv UTF-16LE \"c;d\\n\" <nil> <nil> %.8x\n", sha256.Sum256(utf16Text("\uFEFFc;d\n", binary.LittleEndian))) +
		fmt.Sprintf("three.csv c:\\three.csv Windows-1252 \"e,ü\\n\" <nil> <nil> %.8x\n", sha256.Sum256([]byte("e,\xFC\n")))
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestZipRefused(t *testing.T) {
	t.Parallel()
	many := make([]entry, 201)
	for i := range many {
		many[i] = entry{name: fmt.Sprintf("%d.csv", i), data: "a,b\n"}
	}
	inner := archive(t, entry{name: "x.csv", data: "a,b\n"})
	for _, c := range []struct {
		name string
		data []byte
		lim  Limits
		want string
	}{
		{"no_members", archive(t), Limits{}, "holds no file with content"},
		{"only_empty_members", archive(t, entry{name: "x.csv"}), Limits{}, "holds no file with content"},
		{"many_members", archive(t, many...), Limits{}, "more than 200 members"},
		{"a_list_that_fills_the_memory", archive(t, entry{name: strings.Repeat("x", 65000), data: "a"}, entry{name: "y", data: "a"}), Limits{Members: 1}, "more than 1 members"},
		{"zip_in_zip", archive(t, entry{name: "x.zip", data: string(inner)}), Limits{}, "archive inside an archive"},
		{"gzip_in_zip", archive(t, entry{name: "x.gz", data: string(zipped(t, []byte("a,b")))}), Limits{}, "archive inside an archive"},
		{"encrypted", archive(t, entry{name: "x.csv", data: "a,b\n", flags: 1}), Limits{}, "member \"x.csv\": it is encrypted"},
		{"picture_in_zip", archive(t, entry{name: "x.csv", data: "a,b\n"}, entry{name: "x.png", data: "\x89PNG"}), Limits{}, "member \"x.png\": this is a picture"},
		{"open_document", archive(t, entry{name: "content.xml", data: "<x/>"}), Limits{}, "workbook of another program"},
		{"binary_workbook", archive(t, entry{name: "xl/workbook.bin", data: "x"}), Limits{}, "binary Excel workbook"},
		{"members_beyond_the_total", archive(t, entry{name: "a", data: "abcdef"}, entry{name: "b", data: "abcdef"}), Limits{Total: 10}, "unpacks to more than 10 bytes; split it"},
		{"bomb", claiming(t, 70<<20+4), Limits{}, "over 200 times its packed size, as a zip bomb does"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := refused(t, c.data, c.lim); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// packed gives a start and, behind it, so many MiB of one byte in deflate, made
// by repeating what one MiB packs to.
func packed(t *testing.T, start string, mib int) []byte {
	t.Helper()
	pack := func(s string, end func(*flate.Writer) error) []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err == nil {
			_, err = io.WriteString(w, s)
		}
		if err != nil || end(w) != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	out := pack(start, (*flate.Writer).Flush)
	out = append(out, bytes.Repeat(pack(strings.Repeat("x", 1<<20), (*flate.Writer).Flush), mib)...)
	return append(out, pack("", (*flate.Writer).Close)...)
}

// claiming packs one member of 70 MiB that claims to have so many bytes.
func claiming(t *testing.T, size uint64) []byte {
	t.Helper()
	return archive(t, entry{name: "x.csv", packed: packed(t, "a,b\n", 70), claim: size})
}

// A member that claims to be small is stopped when it is not.
func TestLyingZip(t *testing.T) {
	t.Parallel()
	for name, claim := range map[string]uint64{"small": 1000, "nothing": 0, "almost": 64 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := claiming(t, claim)
			files, err := Open("x.zip", bytes.NewReader(data), int64(len(data)), Limits{})
			if err == nil {
				_, err = io.Copy(io.Discard, files[0].Text())
			}
			var e *Error
			if !errors.As(err, &e) || e.Row {
				t.Errorf("not refused: %v", err)
			}
		})
	}
}

func TestGzipBombIsStopped(t *testing.T) {
	t.Parallel()
	data := append([]byte("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\xFF"), packed(t, "a,b\nc,d\n", 70)...)
	f := open(t, "x.csv.gz", data)
	want := "1 [\"a\" \"b\"]\n2 [\"c\" \"d\"]\n3:0 row is longer\nEND line 4: it unpacks to more than 67108864 bytes, over 200 times its packed size"
	if got := rowsOf(t, f); !strings.HasPrefix(got, want) {
		t.Errorf("got %.300q", got)
	}
}

// A directory that repeats one member would make each of its bytes count many times.
func TestOverlappingMembersAreRefused(t *testing.T) {
	t.Parallel()
	one := archive(t, entry{name: "x.csv", data: string(statement(2000, ""))})
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	start := int(binary.LittleEndian.Uint32(one[end+16:]))
	list := one[start:end]
	const n = 100
	out := append(append([]byte(nil), one[:start]...), bytes.Repeat(list, n)...)
	tail := append([]byte(nil), one[end:]...)
	binary.LittleEndian.PutUint16(tail[8:], n)
	binary.LittleEndian.PutUint16(tail[10:], n)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(list)*n))
	if got := refused(t, append(out, tail...), Limits{}); !strings.Contains(got, "overlap") {
		t.Errorf("got %q", got)
	}
}

func TestListOfMembersIsBounded(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 4_500 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%01000d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := refused(t, b.Bytes(), Limits{}); !strings.Contains(got, "more than 200 members") {
		t.Errorf("got %q", got)
	}
}
