// Package config reads settings: flag before environment before file before
// default. An unknown name stops the start and names the nearest. The table in
// settings.go is the only list of them: it gives names, meaning, defaults, the
// explained file and what `config show` prints.
package config

import (
	"net/netip"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// Config is every setting, read and checked.
type Config struct {
	Listen         string // host:port of the pages and the API
	BaseURL        string // as people type it; "" follows Listen
	Hosts          []string
	TrustedProxies []netip.Prefix
	DataDir        string
	MaxUpload      Size
	Timezone       string
	Locale         string
	Signup         string // closed, invite or open
	AdminEmail     string
	AdminPassword  keyring.Secret
	AdminCountry   string
	SessionIdle    time.Duration
	Residency      string
	SecurityEmail  string
	OperatorEmail  string
	BackupDir      string
	BreachFile     string
	BreachURL      string
	GeoIPFile      string

	Database Database
	Keys     Keys
	TLS      TLS
	Metrics  Metrics
	Log      Log
	Outbound Outbound
	Mail     Mail
	Prices   Prices
	Exchange Exchange
	Bitcoin  Bitcoin
	Billing  Billing
}

// Database says where rows are kept; without a URL they are in the data
// directory.
type Database struct {
	URL       keyring.Secret
	OwnerURL  keyring.Secret // only for migrate
	Encrypted bool           // the operator says that the volume is encrypted
}

// Keys says where the master key comes from.
type Keys struct {
	MasterFile  string   // "" is master.key in the data directory
	KMS         []string // keys of AWS KMS instead of a file, the one that wraps first
	RotateEvery time.Duration
}

// TLS is how connections are encrypted in this process.
type TLS struct {
	CertFile, KeyFile string
	RedirectListen    string // plain http that only redirects; "" is none
	ACMEDomains       []string
	ACMEEmail         string
	ACMEDirectory     string
	ACMECAFile        string // of the directory itself, if it is not public
}

// On reports whether this process encrypts connections itself.
func (t TLS) On() bool { return t.CertFile != "" || len(t.ACMEDomains) > 0 }

// Metrics is the listener of figures for machines.
type Metrics struct {
	Listen string // "off" is none
	Token  keyring.Secret
}

// Log is what is logged and how.
type Log struct{ Level, Format string }

// Outbound is what may leave the machine.
type Outbound struct {
	Allowed bool
	Allow   []string       // host:port that may be private or without encryption
	From    []netip.Prefix // the fixed addresses that calls come from, to which keys can be bound
}

// Mail is where mail goes; without a URL none is sent.
type Mail struct {
	URL  keyring.Secret
	From string
}

// Prices says whether prices are looked up, and where instead of the public
// addresses.
type Prices struct {
	Network bool
	URL     map[string]string
}

// Exchange holds what linking an exchange needs from the operator.
type Exchange struct {
	URL                  map[string]string // by exchange, instead of the public address
	CoinbaseClientID     string
	CoinbaseClientSecret keyring.Secret
}

// Bitcoin is the node that is asked about addresses.
type Bitcoin struct {
	Network      string
	EsploraURL   string
	BtcdURL      string
	BtcdUser     string
	BtcdPassword keyring.Secret
	BtcdCertFile string
}

// Billing is how plans are paid; off, everything is allowed.
type Billing struct {
	On                  bool
	Plans               []Plan
	BTCPayURL           string
	BTCPayStore         string
	BTCPayKey           keyring.Secret
	BTCPayWebhookSecret keyring.Secret
	StripeURL           string
	StripeKey           keyring.Secret
	StripeWebhookSecret keyring.Secret
	SellerName          string
	SellerAddress       string
	SellerTaxNumber     string
	SellerTaxRate       string // in percent, contained in the prices
}

// Plan is one [[plan]] of the file.
type Plan struct {
	ID       string // holder, preparer, enterprise or the operator's own
	Price    string // decimal, in Currency
	Currency string // ISO 4217
	Period   string // year
}

// Size is a number of bytes.
type Size int64

// Exchanges lists the exchanges that can be linked, as settings name them.
func Exchanges() []string {
	return []string{"binance", "kraken", "coinbase", "bitstamp", "luno", "valr", "gemini", "bitfinex", "okx", "bybit", "kucoin"}
}

// PriceSources lists the sources of prices, as settings name them.
func PriceSources() []string {
	return []string{"binance", "kraken", "coinbase", "bitstamp", "ecb"}
}
