package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is the end of a chain.
type Head struct {
	Chain string
	Size  int64 // the number of its last link
	Hash  Hash  // of its last link
}

// text is what is signed of a head, in the form of a C2SP checkpoint: origin,
// size and hash.
func (h Head) text(installation string) string {
	return fmt.Sprintf("%s/%s\n%d\n%s\n", origin(installation), h.Chain, h.Size, base64.StdEncoding.EncodeToString(h.Hash[:]))
}

// Sign signs a head.
func (h Head) Sign(installation string, key ed25519.PrivateKey) []byte {
	return ed25519.Sign(key, []byte(h.text(installation)))
}

// Signed reports whether a head was signed by the key.
func (h Head) Signed(installation string, key ed25519.PublicKey, signature []byte) bool {
	return ed25519.Verify(key, []byte(h.text(installation)), signature)
}

// line is the leaf of a head in the tree of a checkpoint.
func (h Head) line() string { return fmt.Sprintf("%s %d %s", h.Chain, h.Size, h.Hash) }

// Lines returns heads as text, one a line, sorted by chain.
func Lines(heads []Head) string {
	var b strings.Builder
	for _, h := range sorted(heads) {
		b.WriteString(h.line() + "\n")
	}
	return b.String()
}

// ParseLines reads what Lines wrote.
func ParseLines(s string) ([]Head, error) {
	var heads []Head
	for line := range strings.Lines(s) {
		part := strings.Fields(line)
		if len(part) != 3 {
			return nil, fmt.Errorf("a head has chain, size and hash, not %d parts", len(part))
		}
		size, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil {
			return nil, errors.New("the size of a head is no number")
		}
		hash, err := ParseHash(part[2])
		if err != nil {
			return nil, err
		}
		heads = append(heads, Head{part[0], size, hash})
	}
	return heads, nil
}

func sorted(heads []Head) []Head {
	return slices.SortedFunc(slices.Values(heads), func(a, b Head) int { return strings.Compare(a.Chain, b.Chain) })
}

// Root returns the Merkle root of RFC 6962 over the lines of the heads.
func Root(heads []Head) Hash {
	leaves := make([]tlog.Hash, len(heads))
	for i, h := range sorted(heads) {
		leaves[i] = tlog.RecordHash([]byte(h.line()))
	}
	return Hash(merkle(leaves))
}

func merkle(leaves []tlog.Hash) tlog.Hash {
	switch len(leaves) {
	case 0:
		return tlog.Hash(sha256.Sum256(nil))
	case 1:
		return leaves[0]
	}
	half := 1
	for half*2 < len(leaves) {
		half *= 2
	}
	return tlog.NodeHash(merkle(leaves[:half]), merkle(leaves[half:]))
}

// Checkpoint is what a signed note says about the whole installation: how many
// links all chains have together, and the root over their heads.
type Checkpoint struct {
	Size   int64
	Root   Hash
	Chains int
	At     time.Time
}

// NewCheckpoint sums heads up.
func NewCheckpoint(heads []Head, at time.Time) Checkpoint {
	c := Checkpoint{Root: Root(heads), Chains: len(heads), At: at.UTC().Truncate(time.Microsecond)}
	for _, h := range heads {
		c.Size += h.Size
	}
	return c
}

// Note returns the checkpoint as a C2SP signed note: origin, size, root, and
// as extensions the number of chains and the time.
func (c Checkpoint) Note(installation string, key ed25519.PrivateKey) (string, error) {
	text := fmt.Sprintf("%s\n%d\n%s\nchains %d\ntime %s\n", origin(installation), c.Size,
		base64.StdEncoding.EncodeToString(c.Root[:]), c.Chains, c.At.Format(timeLayout))
	signed, err := note.Sign(&note.Note{Text: text}, noteKey{origin(installation), key})
	return string(signed), err
}

// OpenNote reads a checkpoint whose signature must be the key's.
func OpenNote(signed, installation string, key ed25519.PublicKey) (c Checkpoint, err error) {
	vkey, err := VerifierKey(installation, key)
	if err != nil {
		return c, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return c, err
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	line := strings.Split(n.Text, "\n")
	if len(line) != 6 || line[0] != origin(installation) {
		return c, errors.New("checkpoint: of another installation or form")
	}
	root, err := base64.StdEncoding.DecodeString(line[2])
	if err != nil || len(root) != len(c.Root) {
		return c, errors.New("checkpoint: its root is no hash")
	}
	c.Root = Hash(root)
	var at string
	if _, err := fmt.Sscanf(line[1]+" "+line[3]+" "+line[4], "%d chains %d time %s", &c.Size, &c.Chains, &at); err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	c.At, err = time.Parse(timeLayout, at)
	return c, err
}

// VerifierKey returns the public key in the form of signed notes,
// "name+hash+key", with which anybody can verify checkpoints.
func VerifierKey(installation string, key ed25519.PublicKey) (string, error) {
	return note.NewEd25519VerifierKey(origin(installation), key)
}

// origin names an installation in what is signed.
func origin(installation string) string { return "ledgersys/" + installation }

// noteKey implements note.Signer.
type noteKey struct {
	name string
	key  ed25519.PrivateKey
}

const ed25519Algorithm = 1 // of signed notes

// Name implements note.Signer.
func (k noteKey) Name() string { return k.name }

// KeyHash implements note.Signer.
func (k noteKey) KeyHash() uint32 {
	public := k.key.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(slices.Concat([]byte(k.name), []byte{'\n', ed25519Algorithm}, public))
	return binary.BigEndian.Uint32(sum[:])
}

// Sign implements note.Signer.
func (k noteKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.key, msg), nil }
