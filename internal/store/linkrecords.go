package store

import (
	"encoding/hex"
	"encoding/json"
	"iter"
	"time"
	"unique"

	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// linkRecordRow is a record of an exchange. Its name at the exchange may hold the
// hash of a transaction or an amount: ID is a keyed hash of it, and the name is
// sealed with the rest.
type linkRecordRow struct {
	LinkID   key
	Stream   string
	ID       string
	At       stamp
	Endpoint string
	Digest   string
	Sealed   []byte
	Keyed    bool // ID and Digest are keyed hashes; until 0027 they were not
}

// TableName implements gorm's Tabler.
func (linkRecordRow) TableName() string { return "link_records" }

// linkRecord is a record as it is sealed.
type linkRecord struct {
	ID      string          `json:"id,omitempty"`
	Raw     json.RawMessage `json:"raw"`
	Context string          `json:"context,omitempty"`
	At      time.Time       `json:"at"` // with all its digits
}

func recordName(id key, stream, record string) string {
	return tenant.ID(id).String() + "/" + stream + "/" + record
}

// recordRow seals a record of a link.
func (t linkTx) recordRow(id tenant.ID, r *exchange.Record) (linkRecordRow, error) {
	plain, err := json.Marshal(linkRecord{r.ID, r.Raw, r.Context, r.Time})
	if err != nil {
		return linkRecordRow{}, err
	}
	name, err := t.LookUp("link_records", "id", []byte(r.ID))
	if err != nil {
		return linkRecordRow{}, err
	}
	said := plain
	if r.Steady != nil {
		if said, err = json.Marshal(linkRecord{r.ID, r.Steady, r.Context, r.Time}); err != nil {
			return linkRecordRow{}, err
		}
	}
	digest, err := t.LookUp("link_records", "digest", said)
	if err != nil {
		return linkRecordRow{}, err
	}
	row := linkRecordRow{
		LinkID: key(id), Stream: r.Stream, ID: hex.EncodeToString(name), At: stamp{r.Time}, Endpoint: r.Endpoint, Digest: hex.EncodeToString(digest), Keyed: true,
	}
	row.Sealed, err = t.Seal("link_records", recordName(key(id), r.Stream, row.ID), "sealed", plain)
	return row, err
}

// AddRecords implements link.Tx.
func (t linkTx) AddRecords(id tenant.ID, list []exchange.Record) (added, changed int, err error) {
	if err := t.rekey(id); err != nil {
		return 0, 0, err
	}
	rows := make([]linkRecordRow, len(list))
	for i := range list {
		if rows[i], err = t.recordRow(id, &list[i]); err != nil {
			return 0, 0, err
		}
	}
	const atOnce = 200
	for from := 0; from < len(rows); from += atOnce {
		part := rows[from:min(from+atOnce, len(rows))]
		n, other, err := t.addRecords(part)
		if err != nil {
			return 0, 0, err
		}
		added, changed = added+n, changed+other
	}
	return added, changed, nil
}

// rekey gives the records of a link that were kept before names were hashed
// their hashed ones.
func (t linkTx) rekey(id tenant.ID) error {
	const atOnce = 200
	for {
		var old []linkRecordRow
		if err := t.db.Where("link_id = ? and not keyed", key(id)).Limit(atOnce).Find(&old).Error; err != nil || len(old) == 0 {
			return err
		}
		rows := make([]linkRecordRow, len(old))
		for i := range old {
			r, err := t.record(&old[i])
			if err != nil {
				return err
			}
			if rows[i], err = t.recordRow(id, &r); err != nil {
				return err
			}
			if err := t.db.Where("link_id = ? and stream = ? and id = ?", key(id), r.Stream, r.ID).Delete(&linkRecordRow{}).Error; err != nil {
				return err
			}
		}
		if err := t.db.Create(&rows).Error; err != nil {
			return err
		}
	}
}

// addRecords keeps what is new of a part of a page.
func (t linkTx) addRecords(part []linkRecordRow) (added, changed int, err error) {
	r := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&part)
	if r.Error != nil || int(r.RowsAffected) == len(part) {
		return int(r.RowsAffected), 0, r.Error
	}
	ids := make([]string, len(part))
	sums := make(map[string]string, len(part))
	for i := range part {
		ids[i], sums[part[i].Stream+"/"+part[i].ID] = part[i].ID, part[i].Digest
	}
	var kept []linkRecordRow
	err = t.db.Select("Stream", "ID", "Digest").Where("link_id = ? and stream = ? and id in ?", part[0].LinkID, part[0].Stream, ids).Find(&kept).Error
	for _, k := range kept {
		if sums[k.Stream+"/"+k.ID] != k.Digest {
			changed++
		}
	}
	return int(r.RowsAffected), changed, err
}

// Records implements link.Tx.
func (t linkTx) Records(id tenant.ID) iter.Seq2[exchange.Record, error] {
	return func(yield func(exchange.Record, error) bool) {
		const atOnce = 2000
		for after := (linkRecordRow{}); ; {
			var rows []linkRecordRow
			err := t.db.Where("link_id = ? and (stream > ? or stream = ? and id > ?)", key(id), after.Stream, after.Stream, after.ID).
				Order("stream, id").Limit(atOnce).Find(&rows).Error
			if err != nil {
				yield(exchange.Record{}, err)
				return
			}
			for i := range rows {
				if r, err := t.record(&rows[i]); !yield(r, err) || err != nil {
					return
				}
			}
			if len(rows) < atOnce {
				return
			}
			after = rows[len(rows)-1]
		}
	}
}

func (t linkTx) record(r *linkRecordRow) (exchange.Record, error) {
	var p linkRecord
	if err := t.openJSON("link_records", recordName(r.LinkID, r.Stream, r.ID), "sealed", r.Sealed, &p); err != nil {
		return exchange.Record{}, err
	}
	name := p.ID
	if !r.Keyed {
		name = r.ID
	}
	stream, endpoint := unique.Make(r.Stream).Value(), unique.Make(r.Endpoint).Value() // there are few: no copy for each record
	return exchange.Record{Stream: stream, Endpoint: endpoint, ID: name, Time: p.At, Raw: p.Raw, Context: p.Context}, nil
}
