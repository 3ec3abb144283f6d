package statement

import "strings"

// Header is a header row with its names made comparable.
type Header struct {
	Line  int
	Names []string // lower case, without byte order marks, with single blanks
	Raw   []string // as the file has them, without blanks around
}

// NewHeader prepares the names of a row.
func NewHeader(r Row) Header {
	h := Header{Line: r.Line, Names: make([]string, len(r.Cells)), Raw: make([]string, len(r.Cells))}
	for i, c := range r.Cells {
		h.Raw[i] = trim(c)
		h.Names[i] = Fold(c)
	}
	return h
}

// Fold makes a name or a type word comparable: no byte order mark, no-break
// blanks as blanks, blanks single and none around, lower case.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\ufeff', '\u200b':
			return -1
		case '\u00a0', '\u202f', '\t':
			return ' '
		}
		return r
	}, s)
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// Index returns the first column of that name (in folded form), or -1.
func (h Header) Index(name string) int {
	for i, n := range h.Names {
		if n == name {
			return i
		}
	}
	return -1
}

// Nth returns the n-th column of that name, 0 the first, or -1: some exports
// repeat a name.
func (h Header) Nth(name string, n int) int {
	for i, x := range h.Names {
		if x == name {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return -1
}

// Find returns the first column whose name starts with prefix and ends with
// suffix, and what stands between: some exports put a currency or an asset
// into the name. It returns -1 if there is none.
func (h Header) Find(prefix, suffix string) (column int, between string) {
	for i, n := range h.Names {
		if len(n) >= len(prefix)+len(suffix) && strings.HasPrefix(n, prefix) && strings.HasSuffix(n, suffix) {
			return i, strings.TrimSpace(n[len(prefix) : len(n)-len(suffix)])
		}
	}
	return -1, ""
}

// Has reports whether every name (in folded form) is a column.
func (h Header) Has(names ...string) bool {
	for _, n := range names {
		if h.Index(n) < 0 {
			return false
		}
	}
	return true
}

// Is reports whether the columns are exactly these names in this order;
// columns without a name at the end do not count.
func (h Header) Is(names ...string) bool {
	n := len(h.Names)
	for n > len(names) && h.Names[n-1] == "" {
		n--
	}
	if n != len(names) {
		return false
	}
	for i := range names {
		if h.Names[i] != names[i] {
			return false
		}
	}
	return true
}

// Duplicate returns a name that stands twice, or "".
func (h Header) Duplicate() string {
	seen := make(map[string]bool, len(h.Names))
	for _, n := range h.Names {
		if n != "" && seen[n] {
			return n
		}
		seen[n] = true
	}
	return ""
}

// trim drops blanks, no-break blanks and byte order marks around s. It is
// quick for the usual cell that has none.
func trim(s string) string {
	if s == "" {
		return s
	}
	if a, z := s[0], s[len(s)-1]; a > ' ' && a < 0x7f && z > ' ' && z < 0x7f {
		return s
	}
	return strings.Trim(s, " \t\r\n\u00a0\u202f\ufeff\u200b")
}
