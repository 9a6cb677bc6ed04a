package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"collector/internal/drafts"
)

// Document is one document of a draft. All documents of a draft share its timeline,
// its charts and its evidence.
type Document struct {
	Name string // of its template: "postmortem"
	Text string // Markdown, with what people wrote
}

// File is the document's file, relative to the draft's directory.
func (d Document) File() string { return documentFile(d.Name) }

// Page is the file of the document as a self-contained page.
func (d Document) Page() string { return pageFile(d.Name) }

func documentFile(name string) string { return name + ".md" }
func pageFile(name string) string     { return name + ".html" }

// documentName is what the name of a template may be: it is a file's name too.
var documentName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// nameOf is the document that a file of a draft's directory is: text or page.
func nameOf(file string) (name string, ok bool) {
	for _, ending := range [...]string{".md", ".html"} {
		if name, ok = strings.CutSuffix(file, ending); ok && documentName.MatchString(name) {
			return name, true
		}
	}
	return "", false
}

// render makes the text of every document that a draft asks for, in its order.
func (d Draft) render() ([]Document, error) {
	var out []Document
	for _, name := range d.Templates {
		text, err := markdown(d, name)
		if err != nil {
			return nil, err
		}
		out = append(out, Document{name, text})
	}
	return out, nil
}

// listedDocuments are the documents of a directory: those that its sums list or,
// where it has none, those with the name of an embedded template. The postmortem
// comes first, the others by name.
func listedDocuments(dir string) []string {
	var names []string
	data, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err == nil {
		list, _ := readSums(data) // broken sums list nothing
		for _, s := range list {
			if name, ok := nameOf(s.name); ok && s.name == documentFile(name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		names = Templates()
	}
	slices.SortFunc(names, drafts.Order)
	return slices.Compact(names)
}

// readDocuments reads every document that is there. None at all is an error, and so is
// one beyond maxDocumentRead.
func readDocuments(dir string) ([]Document, error) {
	names := listedDocuments(dir)
	var out []Document
	for _, name := range names {
		data, err := readDocument(filepath.Join(dir, documentFile(name)), maxDocumentRead)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the draft: %w", err)
		}
		out = append(out, Document{name, string(data)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is not a draft: it has none of the documents %s.md", dir, strings.Join(names, ".md, "))
	}
	return out, nil
}

// Pages are the names of the documents that a draft's directory has a page of, the
// one that people read first before the others.
func Pages(dir string) []string {
	return slices.DeleteFunc(listedDocuments(dir), func(name string) bool {
		info, err := os.Lstat(filepath.Join(dir, pageFile(name)))
		return err != nil || !info.Mode().IsRegular()
	})
}

// MainPage is the page that people read first: that of drafts.First, as far as collector
// wrote it.
func MainPage(dir string) string {
	if pages := Pages(dir); len(pages) > 0 {
		return pageFile(pages[0])
	}
	return PageFile
}
