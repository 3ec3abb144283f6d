package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// AddPlainRecords keeps records as they were kept before their names were hashed.
func AddPlainRecords(in link.Tx, id tenant.ID, list []exchange.Record) error {
	t := in.(linkTx)
	for i := range list {
		r := &list[i]
		plain, err := json.Marshal(linkRecord{"", r.Raw, r.Context, r.Time})
		if err != nil {
			return err
		}
		digest := sha256.Sum256(plain)
		row := linkRecordRow{LinkID: key(id), Stream: r.Stream, ID: r.ID, At: stamp{r.Time}, Endpoint: r.Endpoint, Digest: hex.EncodeToString(digest[:])}
		if row.Sealed, err = t.Seal("link_records", recordName(key(id), r.Stream, r.ID), "sealed", plain); err != nil {
			return err
		}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
	}
	return nil
}

// RecordNames returns how the records of a link are named in the table.
func RecordNames(in link.Tx, id tenant.ID) (names []string, err error) {
	t := in.(linkTx)
	return names, t.db.Model(&linkRecordRow{}).Where("link_id = ?", key(id)).Pluck("id", &names).Error
}
