package config

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// setting is one row of the table. Its variable is LEDGERSYS_ and the name in
// capitals, its key in the file the name itself.
type setting struct {
	name    string
	def     string
	help    string
	example string            // shown in the file where the default says nothing
	at      func(*Config) any // where it goes; the type says how it is read
	check   func(string) error
	group   string // heads a part of the file
}

// path reports whether the setting names a file by itself, so that there is
// no second name for reading it from one.
func (s setting) path() bool { return strings.HasSuffix(s.name, fileSuffix) }

// secret reports whether the value must not be shown.
func (s setting) secret() bool {
	_, ok := s.at(new(Config)).(*keyring.Secret)
	return ok
}

// table returns every setting, in the order of the file.
func table() []setting {
	var all []setting
	for _, part := range [][]setting{service(), accounts(), storage(), encryption(), machines(), outside(), links(), nodes(), billing(), seller()} {
		all = append(all, part...)
	}
	return all
}

func service() []setting {
	return []setting{
		{
			group: "The service", name: "listen", def: "127.0.0.1:8080", check: hostPort,
			help: "Where pages and API are served. Another address than loopback needs TLS here (below) or a trusted proxy.",
			at:   func(c *Config) any { return &c.Listen },
		},
		{
			name: "base_url", example: "https://books.example.org", check: webAddress,
			help: "The address that people type. Passkeys and links in mails are bound to it. Default: http://localhost and the port of listen.",
			at:   func(c *Config) any { return &c.BaseURL },
		},
		{
			name: "hosts", example: "books.example.org,www.books.example.org",
			help: "Names under which the service answers; any other Host is refused (421). Default: the host of base_url.",
			at:   func(c *Config) any { return &c.Hosts },
		},
		{
			name: "trusted_proxies", example: "10.0.0.2,172.17.0.0/16",
			help: "Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
			at:   func(c *Config) any { return &c.TrustedProxies },
		},
		{
			name: "data_dir", def: "./data",
			help: "Everything the service keeps; one process at a time.",
			at:   func(c *Config) any { return &c.DataDir },
		},
		{
			name: "max_upload", def: "100MiB",
			help: "The largest upload: all files of one request together.",
			at:   func(c *Config) any { return &c.MaxUpload },
		},
		{
			name: "tz", def: "UTC", check: zone,
			help: "Time zone of schedules and of times shown before anybody has signed in.",
			at:   func(c *Config) any { return &c.Timezone },
		},
		{
			name: "locale", def: "en", check: language,
			help: "How numbers and dates are written unless a person chooses otherwise: a language tag such as en-GB or de.",
			at:   func(c *Config) any { return &c.Locale },
		},
		{
			name: "backup_dir", example: "/var/backups/ledgersys",
			help: "Where backups go.",
			at:   func(c *Config) any { return &c.BackupDir },
		},
	}
}

func accounts() []setting {
	return []setting{
		{
			group: "Accounts", name: "signup", def: "invite", check: oneOf("closed", "invite", "open"),
			help: "Who may open an account: closed (nobody), invite (who was invited), open (anybody; needs mail). The first owner is made with the setup code that the service prints.",
			at:   func(c *Config) any { return &c.Signup },
		},
		{
			name: "admin_email", example: "ada@example.org", check: mailAddress,
			help: "Makes the first owner at the first start, without a setup code; needs admin_password_file.",
			at:   func(c *Config) any { return &c.AdminEmail },
		},
		{
			name: "admin_password",
			help: "Password of the first owner; give it as admin_password_file.",
			at:   func(c *Config) any { return &c.AdminPassword },
		},
		{
			name: "admin_country", def: "XX",
			help: "Country of the first owner's tax return; XX for the generic rules. It can be changed later.",
			at:   func(c *Config) any { return &c.AdminCountry },
		},
		{
			name: "session_idle", def: "30m", check: idle,
			help: "A session ends when it was not used for so long (1m to 12h). After 12 hours it ends in any case.",
			at:   func(c *Config) any { return &c.SessionIdle },
		},
		{
			name: "breach_file", example: "/var/lib/pwned-passwords-sha1.txt", check: readable,
			help: "A file of SHA-1 hashes of breached passwords (sorted, one a line, as Have I Been Pwned offers it); those are refused. Nothing leaves the machine.",
			at:   func(c *Config) any { return &c.BreachFile },
		},
		{
			name: "breach_url", example: "https://api.pwnedpasswords.com", check: webAddress,
			help: "Asks this host for breached passwords by the first 5 digits of their hash. Off unless set.",
			at:   func(c *Config) any { return &c.BreachURL },
		},
		{
			name: "geoip_file", example: "/var/lib/GeoLite2-Country.mmdb", check: readable,
			help: "A GeoIP country database (MMDB); with it the list of sessions shows the country of each.",
			at:   func(c *Config) any { return &c.GeoIPFile },
		},
		{
			name: "security_email", example: "security@example.org", check: mailAddress,
			help: "Contact in /.well-known/security.txt.",
			at:   func(c *Config) any { return &c.SecurityEmail },
		},
		{
			name: "operator_email", example: "ops@example.org", check: mailAddress,
			help: "Where alerts about the machine and the signed checkpoints of the audit log go.",
			at:   func(c *Config) any { return &c.OperatorEmail },
		},
	}
}

func storage() []setting {
	return []setting{
		{
			group: "Storage and keys", name: "database_url", example: "postgres://ledgersys@db.example.org/ledgersys",
			help: "A PostgreSQL database; better as database_url_file, since it may hold a password. Without it rows are kept in SQLite files in data_dir. Unless the server is on loopback, its certificate is verified in full.",
			at:   func(c *Config) any { return &c.Database.URL },
		},
		{
			name: "database_owner_url", example: "postgres://owner@db.example.org/ledgersys",
			help: "The same database as the role that owns the tables. Only `ledgersys migrate` uses it: the service's own role owns nothing.",
			at:   func(c *Config) any { return &c.Database.OwnerURL },
		},
		{
			name: "storage_encrypted_volume_attested", def: "no",
			help: "You state that the database server's volume is encrypted. `ledgersys doctor volume` checks local ones by itself.",
			at:   func(c *Config) any { return &c.Database.Encrypted },
		},
		{
			name: "master_key_file", example: "/run/credentials/ledgersys.service/master.key",
			help: "The master key, which wraps every other key; keep a copy elsewhere. Default: master.key of systemd's credentials directory if there is one, else of data_dir, where it is made at the first start.",
			at:   func(c *Config) any { return &c.Keys.MasterFile },
		},
		{
			name: "master_kms", example: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", check: kmsKeys,
			help: "The master key in AWS KMS instead of a file, by its ARN. After a comma those that it replaces, until `ledgersys keys rotate --kek` has run. Needs a program built with -tags awskms; credentials come from where AWS tools look for them.",
			at:   func(c *Config) any { return &c.Keys.KMS },
		},
		{
			name: "keys_rotate_every", def: "90d",
			help: "Age at which keys are called overdue for `ledgersys keys rotate`.",
			at:   func(c *Config) any { return &c.Keys.RotateEvery },
		},
		{
			name: "residency", def: "eu", check: region,
			help: "Region in which this installation keeps data; a firm of another residency is refused.",
			at:   func(c *Config) any { return &c.Residency },
		},
	}
}

func encryption() []setting {
	return []setting{
		{
			group: "TLS in this process", name: "tls_cert_file", example: "/etc/ledgersys/tls.crt", check: readable,
			help: "Certificate chain (PEM), read again when the file changes; with tls_key_file.",
			at:   func(c *Config) any { return &c.TLS.CertFile },
		},
		{
			name: "tls_key_file", example: "/etc/ledgersys/tls.key", check: readable,
			help: "Private key of the certificate (PEM).",
			at:   func(c *Config) any { return &c.TLS.KeyFile },
		},
		{
			name: "tls_redirect_listen", example: "0.0.0.0:80", check: hostPort,
			help: "A second listener that answers plain http with a redirect to https (308) and nothing else; with ACME it answers http-01 challenges too.",
			at:   func(c *Config) any { return &c.TLS.RedirectListen },
		},
		{
			name: "acme_domains", example: "books.example.org",
			help: "Gets certificates for these names by ACME (Let's Encrypt) instead of files. By setting it you accept the terms of the authority.",
			at:   func(c *Config) any { return &c.TLS.ACMEDomains },
		},
		{
			name: "acme_email", example: "ops@example.org", check: mailAddress,
			help: "Contact that the authority is given.",
			at:   func(c *Config) any { return &c.TLS.ACMEEmail },
		},
		{
			name: "acme_directory_url", def: "https://acme-v02.api.letsencrypt.org/directory", check: webAddress,
			help: "The authority.",
			at:   func(c *Config) any { return &c.TLS.ACMEDirectory },
		},
		{
			name: "acme_ca_file", example: "/etc/ledgersys/ca.pem", check: readable,
			help: "Certificates by which the authority itself is recognised, if it is your own.",
			at:   func(c *Config) any { return &c.TLS.ACMECAFile },
		},
	}
}

func machines() []setting {
	return []setting{
		{
			group: "Metrics and log", name: "metrics_listen", def: "127.0.0.1:9464", check: hostPortOrOff,
			help: "Where /metrics is served for Prometheus; off for none.",
			at:   func(c *Config) any { return &c.Metrics.Listen },
		},
		{
			name: "metrics_token",
			help: "Bearer token that /metrics demands; without it 404. Give it as metrics_token_file.",
			at:   func(c *Config) any { return &c.Metrics.Token },
		},
		{
			name: "log_level", def: "info", check: oneOf("debug", "info", "warn", "error"),
			help: "The least level that is logged: debug, info, warn or error.",
			at:   func(c *Config) any { return &c.Log.Level },
		},
		{
			name: "log_format", def: "text", check: oneOf("text", "json"),
			help: "text or json, on standard error.",
			at:   func(c *Config) any { return &c.Log.Format },
		},
	}
}
