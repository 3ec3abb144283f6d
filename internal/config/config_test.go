package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// write makes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, src config.Source) *config.Loaded {
	t.Helper()
	l, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// source returns where a setting came from.
func source(t *testing.T, l *config.Loaded, name string) string {
	t.Helper()
	for _, v := range l.Values() {
		if v.Name == name {
			return v.Source
		}
	}
	t.Fatalf("there is no setting %s", name)
	return ""
}

func TestNothingIsConfigured(t *testing.T) {
	t.Parallel()
	l := load(t, config.Source{})
	if l.Listen != "127.0.0.1:8080" || l.BaseURL != "http://localhost:8080" || l.DataDir != "./data" || l.File != "" {
		t.Errorf("listen %s, base %s, data %s, file %q", l.Listen, l.BaseURL, l.DataDir, l.File)
	}
	if l.Signup != "invite" || !l.Outbound.Allowed || l.Prices.Network || l.Billing.On || !l.Mail.URL.Empty() || l.Bitcoin.Network != "main" {
		t.Errorf("unexpected defaults: %+v", l.Config)
	}
	if l.SessionIdle != 30*time.Minute || l.MaxUpload != 100<<20 || l.Residency != "eu" || l.Metrics.Listen != "127.0.0.1:9464" {
		t.Errorf("unexpected defaults: %+v", l.Config)
	}
	if len(l.Hosts) != 1 || l.Hosts[0] != "localhost" {
		t.Errorf("hosts: %v", l.Hosts)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := write(t, "c.toml", "log_level = \"warn\"\ntz = \"Europe/London\"\nlocale = \"de\"\n[exchange.kraken]\nurl = \"http://127.0.0.1:1\"\n")
	level := write(t, "level", "error\n")
	l := load(t, config.Source{
		File:    file,
		Environ: []string{"LEDGERSYS_LOG_LEVEL_FILE=" + level, "LEDGERSYS_TZ=Asia/Colombo", "LEDGERSYS_LISTEN=", "PATH=/bin"},
		Flags:   map[string]string{"tz": "UTC"},
	})
	if l.Log.Level != "error" || l.Timezone != "UTC" || l.Locale != "de" || l.Exchange.URL["kraken"] != "http://127.0.0.1:1" {
		t.Errorf("level %s, zone %s, locale %s, kraken %s", l.Log.Level, l.Timezone, l.Locale, l.Exchange.URL["kraken"])
	}
	want := map[string]string{
		"log_level": "LEDGERSYS_LOG_LEVEL_FILE", "tz": "flag --tz", "locale": file + ":3 locale", "listen": "default",
		"exchange_kraken_url": file + ":5 exchange_kraken_url", "base_url": "from listen",
	}
	for name, from := range want {
		if got := source(t, l, name); got != from {
			t.Errorf("%s comes from %q, not %q", name, got, from)
		}
	}
}

func TestFilePlaces(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	path := filepath.Join(home, "ledgersys", "config.toml")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("tz = \"Asia/Colombo\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l := load(t, config.Source{Environ: []string{"XDG_CONFIG_HOME=" + home}}); l.File != path || l.Timezone != "Asia/Colombo" {
		t.Errorf("read %q", l.File)
	}
	other := write(t, "o.toml", "tz = \"Europe/Berlin\"\n")
	if l := load(t, config.Source{Environ: []string{"XDG_CONFIG_HOME=" + home, "LEDGERSYS_CONFIG=" + other}}); l.File != other {
		t.Errorf("read %q, not what LEDGERSYS_CONFIG names", l.File)
	}
}

// TestRefused: what is wrong stops the start and says where and how.
func TestRefused(t *testing.T) {
	t.Parallel()
	secret := write(t, "secret", "x")
	for name, c := range map[string]struct {
		env  []string
		toml string
		want string
	}{
		"unknown_variable":  {env: []string{"LEDGERSYS_LISTN=x"}, want: "LEDGERSYS_LISTN: there is no such setting; did you mean LEDGERSYS_LISTEN?"},
		"unknown_file_form": {env: []string{"LEDGERSYS_SMTP_URL_FILES=x"}, want: "did you mean LEDGERSYS_SMTP_URL_FILE?"},
		"nothing_near":      {env: []string{"LEDGERSYS_QQQQQQQQQQQQQQQQ=x"}, want: "there is no such setting"},
		"path_of_a_path":    {env: []string{"LEDGERSYS_BREACH_FILE_FILE=x"}, want: "did you mean LEDGERSYS_BREACH_FILE?"},
		"clock":             {env: []string{"LEDGERSYS_CLOCK=x"}, want: "LEDGERSYS_CLOCK: there is no such setting"},
		"unknown_key":       {toml: "listen = \"127.0.0.1:1\"\nbase_ulr = \"x\"\n", want: "c.toml:2 base_ulr: there is no such setting; did you mean base_url?"},
		"unknown_table":     {toml: "[exchange.krakn]\nurl = \"http://x\"\n", want: "did you mean exchange_kraken_url?"},
		"both_forms":        {env: []string{"LEDGERSYS_BTCPAY_API_KEY=k", "LEDGERSYS_BTCPAY_API_KEY_FILE=" + secret}, want: "LEDGERSYS_BTCPAY_API_KEY and LEDGERSYS_BTCPAY_API_KEY_FILE are both set"},
		"both_keys":         {toml: "btcpay_api_key = \"k\"\nbtcpay_api_key_file = \"" + secret + "\"\n", want: "are both set"},
		"no_such_secret":    {env: []string{"LEDGERSYS_BTCPAY_API_KEY_FILE=/nowhere/key"}, want: "LEDGERSYS_BTCPAY_API_KEY_FILE: read /nowhere/key: no such file"},
		"empty_secret":      {env: []string{"LEDGERSYS_BTCPAY_API_KEY_FILE=" + write(t, "e", "\n")}, want: "is empty"},
		"no_such_breach":    {env: []string{"LEDGERSYS_BREACH_FILE=/nowhere/list"}, want: "LEDGERSYS_BREACH_FILE: this file cannot be read"},
		"bad_toml":          {toml: "a = \n", want: "c.toml:1:"},
		"twice":             {toml: "smtp_url_file = \"x\"\n[smtp]\nurl_file = \"y\"\n", want: "smtp_url_file is set twice"},
		"float":             {toml: "[[plan]]\nid = \"a\"\nprice = 39.00\n", want: "price: write it in quotes"},
		"plan_key":          {toml: "[[plan]]\nid = \"a\"\ncost = \"1\"\n", want: "there is no cost"},
		"plan_price":        {toml: "[[plan]]\nid = \"a\"\nprice = \"1e9\"\ncurrency = \"EUR\"\n", want: "plan 1: price is a number"},
		"plan_twice":        {toml: strings.Repeat("[[plan]]\nid = \"a\"\nprice = \"1\"\ncurrency = \"EUR\"\n", 2), want: "two plans a"},
		"word":              {env: []string{"LEDGERSYS_SIGNUP=everybody"}, want: "LEDGERSYS_SIGNUP: it is one of closed, invite, open"},
		"boolean":           {env: []string{"LEDGERSYS_BILLING=maybe"}, want: "LEDGERSYS_BILLING: it is on or off"},
		"duration":          {env: []string{"LEDGERSYS_KEYS_ROTATE_EVERY=ninety days"}, want: "it is a duration"},
		"idle":              {env: []string{"LEDGERSYS_SESSION_IDLE=13h"}, want: "it is between 1m and 12h"},
		"size":              {env: []string{"LEDGERSYS_MAX_UPLOAD=lots"}, want: "it is a size"},
		"zone":              {env: []string{"LEDGERSYS_TZ=Mars/Olympus"}, want: "it is a time zone"},
		"address":           {env: []string{"LEDGERSYS_LISTEN=8080"}, want: "it is host:port"},
		"url":               {env: []string{"LEDGERSYS_BASE_URL=books.example.org"}, want: "it is an address"},
		"proxies":           {env: []string{"LEDGERSYS_TRUSTED_PROXIES=gateway"}, want: "addresses or networks"},
		"egress":            {env: []string{"LEDGERSYS_EGRESS_ALLOW=btcpay.lan"}, want: "list of host:port"},
		"open_without_mail": {env: []string{"LEDGERSYS_SIGNUP=open"}, want: "signup open needs mail"},
		"two_masters":       {env: []string{"LEDGERSYS_MASTER_KEY_FILE=" + secret, "LEDGERSYS_MASTER_KMS=arn:aws:kms:eu-central-1:111122223333:key/one"}, want: "master_kms and master_key_file are two master keys"},
		"no_kms_key":        {env: []string{"LEDGERSYS_MASTER_KMS=arn:aws:s3:::bucket"}, want: "LEDGERSYS_MASTER_KMS: it is the ARN of a key"},
		"half_tls":          {env: []string{"LEDGERSYS_TLS_CERT_FILE=" + secret}, want: "go together"},
		"two_ways":          {env: []string{"LEDGERSYS_TLS_CERT_FILE=" + secret, "LEDGERSYS_TLS_KEY_FILE=" + secret, "LEDGERSYS_ACME_DOMAINS=a.example"}, want: "keep one"},
		"acme_denied":       {env: []string{"LEDGERSYS_ACME_DOMAINS=a.example", "LEDGERSYS_OUTBOUND=deny"}, want: "outbound deny forbids"},
		"public":            {env: []string{"LEDGERSYS_LISTEN=0.0.0.0:8080"}, want: "can be reached from outside, and there is no TLS"},
		"public_v6":         {env: []string{"LEDGERSYS_LISTEN=[::]:8080"}, want: "can be reached from outside"},
		"every_address":     {env: []string{"LEDGERSYS_LISTEN=:8080"}, want: "can be reached from outside"},
		"private_mail":      {env: []string{"LEDGERSYS_SMTP_URL=smtp://10.0.0.9"}, want: "10.0.0.9:587 is not public"},
		"tax_rate":          {env: []string{"LEDGERSYS_SELLER_TAX_RATE=19%"}, want: "percent from 0 to below 100"},
		"no_plan":           {env: []string{"LEDGERSYS_BILLING=on"}, want: "no [[plan]]"},
		"half_admin":        {env: []string{"LEDGERSYS_ADMIN_EMAIL=a@example.org"}, want: "go together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := config.Source{Environ: c.env}
			if c.toml != "" {
				src.File = write(t, "c.toml", c.toml)
			}
			_, err := config.Load(src)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error: %v\nwant: …%s…", err, c.want)
			}
		})
	}
}

func TestNoSecretInFlags(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Source{Flags: map[string]string{"btcpay_api_key": "k"}})
	if err == nil || !strings.Contains(err.Error(), "use LEDGERSYS_BTCPAY_API_KEY_FILE") {
		t.Errorf("error: %v", err)
	}
	l := load(t, config.Source{Flags: map[string]string{"btcpay_api_key_file": write(t, "k", "k")}})
	if string(l.Billing.BTCPayKey.Reveal()) != "k" {
		t.Error("a file of a secret is not read")
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"container":      {"LEDGERSYS_LISTEN=0.0.0.0:8080", "LEDGERSYS_TRUSTED_PROXIES=172.17.0.1"},
		"loopback_v6":    {"LEDGERSYS_LISTEN=[::1]:8080"},
		"acme":           {"LEDGERSYS_LISTEN=:443", "LEDGERSYS_ACME_DOMAINS=books.example.org", "LEDGERSYS_TLS_REDIRECT_LISTEN=:80"},
		"listed_mail":    {"LEDGERSYS_SMTP_URL=smtp://127.0.0.1:2525", "LEDGERSYS_EGRESS_ALLOW=127.0.0.1:2525"},
		"no_metrics":     {"LEDGERSYS_METRICS_LISTEN=off"},
		"open_with_mail": {"LEDGERSYS_SIGNUP=open", "LEDGERSYS_SMTP_URL=smtps://u:p@mail.example.org"},
	} {
		if _, err := config.Load(config.Source{Environ: env}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := load(t, config.Source{Environ: []string{"LEDGERSYS_LISTEN=:443", "LEDGERSYS_ACME_DOMAINS=books.example.org"}})
	if l.BaseURL != "https://books.example.org" || l.Hosts[0] != "books.example.org" {
		t.Errorf("base %s, hosts %v", l.BaseURL, l.Hosts)
	}
	if l := load(t, config.Source{Environ: []string{"LEDGERSYS_CLOCK=f"}, Extra: []string{"LEDGERSYS_CLOCK"}}); l == nil {
		t.Error("a variable of somebody else is refused")
	}
}

func TestBooleans(t *testing.T) {
	t.Parallel()
	plan := write(t, "c.toml", "[[plan]]\nid = \"holder\"\nprice = \"39.00\"\ncurrency = \"EUR\"\nperiod = \"year\"\n")
	for v, on := range map[string]bool{"1": true, "yes": true, "true": true, "on": true, "On": true, "0": false, "no": false, "false": false, "off": false} {
		l := load(t, config.Source{File: plan, Environ: []string{"LEDGERSYS_BILLING=" + v}})
		if l.Billing.On != on || len(l.Billing.Plans) != 1 || l.Billing.Plans[0].Price != "39.00" {
			t.Errorf("%s: %+v", v, l.Billing)
		}
	}
}

func TestDurationsAndSizes(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]time.Duration{"90d": 90 * 24 * time.Hour, "1w": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "30m": 30 * time.Minute} {
		if d, err := config.ParseDuration(v); err != nil || d != want {
			t.Errorf("%s is read as %s: %v", v, d, err)
		}
	}
	for _, v := range []string{"", "-1h", "1y", "d", "99999d", "9999w9999999h"} {
		if d, err := config.ParseDuration(v); err == nil {
			t.Errorf("%q is read as %s", v, d)
		}
	}
	for v, want := range map[string]config.Size{"4096": 4096, "1B": 1, "2KB": 2000, "2KiB": 2048, "100MiB": 100 << 20, "5 GB": 5e9, "1T": 1e12} {
		if n, err := config.ParseSize(v); err != nil || n != want {
			t.Errorf("%s is read as %d: %v", v, n, err)
		}
	}
	for _, v := range []string{"", "-1", "1iB", "1PB", "999999999999TB"} {
		if n, err := config.ParseSize(v); err == nil {
			t.Errorf("%q is read as %d", v, n)
		}
	}
}

// TestSecretsAreNotShown: no printed value holds what was set.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const canary = "k33p-this"
	env := []string{"LEDGERSYS_SMTP_URL=smtps://u:" + canary + "@mail.example.org"}
	for _, v := range load(t, config.Source{}).Values() {
		if v.Secret && v.Name != "smtp_url" && v.Name != "admin_password" {
			env = append(env, "LEDGERSYS_"+strings.ToUpper(v.Name)+"="+canary)
		}
	}
	l := load(t, config.Source{Environ: append(env, "LEDGERSYS_ADMIN_EMAIL=a@example.org", "LEDGERSYS_ADMIN_PASSWORD="+canary)})
	shown := 0
	for _, v := range l.Values() {
		if strings.Contains(v.Value, canary) {
			t.Errorf("%s is shown: %s", v.Name, v.Value)
		}
		if v.Value == "[withheld]" {
			shown++
		}
	}
	if shown < 10 || string(l.Mail.URL.Reveal()) != "smtps://u:"+canary+"@mail.example.org" {
		t.Errorf("%d secrets, mail %s", shown, l.Mail.URL.Reveal())
	}
	_, err := config.Load(config.Source{Environ: []string{"LEDGERSYS_SMTP_URL=http://u:" + canary + "@x"}})
	if err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("error: %v", err)
	}
}

// TestExplained: the file of the repository explains every setting and, with
// every line in force, loads.
func TestExplained(t *testing.T) {
	t.Parallel()
	path := filepath.Join(testkit.Root(t), "configs", "ledgersys.toml")
	have, err := os.ReadFile(path)
	if err != nil || string(have) != config.Explained() {
		t.Fatalf("%s is not what `ledgersys config template` prints (%v)", path, err)
	}
	load(t, config.Source{File: path})
	for _, v := range load(t, config.Source{}).Values() {
		if !strings.Contains(string(have), "\n#"+v.Name+" = ") && !strings.Contains(string(have), "\n#"+v.Name+"_file = ") {
			t.Errorf("%s is not explained", v.Name)
		}
	}
	var inForce strings.Builder
	for row := range strings.Lines(string(have)) {
		key, value, ok := strings.Cut(strings.TrimPrefix(row, "#"), " = ")
		switch {
		case ok && !strings.Contains(key, " ") && strings.HasSuffix(key, "_file"):
			row = key + " = \"" + write(t, key, secretFor(key)) + "\"\n"
		case key == "acme_domains", key == "master_kms", value == "\"\"\n", key == "admin_email":
			row = "\n" // the other of two ways; nothing to say; TestRefused has the pair
		case ok && !strings.Contains(key, " "), strings.HasPrefix(row, "#[["):
			row = strings.TrimPrefix(row, "#")
		}
		if !strings.HasPrefix(row, "admin_password") {
			inForce.WriteString(row)
		}
	}
	l := load(t, config.Source{File: write(t, "c.toml", inForce.String())})
	if l.BaseURL != "https://books.example.org" || len(l.Billing.Plans) != 1 || !l.TLS.On() {
		t.Errorf("read: %+v", l.Config)
	}
}

// secretFor is a value that a secret's check accepts.
func secretFor(key string) string {
	if key == "smtp_url_file" {
		return "smtp://u:p@mail.example.org:587"
	}
	return "x"
}

// TestEveryFieldHasASetting: a field that no row of the table fills would be a
// setting that nobody can set.
func TestEveryFieldHasASetting(t *testing.T) {
	t.Parallel()
	var leaves func(typ reflect.Type) int
	leaves = func(typ reflect.Type) int {
		n := 0
		for i := range typ.NumField() {
			f := typ.Field(i)
			switch {
			case f.Type == reflect.TypeFor[keyring.Secret]() || f.Type.Kind() != reflect.Struct:
				n++
			default:
				n += leaves(f.Type)
			}
		}
		return n
	}
	settings := len(load(t, config.Source{}).Values())
	fields := leaves(reflect.TypeFor[config.Config]()) - 3 // plans and the two maps
	if want := fields + len(config.Exchanges()) + len(config.PriceSources()); settings != want {
		t.Errorf("%d settings for %d fields", settings, want)
	}
}
