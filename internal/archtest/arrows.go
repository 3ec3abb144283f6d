package archtest

import (
	"maps"
	"slices"
	"strings"
)

// What several rooms share, so that the table below reads as a picture.
const (
	base    = " internal/fault internal/tenant internal/keyring internal/clock internal/logging internal/config internal/once "
	work    = base + "internal/audit internal/job "
	told    = work + "internal/notify "
	cases   = told + "internal/session internal/firm internal/intake internal/link internal/recon internal/quote internal/filing internal/billing "
	lib     = " pkg/* pkg/tax/* pkg/statement/* "
	nouns   = " pkg/money pkg/ledger "
	helpers = "internal/testkit internal/exchangesim internal/journey internal/archtest pkg/tax/oracle" // for tests only
)

// mayImport lists, for each package of this module, the others that its code
// may import. A package that is not here fails, so that a new room is a
// decision; an exact name goes before a pattern. Tests may import anything.
var mayImport = map[string]string{
	"pkg/money":            "",
	"pkg/ledger":           "pkg/money",
	"pkg/statement":        nouns,
	"pkg/statement/*":      nouns + "pkg/statement",
	"pkg/basis":            nouns,
	"pkg/reconcile":        nouns,
	"pkg/tax":              nouns + "pkg/basis",
	"pkg/tax/*":            nouns + "pkg/basis pkg/tax",
	"pkg/tax/oracle":       nouns + "pkg/tax", // not basis: it checks that
	"pkg/report":           nouns + "pkg/tax",
	"internal/fault":       "",
	"internal/tenant":      "internal/fault",
	"internal/keyring":     "internal/fault internal/tenant",
	"internal/logging":     "internal/keyring",
	"internal/config":      "internal/keyring",
	"internal/clock":       "internal/keyring",
	"internal/host":        base,
	"internal/once":        "internal/tenant",
	"internal/egress":      "internal/fault",
	"internal/sheet":       "pkg/money",
	"internal/text":        "pkg/money",
	"internal/exchange":    nouns + "pkg/statement internal/egress internal/keyring internal/clock internal/fault",
	"internal/exchange/*":  nouns + "pkg/statement pkg/statement/* internal/exchange internal/egress internal/keyring internal/fault",
	"internal/chain":       nouns + "pkg/statement internal/egress internal/fault",
	"internal/quote":       nouns + "pkg/statement internal/egress" + work,
	"internal/job":         base,
	"internal/audit":       base,
	"internal/notify":      work + "internal/text",
	"internal/session":     told,
	"internal/firm":        told,
	"internal/intake":      nouns + "pkg/statement pkg/statement/ledgersys internal/sheet" + work,
	"internal/link":        nouns + "pkg/statement pkg/reconcile internal/exchange internal/exchange/* internal/chain internal/egress internal/intake" + told,
	"internal/recon":       nouns + "pkg/basis pkg/reconcile pkg/tax pkg/tax/*" + work,
	"internal/filing":      lib + "internal/paper internal/intake internal/quote" + work,
	"internal/paper":       "pkg/money pkg/report internal/text",
	"internal/billing":     "pkg/money internal/egress internal/text internal/paper" + told,
	"internal/store":       lib + "internal/exchange internal/chain" + cases,
	"internal/backup":      base + "internal/job",
	"internal/web":         nouns + "pkg/report pkg/reconcile internal/exchange internal/chain internal/text internal/web/ui" + cases,
	"internal/web/ui":      "pkg/money",
	"internal/cli":         lib + "internal/* internal/exchange/*",
	"internal/testkit":     nouns + "pkg/statement" + base,
	"internal/exchangesim": nouns + "pkg/statement internal/exchange internal/egress internal/keyring internal/clock internal/testkit",
	"internal/journey":     "",
	"internal/archtest":    "",
	"cmd/ledgersys":        "internal/cli",
}

// owner names the packages whose code may import something from outside this
// module: one door per danger. A name that ends in a slash stands for all
// below it; the longest name that fits decides. What is not here and not in
// the standard library belongs to nobody yet, so a new dependency is a
// decision too. "" means no code at all; tests may import whatever has an
// owner and all of the standard library.
var owner = map[string]string{
	// Decimals.
	"github.com/quagmt/udecimal":    "pkg/money",
	"github.com/shopspring/decimal": "",
	"github.com/cockroachdb/apd/":   "",
	"math/big":                      "pkg/money pkg/tax/oracle",
	// Reading and writing files that others made; limits go before parsing.
	"encoding/csv":              "internal/sheet internal/testkit pkg/report pkg/statement pkg/statement/*",
	"github.com/xuri/":          "internal/sheet internal/paper",
	"github.com/richardlehane/": "internal/sheet",
	"golang.org/x/text/":        "internal/sheet internal/text internal/keyring", // keyring: one form of seed words
	"archive/":                  "internal/sheet internal/filing internal/backup",
	"compress/":                 "internal/sheet internal/filing internal/backup internal/web internal/exchangesim",
	"codeberg.org/go-pdf/":      "internal/paper",
	// Rows.
	"gorm.io/":                          "internal/store",
	"database/sql":                      "internal/store internal/backup",
	"database/sql/":                     "internal/store",
	"modernc.org/":                      "internal/store",
	"github.com/jackc/pgx/":             "internal/store",
	"github.com/pressly/goose/":         "internal/store",
	"github.com/riverqueue/":            "internal/job internal/store",
	"github.com/mattn/go-sqlite3":       "", // a second SQLite in one process corrupts files
	"github.com/glebarez/":              "", // likewise
	"github.com/benbjohnson/litestream": "internal/backup",
	// Pages and calls.
	"github.com/labstack/":           "internal/web",
	"github.com/a-h/templ":           "internal/web internal/web/ui",
	"github.com/a-h/templ/":          "internal/web internal/web/ui",
	"github.com/danielgtaylor/huma/": "internal/web",
	"html/template":                  "internal/web internal/notify",
	"text/template":                  "", // it does not escape
	"net":                            "internal/egress internal/web internal/host internal/notify internal/testkit",
	"net/http":                       "internal/egress internal/web internal/host internal/exchange internal/exchange/* internal/exchangesim internal/chain internal/quote internal/billing internal/testkit",
	"github.com/wneessen/go-mail":    "internal/notify",
	// Keys and ciphers.
	"crypto/cipher":                 "internal/keyring internal/backup",
	"crypto/aes":                    "internal/keyring",
	"github.com/tink-crypto/":       "internal/keyring",
	"golang.org/x/crypto/":          "internal/keyring internal/session",
	"github.com/tyler-smith/":       "internal/keyring",
	"github.com/btcsuite/":          "internal/chain internal/keyring",
	"github.com/luno/luno-go":       "internal/exchange/*",
	"github.com/luno/luno-go/":      "internal/exchange/*",
	"github.com/adshao/go-binance/": "internal/exchange/*",
	"github.com/go-webauthn/":       "internal/session",
	"github.com/pquerna/otp":        "internal/session",
	"github.com/pquerna/otp/":       "internal/session",
	"github.com/trustelem/":         "internal/session",
	"github.com/oschwald/":          "internal/session",
	"github.com/aws/":               "internal/keyring",
	"golang.org/x/crypto/acme":      "internal/host",
	"golang.org/x/crypto/acme/":     "internal/host",
	"golang.org/x/mod/":             "internal/audit",
	// Work that waits.
	"github.com/robfig/cron/":       "internal/job internal/link",
	"github.com/hashicorp/":         "internal/store",
	"golang.org/x/sync/":            "internal/store internal/web internal/job internal/egress internal/link internal/host internal/cli",
	"golang.org/x/time/":            "internal/web internal/link internal/exchange/* internal/session",
	"golang.org/x/net/":             "internal/web internal/egress",
	"github.com/boombuler/barcode":  "internal/web",
	"github.com/boombuler/barcode/": "internal/web",
	"github.com/prometheus/":        "internal/host",
	"github.com/stripe/":            "internal/billing",
	// The command line and its settings.
	"github.com/alecthomas/kong": "internal/cli",
	"github.com/knadh/koanf/":    "internal/config",
	"golang.org/x/term":          "internal/cli",
	// What no code of ours needs.
	"log":     "", // a *slog.Logger is passed in
	"flag":    "internal/testkit",
	"os/exec": "internal/testkit", // the program starts no other program
	"plugin":  "",
	"unsafe":  "",
	"C":       "",
	// Tests.
	"testing":                          "internal/testkit internal/exchangesim pkg/tax/oracle",
	"testing/":                         "internal/exchangesim",
	"net/http/httptest":                "internal/exchangesim",
	"pgregory.net/rapid":               "pkg/tax/oracle",
	"github.com/google/go-cmp/":        "internal/testkit",
	"github.com/rogpeppe/go-internal/": "internal/testkit",
	"github.com/stretchr/testify/":     "", // a double is a func type with that method
	"github.com/chromedp/":             "internal/journey",
	"github.com/emersion/":             "internal/journey",
	"github.com/getkin/":               "internal/journey",
}

// checkArrows keeps the direction of imports inside the module.
func checkArrows(t *tree) []finding {
	found := t.each(code, func(s *source) []finding {
		var found []finding
		allowed, known := room(s.pkg)
		if !known {
			return []finding{t.find(s.ast.Package, "no arrow is drawn for %s; add it to mayImport and to internal/ARCHITECTURE.md", s.pkg)}
		}
		for _, spec := range s.ast.Imports {
			own, ok := strings.CutPrefix(importPath(spec), module)
			switch {
			case ok && listed(helpers, own) && (!listed(helpers, s.pkg) || !listed(allowed, own)):
				found = append(found, t.find(spec.Pos(), "%s imports %s, which is for tests only", s.pkg, own))
			case ok && !listed(allowed, own):
				found = append(found, t.find(spec.Pos(), "%s imports %s: against the arrows", s.pkg, own))
			}
		}
		return found
	})
	return append(found, checkMap(t)...)
}

// room returns what a package may import and whether the map has it.
func room(pkg string) (allowed string, known bool) {
	if allowed, known = mayImport[pkg]; known {
		return allowed, true
	}
	for _, pattern := range slices.Sorted(maps.Keys(mayImport)) {
		if listed(pattern, pkg) {
			return mayImport[pattern], true
		}
	}
	return "", false
}

// mapFile describes the rooms for people; toCome heads those without code.
const (
	mapFile = "internal/ARCHITECTURE.md"
	toCome  = "\n## To come\n"
)

// checkMap keeps the page of the map true: a room with code stands above its
// last section, a room without code only in it.
func checkMap(t *tree) []finding {
	page, ok := t.other[mapFile]
	if !ok {
		return nil
	}
	now, later, _ := strings.Cut(page, toCome)
	var found []finding
	built := make(map[string]bool)
	for pkg := range t.packages() {
		for pattern := range mayImport {
			if pattern == pkg || listed(pattern, pkg) && !isRoom(pkg) {
				built[pattern] = true
			}
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(mayImport)) {
		name := "`" + strings.ReplaceAll(pattern, "*", "<name>") + "`"
		inNow, inLater := strings.Contains(now, name), strings.Contains(later, name)
		switch {
		case built[pattern] && (!inNow || inLater):
			found = append(found, finding{mapFile, name + " has code: describe it in the map and not among what is to come"})
		case !built[pattern] && (inNow || !inLater):
			found = append(found, finding{mapFile, name + " has no code: name it under what is to come and nowhere else"})
		}
	}
	return found
}

// isRoom reports whether pkg itself, not a pattern, is a row of the map.
func isRoom(pkg string) bool {
	_, ok := mayImport[pkg]
	return ok
}

// checkOwners keeps one door per danger: what comes from outside the module
// is imported only where the table says.
func checkOwners(t *tree) []finding {
	return t.each(every, func(s *source) []finding {
		var found []finding
		for _, spec := range s.ast.Imports {
			imp := importPath(spec)
			who, owned := owners(imp)
			switch {
			case strings.HasPrefix(imp, module):
				// The arrows judge it.
			case !owned && foreign(imp):
				found = append(found, t.find(spec.Pos(), "nobody owns %s; a new dependency is a decision: give it one owner in the table", imp))
			case s.test && owned && who == "" && foreign(imp):
				found = append(found, t.find(spec.Pos(), "%s is banned, in tests too", imp))
			case !s.test && owned && !listed(who, s.pkg):
				found = append(found, t.find(spec.Pos(), "%s imports %s, which belongs to %q", s.pkg, imp, who))
			}
		}
		return found
	})
}

// owners returns the entry of the longest name that fits an import.
func owners(imp string) (who string, owned bool) {
	best := ""
	for name, list := range owner {
		fits := name == imp || strings.HasSuffix(name, "/") && strings.HasPrefix(imp, name)
		if fits && len(name) > len(best) {
			best, who, owned = name, list, true
		}
	}
	return who, owned
}

// foreign reports whether an import comes from neither this module nor the
// standard library, whose paths have no dot in their first element.
func foreign(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(imp, module)
}
