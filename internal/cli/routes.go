package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/ledgersys/ledgersys/internal/config"
)

type routesVerb struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON: method, path, permission, layers."`
}

// Run lists the routes of a service that is made for it and thrown away: the
// list is the program's, with what is sold here if the settings say so.
func (v *routesVerb) Run(s *Streams) (err error) {
	dir, err := os.MkdirTemp("", "ledgersys-routes-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	conf, err := config.Load(config.Source{Flags: map[string]string{"data_dir": dir, "log_level": "error"}})
	if err != nil {
		return err
	}
	own, err := v.load()
	if err != nil {
		return err
	}
	conf.Billing = config.Billing{On: own.Billing.On, Plans: own.Billing.Plans, SellerTaxRate: own.Billing.SellerTaxRate} // and nobody is asked for anything
	svc, err := open(context.Background(), conf, s.Err, mayBeNew)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	routes := svc.site.Routes()
	if v.JSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(routes)
	}
	w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	for _, r := range routes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Method, r.Path, r.Permission, strings.Join(r.Layers, " "))
	}
	return w.Flush()
}
