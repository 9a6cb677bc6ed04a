package report

import (
	"os"
	"path/filepath"
	"testing"

	"collector/internal/drafts"
)

// TestMainPageIsOfTheFirstDocument: what people put into the directory is not read first,
// and whoever asks for the document and whoever asks for its page get the same one.
func TestMainPageIsOfTheFirstDocument(t *testing.T) {
	for name, c := range map[string]struct {
		templates []string
		files     []string // of people
		want      string
	}{
		"people's README":            {[]string{"outage"}, []string{"README.md"}, "outage"},
		"with a page of its own":     {[]string{"outage"}, []string{"README.md", "README.html"}, "outage"},
		"people's notes with a page": {[]string{"outage", "incident-report"}, []string{"a.md", "a.html"}, "incident-report"},
		"the postmortem":             {[]string{"briefing", "postmortem"}, []string{"a.md", "a.html"}, "postmortem"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, several(rich(t), c.templates...))
			for _, f := range c.files {
				must(t, os.WriteFile(filepath.Join(dir, f), []byte("mine"), 0o600))
			}
			document, page, err := drafts.First(dir)
			if err != nil || document != documentFile(c.want) || page != pageFile(c.want) || MainPage(dir) != page {
				t.Errorf("the document %s, its page %s, the main page %s (%v), want %s", document, page, MainPage(dir), err, c.want)
			}
			b, err := Read(dir)
			if err != nil || b.Document != document {
				t.Errorf("Read gives %s (%v)", b.Document, err)
			}
		})
	}
}
