package keyring

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Scanner looks for private keys in what is written to it, in pieces of any
// size: the content of a file on its way. The zero Scanner is ready. Content
// of archives and workbooks must be unpacked first; give the cells of a row
// with tabs between them, because seed words may stand in a cell each.
type Scanner struct {
	hex  bool // 64 hex digits are a key too
	kind string
	from int // where it was found, in bytes of the whole
	to   int
	at   int    // how many bytes were seen
	head []byte // the first bytes
	wide wide   // how UTF-16 is read
	tok  []byte // a word that is not over
	seed seedWords
	pem  pem
}

const (
	headSize = 72   // as far as walletHead looks
	maxWord  = 4096 // longer words are looked at in parts
)

// The classes of bytes: what words are made of, and what is between them.
type class uint8

const (
	apart  class = iota // no list of words goes on across it
	loose               // may stand between the words of a list
	blank               // a space
	letter              // ASCII letters and digits
	beyond              // part of a rune beyond ASCII
)

// classOf is the class of each byte.
var classOf = func() (c [256]class) { //nolint:gochecknoglobals // a constant
	for b := range c {
		switch {
		case b >= utf8.RuneSelf:
			c[b] = beyond
		case b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			c[b] = letter
		case b == ' ':
			c[b] = blank
		case bytes.IndexByte([]byte("\t\n\r\v\f,;.:'\"|()[]{}-_/"), byte(b)) >= 0:
			c[b] = loose
		}
	}
	return c
}()

// Write implements io.Writer. It never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	n, before := len(p), len(s.head)
	s.head = append(s.head, p[:min(n, headSize-len(s.head))]...)
	if s.wide.kind == unknownWidth {
		if len(s.head) < 2 {
			return n, nil
		}
		p = append(bytes.Clone(s.head[:before]), p...) // a first byte that came alone
		s.wide.start(s.head)
	}
	if s.wide.kind != oneByte {
		p = s.wide.narrow(p)
	}
	s.scan(p)
	return n, nil
}

// Found returns what was found. It ends the text: a key may end where the
// text does.
func (s *Scanner) Found() (kind string, found bool) {
	if s.wide.kind == unknownWidth {
		s.scan(s.head)
	}
	s.endWord()
	if s.kind == "" && walletHead(s.head) {
		s.kind, s.to = KindWallet, s.at
	}
	return s.kind, s.kind != ""
}

// all scans a whole text.
func (s *Scanner) all(text string) (kind string, found bool) {
	_, _ = s.Write([]byte(text)) // it never fails
	return s.Found()
}

// over reports whether more cannot change what was found.
func (s *Scanner) over() bool { return s.kind != "" && !s.seed.growing }

func (s *Scanner) scan(p []byte) {
	for i := 0; i < len(p) && !s.over(); {
		c := classOf[p[i]]
		if c < letter {
			s.endWord()
			s.seed.between(c)
			s.pem.between(p[i])
			s.at++
			i++
			continue
		}
		j := i + 1
		for j < len(p) && classOf[p[j]] >= letter {
			j++
		}
		if room := maxWord - len(s.tok); j-i > room {
			j = i + room
		}
		s.tok = append(s.tok, p[i:j]...)
		s.at += j - i
		i = j
		if len(s.tok) >= maxWord {
			s.endWord()
		}
	}
}

// endWord looks at a word that is over.
func (s *Scanner) endWord() {
	word := s.tok
	if len(word) == 0 || s.over() {
		return
	}
	s.tok = s.tok[:0]
	at := s.at - len(word)
	if bytes.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		s.word(word, at)
		return
	}
	// Other spaces and marks than ASCII's stand between words too.
	begin := 0
	for i := 0; i < len(word); {
		r, size := utf8.DecodeRune(word[i:])
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			i += size
			continue
		}
		s.word(word[begin:i], at+begin)
		c := loose
		if unicode.IsSpace(r) {
			c = blank
		}
		s.seed.between(c)
		i += size
		begin = i
	}
	s.word(word[begin:], at+begin)
}

// word looks at one word at a place.
func (s *Scanner) word(word []byte, at int) {
	if len(word) == 0 || s.over() {
		return
	}
	if s.pem.word(word) {
		s.found(KindPEM, max(0, at-len("-----BEGIN RSA PRIVATE ")), at+len(word))
		return
	}
	if len(word) > 48 {
		s.long(word, at)
	}
	if s.seed.word(word, at) {
		s.found(KindSeedWords, s.seed.begin(), at+len(word))
	}
	if s.kind == "" && string(word) == "walletdescriptorkey" && sqliteHead(s.head) {
		s.found(KindWallet, at, at+len(word))
	}
}

// long looks at words that are as long as keys are. Letters of other scripts
// may stand right beside one.
func (s *Scanner) long(word []byte, at int) {
	for i := 0; i < len(word); {
		if word[i] >= utf8.RuneSelf {
			i++
			continue
		}
		j := i
		for j < len(word) && word[j] < utf8.RuneSelf {
			j++
		}
		if kind, ok := base58Key(word[i:j]); ok {
			s.found(kind, at+i, at+j)
		} else if s.hex && hexKey(word[i:j]) {
			s.found(KindHex, at+i, at+j)
		}
		i = j
	}
}

func (s *Scanner) found(kind string, from, to int) {
	if s.kind != "" && s.kind != kind {
		return
	}
	s.kind, s.from, s.to = kind, from, to
}

// pem recognises "-----BEGIN … PRIVATE KEY", as PEM, OpenSSH and PGP write it.
type pem struct {
	dashes int
	words  int // since BEGIN; 0 is outside of a header
	last   bool
}

func (p *pem) between(b byte) {
	switch b {
	case '-':
		p.dashes++
	case '\n', '\r':
		*p = pem{}
	case ' ':
		if p.words == 0 && p.dashes < 4 {
			p.dashes = 0 // SSH2 writes "---- BEGIN"
		}
	default:
		p.dashes = 0
	}
}

func (p *pem) word(word []byte) bool {
	begins := p.dashes >= 4 && string(word) == "BEGIN"
	p.dashes = 0
	switch {
	case begins:
		p.words, p.last = 1, false
	case p.words == 0:
	case p.last && string(word) == "KEY":
		return true
	case p.words > 5:
		*p = pem{}
	default:
		p.words++
		p.last = string(word) == "PRIVATE"
	}
	return false
}

// wide reads UTF-16, by its mark at the beginning, as far as keys go: runes
// beyond the basic plane are in no list of words.
type wide struct {
	kind width
	rest []byte
}

type width uint8

const (
	unknownWidth width = iota
	oneByte
	littleEndian
	bigEndian
)

func (w *wide) start(head []byte) {
	switch string(head[:2]) {
	case "\xff\xfe":
		w.kind = littleEndian
	case "\xfe\xff":
		w.kind = bigEndian
	default:
		w.kind = oneByte
	}
}

func (w *wide) narrow(p []byte) []byte {
	p = append(w.rest, p...)
	out := make([]byte, 0, len(p))
	for len(p) >= 2 {
		unit := rune(p[0]) | rune(p[1])<<8
		if w.kind == bigEndian {
			unit = rune(p[0])<<8 | rune(p[1])
		}
		out = utf8.AppendRune(out, unit)
		p = p[2:]
	}
	w.rest = bytes.Clone(p)
	return out
}
