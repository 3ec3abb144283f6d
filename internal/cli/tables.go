package cli

import (
	"io"
	"os"
	"path/filepath"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// prices reads --prices.
func (f *taxFlags) prices(_ *Streams, cal *ledger.Calendar) (tax.Prices, error) {
	if f.Prices == "off" || f.Prices == "" || f.Prices == network {
		return nil, nil //nolint:nilnil // no prices is not an error
	}
	var p *intake.Prices
	err := table(f.Prices, func(name string, r io.ReaderAt, size int64) (err error) {
		p, err = intake.ReadPrices(name, r, size, cal)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// brokers reads --form-1099da.
func (f *taxFlags) brokers(_ *Streams) (list []tax.BrokerSale, err error) {
	if f.Form1099 == "" {
		return nil, nil
	}
	err = table(f.Form1099, func(name string, r io.ReaderAt, size int64) (err error) {
		list, err = intake.ReadBrokerForms(name, r, size)
		return err
	})
	return list, err
}

// table opens a side file for reading.
func table(path string, read func(name string, r io.ReaderAt, size int64) error) error {
	file, err := os.Open(path) // #nosec G304 -- the user names the file
	if err != nil {
		return usage(pathError(err))
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return usage(pathError(err))
	}
	if err := read(filepath.Base(path), file, info.Size()); err != nil {
		return usage(err)
	}
	return nil
}
