package drafts

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The main document of a draft and its file of sums, which lists what collector wrote.
const (
	mainDocument = "postmortem"
	sumsFile     = "SHA256SUMS"
	maxSums      = 16 << 20 // bytes of it that are read
)

// Order is the order in which people read the documents of a draft, by their names
// without an ending: the postmortem, then by name.
func Order(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == mainDocument:
		return -1
	case b == mainDocument:
		return 1
	}
	return strings.Compare(a, b)
}

// First is the document of a draft that people read first, and its page: of those that
// collector wrote, where the sums list any, the first that has a page, else the first.
// Both are "" where there is no document, the page where no document has one.
func First(dir string) (document, page string, err error) {
	names, err := documents(dir)
	if own := written(dir, names); len(own) > 0 {
		names = own
	}
	for _, name := range names {
		page := nameOf(name) + ".html"
		if info, err := os.Lstat(filepath.Join(dir, page)); err == nil && info.Mode().IsRegular() {
			return name, page, nil
		}
	}
	if len(names) == 0 {
		return "", "", err
	}
	return names[0], "", nil
}

// nameOf is a document's name without its ending.
func nameOf(file string) string { return strings.TrimSuffix(file, ".md") }

// written are those of the files that the sums of a draft list.
func written(dir string, names []string) []string {
	name := filepath.Join(dir, sumsFile)
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxSums))
	if err != nil {
		return nil
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if _, of, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  "); ok {
			listed[of] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !listed[n] })
}
