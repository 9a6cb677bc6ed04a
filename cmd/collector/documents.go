package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"collector/internal/config"
	"collector/internal/report"
	"collector/internal/sources"
)

// maxTemplate is how many bytes a user's own template may have; it stands in every
// draft that is written by it.
const maxTemplate = 256 << 10

// asksFor makes a request one for these documents. A request for one document has
// the form that it always had.
func (r *request) asksFor(names []string, own map[string]string) {
	r.Template, r.Templates, r.Own = names[0], nil, own
	if len(names) > 1 {
		r.Templates = names
	}
}

// documents are the documents that a request asks for.
func (r request) documents() []string {
	if len(r.Templates) > 0 {
		return r.Templates
	}
	return []string{r.Template}
}

// chooseDocuments checks the names of documents and reads those templates among them
// that are users' own. An error says which documents there are, or where a template
// is wrong.
func chooseDocuments(c *config.Config, names []string) (map[string]string, error) {
	own := map[string]string{}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("the document %q is named twice", name)
		}
		text, found, err := ownTemplate(c.Report.TemplatesDir, name)
		if err != nil {
			return nil, err
		}
		if found {
			own[name] = text
		} else if !slices.Contains(report.Templates(), name) {
			return nil, fmt.Errorf("there is no template %q; there is: %s", name, strings.Join(documentChoice(c.Report.TemplatesDir), ", "))
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	return own, nil
}

// checkDocuments says whether the users' own templates can be used. There is nothing to
// say where there are none.
func checkDocuments(c *config.Config) []sources.Diagnosis {
	own, err := chooseDocuments(c, c.Report.Documents())
	switch {
	case err != nil:
		return []sources.Diagnosis{{Source: "report", Level: sources.Failed, Text: "report.template: " + err.Error(), Fix: []string{"mend the template, see docs/templates.md"}}}
	case len(own) > 0:
		return []sources.Diagnosis{{Source: "report", Level: sources.OK, Text: "templates of your own: " + strings.Join(slices.Sorted(maps.Keys(own)), ", ")}}
	}
	return nil
}

// ownTemplate reads a user's template of that name, if there is one, and checks it.
func ownTemplate(dir, name string) (text string, found bool, err error) {
	if dir == "" || name == "" || strings.ContainsAny(name, `/\`) {
		return "", false, nil
	}
	path := filepath.Join(dir, name+config.TemplateEnding)
	file, err := os.Open(path) //nolint:gosec // a name without separators, in the directory that the configuration names
	if os.IsNotExist(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("reading a template: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxTemplate+1))
	if err != nil {
		return "", false, fmt.Errorf("reading a template: %w", err)
	}
	if len(data) > maxTemplate {
		return "", false, fmt.Errorf("the template %s has more than %d KiB: it would stand in every draft; make it smaller", path, maxTemplate>>10)
	}
	if err := report.CheckTemplate(path, name, string(data)); err != nil {
		return "", false, err
	}
	return string(data), true, nil
}

// documentChoice are the names of all documents that may be asked for.
func documentChoice(dir string) []string {
	names := report.Templates()
	if dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, "*"+config.TemplateEnding)) // the pattern is sound
		for _, f := range files {
			names = append(names, strings.TrimSuffix(filepath.Base(f), config.TemplateEnding))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// freshTemplates are the users' own templates of a draft that is refreshed: as they
// are now where the configuration still has them, else as the draft kept them.
func freshTemplates(c *config.Config, old request) (map[string]string, error) {
	own := map[string]string{}
	for name, kept := range old.Own {
		text, found, err := ownTemplate(c.Report.TemplatesDir, name)
		if err != nil {
			return nil, err
		}
		if !found {
			text = kept
		}
		own[name] = text
	}
	if len(own) == 0 {
		return nil, nil
	}
	return own, nil
}

// updatedDocuments are the documents of a draft that is refreshed, those that it has and
// those to be added, and the users' own templates among them.
func updatedDocuments(c *config.Config, old request, more []string) (names []string, own map[string]string, err error) {
	names = slices.Clone(old.documents())
	if own, err = freshTemplates(c, old); err != nil {
		return nil, nil, err
	}
	for _, name := range more {
		if slices.Contains(names, name) {
			continue
		}
		added, err := chooseDocuments(c, []string{name})
		if err != nil {
			return nil, nil, usage(err)
		}
		if own == nil {
			own = added
		} else {
			maps.Copy(own, added)
		}
		names = append(names, name)
	}
	return names, own, nil
}

// bundledTemplates are the users' own templates for another draft of a bundle's
// evidence, which has no configuration: those that the bundle kept.
func bundledTemplates(old request, names []string) (map[string]string, error) {
	own := map[string]string{}
	for i, name := range names {
		text, kept := old.Own[name]
		switch {
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("the document %q is named twice", name)
		case kept:
			own[name] = text
		case !slices.Contains(report.Templates(), name):
			return nil, fmt.Errorf("there is no template %q; there is: %s", name, strings.Join(report.Templates(), ", "))
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	return own, nil
}
