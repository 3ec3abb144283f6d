package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/ledgersys/ledgersys/internal/store"
)

// migrateVerb makes or brings up to date the schema of PostgreSQL.
type migrateVerb struct {
	settingFlags `embed:""`
}

// Run migrates. SQLite is migrated when it is opened; this opens it.
func (v *migrateVerb) Run(s *Streams) error {
	conf, err := v.load()
	if err != nil {
		return err
	}
	ctx, stop := s.signals()
	defer stop()
	if conf.Database.URL.Empty() {
		err := alone(ctx, s, &v.settingFlags, func(svc *service) error { return svc.store.MigrateFirms(ctx) }, mustBeThere)
		if err == nil {
			fmt.Fprintln(s.Err, "The databases in "+conf.DataDir+" have the newest schema.")
		}
		return err
	}
	if conf.Database.OwnerURL.Empty() {
		return usage(errors.New("database_owner_url is needed: the service's own role may not change the schema"))
	}
	if err := store.Migrate(ctx, string(conf.Database.OwnerURL.Reveal()), string(conf.Database.URL.Reveal())); err != nil {
		return err
	}
	fmt.Fprintln(s.Err, "The database has the newest schema.")
	return nil
}

// inventoryVerb lists what is kept.
type inventoryVerb struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists every column with its purpose, class and retention.
func (v *inventoryVerb) Run(s *Streams) error {
	columns, err := store.Inventory()
	if err != nil {
		return err
	}
	if v.JSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"schema": "ledgersys.inventory/1", "columns": columns, "retention": store.Retentions()})
	}
	w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprintf(w, "%s\t%s.%s\t%s\t%s\t%s\t%s\n", c.Store, c.Table, c.Column, c.Class, c.Kept, c.Retention, c.Purpose)
	}
	return w.Flush()
}
