package drafts

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestFirst: the postmortem, else the first by name of those that collector wrote.
func TestFirst(t *testing.T) {
	many := map[string]string{"outage.md": "", "SHA256SUMS": "00  outage.md\n"}
	for i := range maxDocuments + 5 {
		many["a"+strconv.Itoa(i)+".md"] = ""
	}
	for name, c := range map[string]struct {
		files          map[string]string
		document, page string
	}{
		"none":                     {map[string]string{"x.txt": ""}, "", ""},
		"without sums":             {map[string]string{"b.md": "", "b.html": "", "a.md": ""}, "b.md", "b.html"},
		"no page":                  {map[string]string{"b.md": "", "a.md": ""}, "a.md", ""},
		"sums":                     {map[string]string{"b.md": "", "b.html": "", "a.md": "", "a.html": "", "SHA256SUMS": "00  b.html\n00  b.md\n"}, "b.md", "b.html"},
		"a name that begins alike": {map[string]string{"a-b.md": "", "a.md": ""}, "a.md", ""},
		"many of people":           {many, "outage.md", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			put(t, dir, c.files)
			if document, page, err := First(dir); err != nil || document != c.document || page != c.page {
				t.Errorf("%q %q %v, want %q %q", document, page, err, c.document, c.page)
			}
		})
	}
	names := []string{"a-b", "postmortem", "a"}
	if slices.SortFunc(names, Order); !slices.Equal(names, []string{"postmortem", "a", "a-b"}) {
		t.Errorf("order %v", names)
	}
}
