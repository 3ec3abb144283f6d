package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// checkpointRow is a signed checkpoint.
type checkpointRow struct {
	ID    int64
	At    stamp
	Note  string
	Heads string // of the last ones only
}

// TableName implements gorm's Tabler.
func (checkpointRow) TableName() string { return "checkpoints" }

// keepHeads is of how many checkpoints the heads are kept.
const keepHeads = 3

// logName is the file to which every checkpoint is appended, outside of any
// database.
const logName = "checkpoints.log"

// errLog is the error of a file of checkpoints that nobody wrote like this.
var errLog = errors.New("store: " + logName + " cannot be read")

// logLine is one checkpoint in that file.
type logLine struct {
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// Checkpoint signs the ends of all chains and the root over them, keeps that
// in the control database and appends it to checkpoints.log.
func (s *Store) Checkpoint(ctx context.Context) (note string, err error) {
	if err := s.heads.flush(ctx); err != nil {
		return "", err
	}
	s.heads.mu.Lock()
	s.heads.moved, s.heads.made = false, s.now()
	s.heads.mu.Unlock()
	key, err := s.signer(ctx)
	if err != nil {
		return "", err
	}
	var row checkpointRow
	err = s.Control(ctx, func(t *ControlTx) error {
		var rows []headRow
		if err := t.db.Order("chain").Find(&rows).Error; err != nil {
			return err
		}
		all := make([]audit.Head, len(rows))
		for i, r := range rows {
			if all[i], err = r.head(); err != nil {
				return err
			}
		}
		if note, err = audit.NewCheckpoint(all, t.Now()).Note(s.id, key); err != nil {
			return err
		}
		var last int64
		if err := t.db.Model(&checkpointRow{}).Select("coalesce(max(id), 0)").Scan(&last).Error; err != nil {
			return err
		}
		row = checkpointRow{last + 1, stamp{t.Now()}, note, audit.Lines(all)}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
		return t.db.Model(&checkpointRow{}).Where("id <= ? and heads <> ''", row.ID-keepHeads).Update("heads", "").Error
	})
	if err != nil {
		return "", err
	}
	return note, s.appendLog(row)
}

// checkpointSoon makes a checkpoint if chains grew and the last one is older
// than age.
func (s *Store) checkpointSoon(ctx context.Context, age time.Duration) error {
	if s.keys == nil {
		return nil
	}
	s.heads.mu.Lock()
	due := s.heads.moved && s.now().Sub(s.heads.made).Abs() >= age
	s.heads.mu.Unlock()
	if !due {
		return nil
	}
	_, err := s.Checkpoint(ctx)
	return err
}

// appendLog appends a checkpoint to the file, before it those that a process
// that died left out, and sees that it is on the disk.
func (s *Store) appendLog(row checkpointRow) (err error) {
	if s.dir == "" {
		return nil
	}
	line, err := json.Marshal(logLine{row.At.Time, row.Note})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, logName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.Sync()
}

// readLog reads the checkpoints of the file; none is no error.
func (s *Store) readLog() (notes []string, there bool, err error) {
	if s.dir == "" {
		return nil, false, nil
	}
	f, err := os.Open(filepath.Join(s.dir, logName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := bufio.NewScanner(f)
	for in.Scan() {
		var l logLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			return nil, true, fmt.Errorf("%w: line %d", errLog, len(notes)+1)
		}
		notes = append(notes, l.Note)
	}
	return notes, true, in.Err()
}

// LastCheckpoint returns the newest signed checkpoint, for anybody.
func (s *Store) LastCheckpoint(ctx context.Context) (note string, err error) {
	var row checkpointRow
	err = s.ReadControl(ctx, func(t *ControlTx) error { return t.db.Order("id desc").Limit(1).Take(&row).Error })
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", fault.New(fault.NotFound, err, "There is no checkpoint yet.")
	}
	return row.Note, err
}

// VerifierKey returns the public key of checkpoints, as signed notes write it.
func (s *Store) VerifierKey(ctx context.Context) (string, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return "", err
	}
	return audit.VerifierKey(s.id, publicOf(key))
}
