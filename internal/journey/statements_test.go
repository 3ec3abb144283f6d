package journey_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	saving "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// downloads lets the browser save files into a folder.
func (tb *tab) downloads() string {
	tb.t.Helper()
	dir := tb.t.TempDir()
	tb.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, saving.SetDownloadBehavior, saving.SetDownloadBehaviorParams{
			Behavior: saving.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	}))
	return dir
}

// saved waits until the browser has written a file.
func (tb *tab) saved(path string) string {
	tb.t.Helper()
	until := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(until) {
		if b, err := os.ReadFile(path); err == nil {
			return string(b)
		}
		<-tick.C
	}
	tb.shot("failed")
	tb.t.Fatalf("%s was not saved; the page:\n%s", filepath.Base(path), tb.text())
	return ""
}

// TestStatements: two statements are uploaded, the import is checked and
// started, the year's forms are downloaded and are those of the command line,
// the same files add nothing, and the import is taken back. A file is chosen
// by the browser's own dialogue; all else is done with the keyboard alone.
func TestStatements(t *testing.T) {
	t.Parallel()
	script := axe(t)
	in := start(t)
	owner := in.setUp()
	firm, entity := owner.book()
	book := "/f/" + firm + "/e/" + entity
	files := samples(t, "kraken-ledgers.csv", "coinbase-transactions.csv")
	tb := in.open()
	tb.as(owner)
	dir := tb.downloads()

	tb.visit(book)
	tb.sees("Add your first file")
	tb.drop(book, files...)
	tb.sees("Import 2 files")
	tb.name = "import-staged"
	tb.checkLooks(tb.path(), script)
	at := tb.path()
	tb.enter("Import 2 files")
	tb.sees("every row has an outcome")
	tb.until("!document.querySelector('progress')", "still reading")
	tb.shot("import-done")

	tb.visit(book + "/transactions")
	tb.sees("BTC")
	tb.visit(book + "/reports")
	tb.sees("Forms")
	year := tb.path()[strings.LastIndex(tb.path(), "/")+1:]
	tb.shot("reports-year")
	want := t.TempDir()
	if out, code := in.command(append([]string{"tax", "report", "--country", "GB", "--year", year, "--out", want}, files...)...); code != 0 && code != 3 {
		t.Fatalf("the command line: exit %d: %s", code, out)
	}
	for _, form := range []string{"sa108", "sa108-computation", "gains"} {
		tb.enter(form + ".csv")
		name := form + "-" + year + ".csv"
		if got := tb.saved(filepath.Join(dir, name)); got != string(testkit.Read(t, filepath.Join(want, name))) {
			t.Errorf("%s of the page is not that of the command line", name)
		}
	}

	// The same again adds nothing.
	before := owner.get(book + "/transactions").body
	tb.drop(book, files...)
	twin := tb.path()
	tb.enter("Import 2 files")
	tb.sees("You imported this exact file before")
	if after := owner.get(book + "/transactions").body; rows(after) != rows(before) || rows(before) == 0 {
		t.Errorf("the same files again: %d rows, then %d", rows(before), rows(after))
	}

	// And both are taken back.
	for _, path := range []string{twin, at} {
		tb.visit(path)
		tb.enter("Revert import")
		tb.fill("confirm", "revert")
		tb.enter("Revert import")
		tb.until("location.pathname === "+quoted(book+"/imports"), "the import is not taken back")
	}
	tb.visit(book)
	tb.sees("Add your first file")
	checkChain(t, in)
}

// rows counts the transactions of a page.
func rows(body string) int { return strings.Count(body, "<tr") }

// drop chooses files on the page that adds data, and sends them.
func (tb *tab) drop(book string, files ...string) {
	tb.t.Helper()
	tb.visit(book + "/imports")
	tb.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), files))
	tb.enter("Check files")
	tb.until("/imports.[0-9a-f]{32}$/.test(location.pathname)", "the upload does not end")
}
