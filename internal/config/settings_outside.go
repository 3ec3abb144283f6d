package config

// The settings about what is outside the machine.

func outside() []setting {
	return []setting{
		{
			group: "What may leave the machine", name: "outbound", def: "allow", check: oneOf("allow", "deny"),
			help: "allow: only what somebody configured goes out (a link, mail, billing, a node). deny: nothing does.",
			at:   func(c *Config) any { return choice{&c.Outbound.Allowed, "allow", "deny"} },
		},
		{
			name: "egress_allow", example: "127.0.0.1:8332,btcpay.lan:443", check: hostPorts,
			help: "host:port of addresses that are not public, or without encryption, and may be reached all the same: your own node, mail server or BTCPay.",
			at:   func(c *Config) any { return &c.Outbound.Allow },
		},
		{
			name: "outbound_from", example: "203.0.113.7",
			help: "The fixed public addresses of this server. People are told to bind their exchange keys to them.",
			at:   func(c *Config) any { return &c.Outbound.From },
		},
		{
			name: "smtp_url", example: "smtp://mail.example.org:587", check: mailServer,
			help: "The mail server: smtp:// (STARTTLS is demanded) or smtps://, with user:password@ before the host if it asks for them; give it as smtp_url_file. Without it nothing is mailed: pages show invitations and resets as links.",
			at:   func(c *Config) any { return &c.Mail.URL },
		},
		{
			name: "mail_from", example: "Ledgersys <books@example.org>", check: mailAddress,
			help: "Sender of mails. Default: Ledgersys (your host) at the host of base_url.",
			at:   func(c *Config) any { return &c.Mail.From },
		},
	}
}

func links() []setting {
	all := []setting{
		{
			group: "Prices and exchanges", name: "prices", def: "off", check: oneOf("off", "network"),
			help: "network: prices that statements do not give are asked of exchanges and the European Central Bank.",
			at:   func(c *Config) any { return choice{&c.Prices.Network, "network", "off"} },
		},
		{
			name: "coinbase_client_id",
			help: "OAuth client of Coinbase, if people are to link it without keys.",
			at:   func(c *Config) any { return &c.Exchange.CoinbaseClientID },
		},
		{
			name: "coinbase_client_secret",
			help: "Its secret; give it as coinbase_client_secret_file.",
			at:   func(c *Config) any { return &c.Exchange.CoinbaseClientSecret },
		},
	}
	for _, name := range Exchanges() {
		all = append(all, setting{
			name: "exchange_" + name + "_url", check: webAddress,
			help: "Replaces scheme, host and port of this exchange on the wire, for tests and simulators.",
			at:   func(c *Config) any { return entry{&c.Exchange.URL, name} },
		})
	}
	for _, name := range PriceSources() {
		all = append(all, setting{
			name: "prices_" + name + "_url", check: webAddress,
			help: "The same for this source of prices.",
			at:   func(c *Config) any { return entry{&c.Prices.URL, name} },
		})
	}
	return all
}

func nodes() []setting {
	return []setting{
		{
			group: "Bitcoin", name: "esplora_url", example: "http://127.0.0.1:3002", check: webAddress,
			help: "An Esplora server for watch-only wallets. It sees every address that is asked for: your own is best.",
			at:   func(c *Config) any { return &c.Bitcoin.EsploraURL },
		},
		{
			name: "btcd_url", example: "https://127.0.0.1:8334", check: webAddress,
			help: "A btcd node (with --addrindex) for watch-only wallets.",
			at:   func(c *Config) any { return &c.Bitcoin.BtcdURL },
		},
		{
			name: "btcd_user",
			help: "Its RPC user.",
			at:   func(c *Config) any { return &c.Bitcoin.BtcdUser },
		},
		{
			name: "btcd_password",
			help: "Its RPC password; give it as btcd_password_file.",
			at:   func(c *Config) any { return &c.Bitcoin.BtcdPassword },
		},
		{
			name: "btcd_cert_file", example: "/home/btcd/.btcd/rpc.cert", check: readable,
			help: "Its certificate.",
			at:   func(c *Config) any { return &c.Bitcoin.BtcdCertFile },
		},
		{
			name: "bitcoin_network", def: "main", check: oneOf("main", "test", "signet", "regtest", "simnet"),
			help: "The network of addresses and keys: main, test, signet, regtest or simnet.",
			at:   func(c *Config) any { return &c.Bitcoin.Network },
		},
	}
}

func billing() []setting {
	return []setting{
		{
			group: "Billing", name: "billing", def: "off",
			help: "on: firms pay for plans. off: everything is allowed.",
			at:   func(c *Config) any { return &c.Billing.On },
		},
		{
			name: "btcpay_url", example: "https://btcpay.example.org", check: webAddress,
			help: "A BTCPay server for payments in bitcoin.",
			at:   func(c *Config) any { return &c.Billing.BTCPayURL },
		},
		{
			name: "btcpay_store",
			help: "The id of its store.",
			at:   func(c *Config) any { return &c.Billing.BTCPayStore },
		},
		{
			name: "btcpay_api_key",
			help: "Its key; give it as btcpay_api_key_file.",
			at:   func(c *Config) any { return &c.Billing.BTCPayKey },
		},
		{
			name: "btcpay_webhook_secret",
			help: "The secret that signs its webhooks to /webhooks/btcpay; give it as btcpay_webhook_secret_file.",
			at:   func(c *Config) any { return &c.Billing.BTCPayWebhookSecret },
		},
		{
			name: "stripe_url", check: webAddress,
			help: "Replaces the address of Stripe, for tests and simulators.",
			at:   func(c *Config) any { return &c.Billing.StripeURL },
		},
		{
			name: "stripe_api_key",
			help: "A key of Stripe for payments by card, which writes checkout and portal sessions and subscriptions and reads invoices, charges and disputes; give it as stripe_api_key_file.",
			at:   func(c *Config) any { return &c.Billing.StripeKey },
		},
		{
			name: "stripe_webhook_secret",
			help: "The secret that signs its webhooks to /webhooks/stripe; give it as stripe_webhook_secret_file.",
			at:   func(c *Config) any { return &c.Billing.StripeWebhookSecret },
		},
	}
}

func seller() []setting {
	return []setting{
		{
			name: "seller_name", example: "Example Books Ltd",
			help: "Who sells the plans, as receipts name them. Default: the host of base_url.",
			at:   func(c *Config) any { return &c.Billing.SellerName },
		},
		{
			name: "seller_address", example: "1 High Street, Exampleton, EX1 2MP, United Kingdom",
			help: "The seller's address on receipts, in one line.",
			at:   func(c *Config) any { return &c.Billing.SellerAddress },
		},
		{
			name: "seller_tax_number", example: "GB 123 4567 89",
			help: "The seller's VAT or tax number on receipts.",
			at:   func(c *Config) any { return &c.Billing.SellerTaxNumber },
		},
		{
			name: "seller_tax_rate", def: "0", check: percent,
			help: "VAT or sales tax in percent that every price of a plan contains; receipts state it. 0 states none.",
			at:   func(c *Config) any { return &c.Billing.SellerTaxRate },
		},
	}
}
