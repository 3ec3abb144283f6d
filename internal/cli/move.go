package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
)

// adminMove moves an installation to another database.
type adminMove struct {
	settingFlags `embed:""`

	To   string `required:"" enum:"postgres" help:"postgres: from the files of the data directory to the empty database of LEDGERSYS_DATABASE_URL, which \"ledgersys migrate\" has prepared."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run copies everything, compares counts and digests, and verifies the audit
// chains there. The service must not run meanwhile.
func (v *adminMove) Run(s *Streams) (err error) {
	conf, err := v.load()
	if err != nil {
		return err
	}
	url := conf.Database.URL
	if url.Empty() {
		return usage(errors.New("database_url is needed: it says where to"))
	}
	ctx, stop := s.signals()
	defer stop()
	conf.Database.URL = keyring.Secret{} // where it is now
	svc, err := open(ctx, conf, s.Err, mustBeThere)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	moved, err := svc.store.Move(ctx, store.Config{DatabaseURL: string(url.Reveal())})
	if err != nil {
		return err
	}
	if v.JSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(moved)
	}
	total := int64(0)
	for _, m := range moved {
		if total += m.Rows; m.Rows > 0 {
			fmt.Fprintf(s.Out, "%-8s %-20s %8d rows  %s\n", m.Store, m.Table, m.Rows, m.Digest[:16])
		}
	}
	fmt.Fprintf(s.Out, "%d rows are in the database, counted and compared; all audit chains verify there.\n", total)
	fmt.Fprintln(s.Err, "Keep database_url set from now on. The files in "+conf.DataDir+" are not opened any more; master.key and checkpoints.log are still needed.")
	return nil
}
