package report

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"collector/internal/drafts"
)

//go:embed templates
var templates embed.FS

// Templates are the names of the embedded templates, the postmortem first.
func Templates() []string {
	matches, err := fs.Glob(templates, "templates/*.md.tmpl")
	if err != nil {
		return nil
	}
	for i, m := range matches {
		matches[i] = strings.TrimSuffix(strings.TrimPrefix(m, "templates/"), ".md.tmpl")
	}
	slices.SortFunc(matches, drafts.Order)
	return matches
}

// template is a document's template, with the blocks that all documents share. A
// user's own one comes before an embedded one of the same name.
func (d Draft) template(name string, c cites) (*template.Template, error) {
	file := name + ".md.tmpl"
	text, own := d.Own[name]
	if !own {
		data, err := templates.ReadFile("templates/" + file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("no template is named %q: choose %s", name, strings.Join(Templates(), ", "))
		} else if err != nil {
			return nil, fmt.Errorf("reading template %s: %w", file, err)
		}
		text = string(data)
	}
	return parseTemplate(file, text, c)
}

// parseTemplate reads a document's template. Every block of templates/blocks is
// there for it under its own name, and may be defined anew in it.
func parseTemplate(file, text string, c cites) (*template.Template, error) {
	tmpl, err := template.New(file).Funcs(boundedPrint()).Funcs(template.FuncMap{
		"say": c.say, "row": c.row,
		"begin": begin,
		"end_":  func(id string) string { return "<!-- collector:end id=" + id + " -->" },
	}).ParseFS(templates, "templates/blocks/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("reading the blocks of all templates: %w", err)
	}
	if tmpl, err = tmpl.Parse(text); err != nil {
		return nil, fmt.Errorf("reading template %s: %w", file, err)
	}
	return tmpl, nil
}

// blockID is what the name of a block may be; a dot would make it one that stands
// beside another (see family).
var blockID = regexp.MustCompile(`^[a-z0-9-]+$`)

// begin opens a block of a template. Whatever stands in it is collector's to refresh.
func begin(id string) (string, error) {
	if !blockID.MatchString(id) {
		return "", fmt.Errorf("the block %q: a block is named by small letters, digits and dashes", id)
	}
	return "<!-- collector:begin id=" + id + " -->", nil
}
