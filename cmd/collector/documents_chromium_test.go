package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"collector/internal/page/pagetest"
	"collector/internal/report"
)

// TestDocumentsInChromium draws every document of the recorded incidents and reads it
// as people do: as Markdown, as a page on a screen and on a phone, on paper.
func TestDocumentsInChromium(t *testing.T) {
	chromium := pagetest.StartChromium(t)
	validators := chromium.Validators(t)
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			dir := draftAll(t, r)
			served := httptest.NewServer(http.FileServer(http.Dir(dir)))
			t.Cleanup(served.Close)
			for _, name := range report.Templates() {
				t.Run(name, func(t *testing.T) {
					readAsText(t, validators, filepath.Join(dir, name))
					tab := chromium.Tab(t, served.URL+"/")
					tab.Open(name + ".html")
					onScreen(t, tab)
					onPaper(t, tab, name)
				})
			}
		})
	}
}

// draftAll writes all documents of a recording, as a person does, into one draft that
// can be derived again.
func draftAll(t *testing.T, r recordedDraft) string {
	t.Helper()
	code, dir, stderr := offline(t, "draft", "--from-bundle", r.dir(), "--template", strings.Join(report.Templates(), ","), "--out", t.TempDir())
	if code != exitOK {
		t.Fatalf("drafting: %d\n%s", code, stderr)
	}
	if code, out, stderr := offline(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
	return dir
}

// readAsText gives a document's two files, without their endings, to the validators.
func readAsText(t *testing.T, validators pagetest.Validators, document string) {
	t.Helper()
	for ending, check := range map[string]func(string) []string{".md": validators.Markdown, ".html": validators.HTML} {
		data, err := os.ReadFile(document + ending)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range check(string(data)) {
			t.Errorf("%s: %s", filepath.Base(document)+ending, fault)
		}
	}
}

// onScreen looks for what cannot be read, and for what is wider than the window.
func onScreen(t *testing.T, tab *pagetest.Tab) {
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		for _, fault := range tab.Axe() {
			t.Errorf("axe, %s: %.400s", scheme, fault)
		}
	}
	for _, width := range []int64{1440, 360} {
		tab.Viewport(width, 800)
		if is := pagetest.Eval[int64](tab, `document.documentElement.scrollWidth`); is > width {
			t.Errorf("it is %d pixels wide in a window of %d", is, width)
		}
	}
	tab.Viewport(1440, 900)
}

// papers are the sizes that people print on.
var papers = map[string]chromedp.PaperSize{"A4": chromedp.PaperA4, "Letter": chromedp.PaperLetter}

// briefingSheets is how many sheets of paper a facilitator takes into the room.
const briefingSheets = 2

// onPaper looks at every sheet: no word leaves it, and none of the page's letters is lost.
func onPaper(t *testing.T, tab *pagetest.Tab, name string) {
	tab.Print(true)
	shown := pagetest.Eval[string](tab, `document.body.innerText`)
	tab.Print(false)
	const margin = 72 * 11 / 25.4 // mm, the smallest in any of our style sheets
	for paper, size := range papers {
		sheets := pagetest.Sheets(t, tab.PDF(chromedp.PDFPaper(size), chromedp.PDFPreferCSSPageSize()))
		t.Logf("%s on %s: %d sheets", name, paper, len(sheets))
		if name == "briefing" && len(sheets) > briefingSheets {
			t.Errorf("%s: %d sheets, at most %d are read", paper, len(sheets), briefingSheets)
		}
		for n, sheet := range sheets {
			for _, word := range sheet.Outside(margin) {
				t.Errorf("%s, sheet %d: beyond the margin: %s", paper, n+1, word)
			}
		}
		if lost := lostLetters(shown, pagetest.Letters(sheets)); lost != "" {
			t.Errorf("%s: letters of the page that are on no sheet: %.200q", paper, lost)
		}
	}
}

// lostLetters are those that a page has more often than the paper. Heads of tables may
// stand there several times.
func lostLetters(page, paper string) string {
	whole := strings.NewReplacer("ﬁ", "fi", "ﬂ", "fl", "ﬀ", "ff", "ﬃ", "ffi", "ﬄ", "ffl", "\u00a0", " ", "\u00ad", "")
	left := map[rune]int{}
	for _, r := range whole.Replace(paper) {
		left[r]++
	}
	var lost strings.Builder
	for _, r := range whole.Replace(strings.Join(strings.Fields(page), "")) {
		if left[r]--; left[r] < 0 {
			lost.WriteRune(r)
		}
	}
	return lost.String()
}

// TestLostLetters: what is clipped is noticed.
func TestLostLetters(t *testing.T) {
	if got := lostLetters("a table, office", "table,oﬃcea head"); got != "" {
		t.Errorf("lost %q", got)
	}
	if got := lostLetters("a wide table", "a widetab"); got != "le" {
		t.Errorf("lost %q, want the end of the table", got)
	}
}
