// Package text holds the words that people read and prints numbers, money and
// dates as their locale has them. Words stand in catalogues by key; English is
// the one that is complete, and what another lacks is said in English.
package text

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed catalogue/*.json
var files embed.FS

// wording is one entry of a catalogue: a text for each plural category it
// knows; without plurals it is "other" alone.
type wording map[string]string

// UnmarshalJSON reads a text or an object of plural categories.
func (m *wording) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*m = wording{"other": one}
		return nil
	}
	var many map[string]string
	if err := json.Unmarshal(b, &many); err != nil {
		return err
	}
	if many["other"] == "" {
		return errors.New(`a message with plurals needs "other"`)
	}
	*m = many
	return nil
}

// Catalogue holds the words of all languages.
type Catalogue struct {
	tags  []language.Tag // English first
	words map[language.Tag]map[string]wording
	match language.Matcher
}

// Load reads the catalogues that are built into the program.
func Load() (*Catalogue, error) {
	c := &Catalogue{tags: []language.Tag{language.English}, words: make(map[language.Tag]map[string]wording)}
	entries, err := files.ReadDir("catalogue")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := files.ReadFile("catalogue/" + e.Name())
		if err != nil {
			return nil, err
		}
		words := make(map[string]wording)
		if err := json.Unmarshal(b, &words); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", e.Name(), err)
		}
		tag, err := language.Parse(strings.TrimSuffix(e.Name(), ".json"))
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", e.Name(), err)
		}
		c.words[tag] = words
		if tag != language.English {
			c.tags = append(c.tags, tag)
		}
	}
	c.match = language.NewMatcher(c.tags)
	return c, nil
}

// Keys lists the keys of English, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.words[language.English])) }

// For returns the printer of a locale such as "en-GB" or "de"; one that makes
// no sense is English.
func (c *Catalogue) For(locale string) *Printer {
	tag, err := language.Parse(locale)
	if err != nil {
		tag = language.English
	}
	_, i, _ := c.match.Match(tag)
	return &Printer{catalogue: c, words: c.tags[i], form: formOf(tag), region: region(tag)}
}

// Preferred returns the locale that fits an Accept-Language header best.
func (c *Catalogue) Preferred(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return language.English.String()
	}
	return tags[0].String()
}

// Printer writes for one locale.
type Printer struct {
	catalogue *Catalogue
	words     language.Tag // whose words
	form      form         // how numbers look
	region    string       // how dates look
}

// Say returns the message of a key with its {names} filled from pairs of name
// and value. If there is a pair "n" with an int, it chooses the plural. A key
// that no catalogue has is returned as it is.
func (p *Printer) Say(key string, pairs ...any) string {
	tag := p.words
	m, ok := p.catalogue.words[tag][key]
	if !ok {
		tag = language.English
		if m, ok = p.catalogue.words[tag][key]; !ok {
			return key
		}
	}
	said := m["other"]
	var fill []string
	for i := 0; i+1 < len(pairs); i += 2 {
		value := fmt.Sprint(pairs[i+1])
		if n, ok := pairs[i+1].(int); ok {
			value = p.Count(n)
			if one, ok := m[category(tag, n)]; ok && pairs[i] == "n" {
				said = one
			}
		}
		fill = append(fill, fmt.Sprintf("{%s}", pairs[i]), value)
	}
	return strings.NewReplacer(fill...).Replace(said)
}

// category is the plural category of a number.
func category(tag language.Tag, n int) string {
	switch plural.Cardinal.MatchPlural(tag, max(n, -n)%1_000_000, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	case plural.Other:
	}
	return "other"
}
