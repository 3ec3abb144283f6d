package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// answerRow is the answer to an act that was asked for under a key.
type answerRow struct {
	Key    string // a hash of actor and key
	Digest string // of the request
	At     stamp
	Answer []byte // sealed
}

// TableName implements gorm's Tabler.
func (answerRow) TableName() string { return "answers" }

// keepAnswers is how long an act can be asked for again under its key.
const keepAnswers = 7 * 24 * time.Hour

func hashed(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		n := sha256.Sum256([]byte(p))
		h.Write(n[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Answered returns the answer that an act under this key got. digest tells
// requests apart, 64 hex digits: another request under the same key is
// refused. A use case asks first and gives its Answer in the same transaction
// as the act, so that the act happens once.
func (t *tx) Answered(_ context.Context, who, key, digest string) (answer []byte, found bool, err error) {
	var row answerRow
	err = t.db.Where("key = ? and at > ?", hashed(who, key), stamp{t.Now().Add(-keepAnswers)}).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case row.Digest != digest:
		return nil, false, fault.Coded(fault.Invalid, "idempotency_key_reused", nil, "This Idempotency-Key was used for another request.")
	}
	answer, err = t.Open("answers", row.Key, "answer", row.Answer)
	return answer, err == nil, err
}

// Answer keeps the answer to an act under a key. Of two acts under one key at
// the same time the second is refused: it did not happen.
func (t *tx) Answer(_ context.Context, who, key, digest string, answer []byte) error {
	row := answerRow{Key: hashed(who, key), Digest: digest, At: stamp{t.Now()}}
	var err error
	if row.Answer, err = t.Seal("answers", row.Key, "answer", answer); err != nil {
		return err
	}
	if err := t.db.Where("key = ? and at <= ?", row.Key, stamp{t.Now().Add(-keepAnswers)}).Delete(&answerRow{}).Error; err != nil {
		return err
	}
	err = t.db.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.Coded(fault.Conflict, "in_progress", err, "The same request is being worked on.")
	}
	return err
}

// dropAnswers deletes answers that nobody may ask for any more.
func (t *tx) dropAnswers() error {
	return t.db.Where("at <= ?", stamp{t.Now().Add(-keepAnswers)}).Delete(&answerRow{}).Error
}
