package session

import "sync/atomic"

// CountHashes counts each password that is hashed, whatever comes of it.
func (s *Service) CountHashes(n *atomic.Int64) {
	hash, compare := s.hasher.make, s.hasher.compare
	s.hasher.make = func(password []byte, cost int) ([]byte, error) { n.Add(1); return hash(password, cost) }
	s.hasher.compare = func(kept, password []byte) error { n.Add(1); return compare(kept, password) }
}
