package keyring

import (
	"crypto/sha256"
	_ "embed" // the one list that go-bip39 leaves out
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tyler-smith/go-bip39/wordlists"
	"golang.org/x/text/unicode/norm"
)

//go:embed words/portuguese.txt
var portuguese string

const languages = 10

// wordPlace is where a word stands in one of the lists.
type wordPlace struct {
	language uint8
	index    uint16
}

// seedLists holds all words of the ten lists of BIP-39, folded. It is built
// when it is first needed.
var seedLists = sync.OnceValue(func() map[string][]wordPlace { //nolint:gochecknoglobals // a constant
	all := make(map[string][]wordPlace, languages*2048)
	for l, list := range [languages][]string{
		wordlists.English, wordlists.Japanese, wordlists.Korean, wordlists.Spanish, wordlists.ChineseSimplified,
		wordlists.ChineseTraditional, wordlists.French, wordlists.Italian, wordlists.Czech, strings.Fields(portuguese),
	} {
		for i, word := range list {
			key := fold(word)
			all[key] = append(all[key], wordPlace{uint8(l), uint16(i)})
		}
	}
	return all
})

// seedPlaces returns where a word stands in the lists, nil if in none.
func seedPlaces(word []byte) []wordPlace {
	if len(word) > longestWord {
		return nil
	}
	var lower [longestLatin]byte
	for i, b := range word {
		switch {
		case b >= utf8.RuneSelf:
			return seedLists()[fold(string(word))]
		case i == longestLatin || b <= '9':
			return nil
		}
		lower[i] = b | 0x20
	}
	return seedLists()[string(lower[:len(word)])]
}

// fold makes one form of all ways to write a word: capitals, composed
// letters, accents of Latin letters that people leave out.
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r < 0x370 {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(word)))
}

// The lengths that a list of seed words can have, and the longest word in
// bytes: in ASCII, and in Korean with its letters taken apart.
const (
	fewestWords, mostWords = 12, 24
	longestLatin           = 12
	longestWord            = 60
)

// gap is what stands between two words.
type gap uint8

const (
	onlyBlanks gap = iota
	separators     // commas, line ends, a number of the list
	noList         // what does not stand inside a list
)

// seedWords follows the words of a text and finds lists with the right
// checksum. Where only blanks stand between the words that is enough; where
// they stand in cells or lines of their own, most must differ, because a
// column of a statement says the same few words again and again.
type seedWords struct {
	gap     gap
	numbers int  // since the last word
	n       int  // words seen in a row
	growing bool // a list was found and may go on
	gaps    [mostWords]gap
	at      [mostWords]int
	lists   [languages]run
}

// run is how long the words stand in one list.
type run struct {
	n     int
	first int // where the first one begins
	index [mostWords]uint16
}

func (w *seedWords) between(c class) {
	switch c {
	case blank:
	case loose:
		w.gap = max(w.gap, separators)
	default:
		w.gap = noList
	}
}

// begin returns where the longest list that was found begins.
func (w *seedWords) begin() int {
	from := -1
	for _, r := range w.lists {
		if r.n >= fewestWords && (from < 0 || r.first < from) {
			from = r.first
		}
	}
	return from
}

// word takes the next word and reports whether a list ends with it.
func (w *seedWords) word(word []byte, at int) bool {
	if len(word) <= 2 && number(word) {
		if w.numbers++; w.numbers > 1 {
			w.gap = noList
		}
		w.gap = max(w.gap, separators)
		return false
	}
	if w.gap == noList {
		w.reset()
	}
	places := seedPlaces(word)
	before := w.gap
	w.gap, w.numbers = onlyBlanks, 0
	if len(places) == 0 {
		w.reset()
		return false
	}
	w.gaps[w.n%mostWords], w.at[w.n%mostWords] = before, at
	found := false
	var in [languages]bool
	for _, p := range places {
		r := &w.lists[p.language]
		if r.n == 0 {
			r.first = at
		}
		r.index[w.n%mostWords] = p.index
		r.n++
		in[p.language] = true
	}
	for l := range w.lists {
		if !in[l] {
			w.lists[l].n = 0
		}
	}
	w.n++
	if w.growing {
		return true
	}
	for l := range w.lists {
		found = found || w.lists[l].n >= fewestWords && w.ends(&w.lists[l])
	}
	w.growing = found
	return found
}

func (w *seedWords) reset() {
	w.n, w.growing = 0, false
	for l := range w.lists {
		w.lists[l].n = 0
	}
}

// ends reports whether a list of some length ends with the last word.
func (w *seedWords) ends(r *run) bool {
	for n := fewestWords; n <= min(r.n, mostWords); n += 3 {
		var list [mostWords]uint16
		strict := true
		for i := range n {
			at := (w.n - n + i) % mostWords
			// #nosec G602 -- the bound was checked
			list[i] = r.index[at]
			strict = strict && (i == 0 || w.gaps[at] == onlyBlanks)
		}
		if checksum(list[:n]) && (strict || different(list[:n]) >= n*3/4) {
			return true
		}
	}
	return false
}

// checksum reports whether the last bits of a list are the hash of the rest.
func checksum(list []uint16) bool {
	var bits [(mostWords*11 + 7) / 8]byte
	for i, index := range list {
		for b := range 11 {
			if index>>(10-b)&1 == 1 {
				at := i*11 + b
				bits[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	check := len(list) / 3
	size := (len(list)*11 - check) / 8
	sum := sha256.Sum256(bits[:size])
	return sum[0]>>(8-check) == bits[size]>>(8-check)
}

func different(list []uint16) int {
	seen := make(map[uint16]bool, len(list))
	for _, i := range list {
		seen[i] = true
	}
	return len(seen)
}

func number(word []byte) bool {
	for _, b := range word {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
