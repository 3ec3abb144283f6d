package keyring

import (
	"crypto/rand"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// FileKey seals one file, in segments of 1 MiB, so that it can be written and
// read as a stream. Each file has a key of its own, which its row keeps as a
// sealed value: rotating a firm's key seals those few bytes anew and leaves
// the files alone.
type FileKey struct {
	stream *subtle.AESGCMHKDF
	bound  []byte
}

const (
	fileKeySize     = 32
	fileSegmentSize = 1 << 20
)

// NewFile makes the key of a file. The sealed form belongs into the row of
// field, as any sealed value.
func (s *Sealer) NewFile(field Field) (sealed []byte, key *FileKey, err error) {
	raw := make([]byte, fileKeySize)
	_, _ = rand.Read(raw) // it never fails: crypto/rand ends the program instead
	defer clear(raw)
	if sealed, err = s.Seal(field, raw); err != nil {
		return nil, nil, err
	}
	key, err = s.fileKey(field, raw)
	return sealed, key, err
}

// OpenFile returns the key of a file from its sealed form.
func (s *Sealer) OpenFile(field Field, sealed []byte) (*FileKey, error) {
	raw, err := s.Open(field, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return s.fileKey(field, raw)
}

func (s *Sealer) fileKey(field Field, raw []byte) (*FileKey, error) {
	stream, err := subtle.NewAESGCMHKDF(raw, "SHA256", fileKeySize, fileSegmentSize, 0)
	if err != nil {
		return nil, fmt.Errorf("key of a file: %w", err)
	}
	return &FileKey{stream, s.bound(field)}, nil
}

// Writer seals what is written to it. Close writes the last segment and leaves
// w open: a file without it does not open.
func (k *FileKey) Writer(w io.Writer) (io.WriteCloser, error) {
	return k.stream.NewEncryptingWriter(w, k.bound)
}

// Reader opens what Writer sealed. An error, also of a file that was cut,
// comes before the bytes of the segment that it concerns.
func (k *FileKey) Reader(r io.Reader) (io.Reader, error) {
	plain, err := k.stream.NewDecryptingReader(r, k.bound)
	if err != nil {
		return nil, fmt.Errorf("sealed file: %w", err)
	}
	return &fileReader{plain}, nil
}

// fileReader gives errors of opening their name.
type fileReader struct{ r io.Reader }

// Read implements io.Reader.
func (f *fileReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // readers return io.EOF as it is
		err = fmt.Errorf("sealed file: %w: %w", ErrDecrypt, err)
	}
	return n, err
}
