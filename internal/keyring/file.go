package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// FileKey seals one file as a stream, in segments of 1 MiB, so that it can be
// written and read piece by piece; no segment can be changed, moved or cut
// off. Each file has a key of its own, which its row keeps as a sealed value:
// rotating the owner's key seals those few bytes anew and leaves files alone.
type FileKey struct {
	stream *subtle.AESGCMHKDF
	bound  []byte
}

const (
	fileKeySize     = 32
	fileSegmentSize = 1 << 20
)

// NewFileKey returns the bytes of a new key, which belong into a sealed column.
func NewFileKey() []byte {
	raw := make([]byte, fileKeySize)
	_, _ = rand.Read(raw) // it never fails: crypto/rand ends the program instead
	return raw
}

// OpenFileKey makes a key usable for the file of that name.
func OpenFileKey(raw []byte, name string) (*FileKey, error) {
	stream, err := subtle.NewAESGCMHKDF(raw, "SHA256", fileKeySize, fileSegmentSize, 0)
	if err != nil {
		return nil, fmt.Errorf("key of a file: %w", err)
	}
	return &FileKey{stream, parts("ledgersys file", name)}, nil
}

// Writer seals what is written to it. Close writes the last segment and leaves
// w open: a file without it does not open.
func (k *FileKey) Writer(w io.Writer) (io.WriteCloser, error) {
	return k.stream.NewEncryptingWriter(w, k.bound)
}

// Reader opens what Writer sealed. The bytes of a segment come only after it
// was verified.
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
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("sealed file: %w: %w", ErrDecrypt, err)
	}
	return n, err
}
