package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/host"
)

// healthVerb asks a running service whether it is well, for images without a
// shell.
type healthVerb struct {
	settingFlags `embed:""`

	URL string `name:"url" default:"auto" help:"What to ask; auto is /readyz of the service that this configuration describes."`
}

// Run asks; any answer but 200 is exit 1.
func (v *healthVerb) Run(s *Streams) error {
	conf, err := v.load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ask := host.Probe{URL: v.URL, CertFile: conf.TLS.CertFile}
	if v.URL == "auto" {
		ask.Listen, ask.URL = conf.Listen, "http://localhost/readyz"
		if conf.TLS.On() {
			ask.URL = conf.BaseURL + "/readyz"
		}
	}
	if err := ask.Do(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, "ok")
	return err
}
