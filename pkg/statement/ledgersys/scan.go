package ledgersys

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// scanner finds the values of a JSON text without looking into them: a value
// ends where its quotes and brackets close. What a value says is read later,
// one by one, so that a broken one costs no other, and a long one no memory.
type scanner struct {
	data []byte
	at   int
}

// fault is an error at the place that was reached.
func (s *scanner) fault(what string) error {
	before := s.data[:min(s.at, len(s.data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%w: line %d, column %d: %s", ErrJSON, line, column, what)
}

// next passes over blanks and returns the byte that follows, 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take passes over one byte if it is the one that has to follow.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// object reads an object: each is called at the value of each key.
func (s *scanner) object(each func(key string) error) error {
	if !s.take('{') {
		return s.fault("it does not begin with {")
	}
	if s.take('}') {
		return nil
	}
	for {
		if s.next() != '"' {
			return s.fault("a key in quotes was expected")
		}
		start := s.at
		raw, err := s.value()
		if err != nil {
			return err
		}
		var key string
		if err := json.Unmarshal(raw, &key); err != nil {
			s.at = start
			return s.fault("the key is not text")
		}
		if !s.take(':') {
			return s.fault("a colon was expected behind the key")
		}
		if err := each(key); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.fault("a comma or the closing } was expected")
		}
	}
}

// list reads a list: each is called at each element.
func (s *scanner) list(each func() error) error {
	if !s.take('[') {
		return s.fault("\"events\" is not a list")
	}
	if s.take(']') {
		return nil
	}
	for {
		s.next()
		if err := each(); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.fault("a comma or the closing ] was expected behind an event")
		}
	}
}

// value passes over one value and returns its text.
func (s *scanner) value() ([]byte, error) {
	first := s.next()
	start := s.at
	switch first {
	case '{', '[':
		if !s.brackets() {
			s.at = start
			return nil, s.fault("the bracket that opens here is never closed")
		}
	case '"':
		if !s.quoted() {
			s.at = start
			return nil, s.fault("the quote that opens here is never closed")
		}
	default:
		for s.at < len(s.data) && bytes.IndexByte([]byte(" \t\r\n,:]}"), s.data[s.at]) < 0 {
			s.at++
		}
		if s.at == start {
			return nil, s.fault("a value was expected")
		}
	}
	return s.data[start:s.at:s.at], nil
}

// quoted passes over a text in quotes.
func (s *scanner) quoted() bool {
	for s.at++; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '"':
			s.at++
			return true
		case '\\':
			s.at++
		}
	}
	return false
}

// brackets passes over an object or a list.
func (s *scanner) brackets() bool {
	for depth := 0; s.at < len(s.data); {
		switch s.data[s.at] {
		case '"':
			if !s.quoted() {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.at++
				return true
			}
		}
		s.at++
	}
	return false
}
