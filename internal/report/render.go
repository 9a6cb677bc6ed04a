package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"collector/internal/timeline"
)

//go:embed templates
var templates embed.FS

// Names of the files of a draft.
const (
	PageFile     = "postmortem.html"
	timelineFile = "timeline.json"
	chartsDir    = "charts/"
)

// File is one file of a draft, its name relative to the draft's directory.
type File struct {
	Name string
	Data []byte
}

// Render makes all files of a draft, SHA256SUMS last. It fails with ErrUncited
// rather than print a statement without evidence, and with a message that names
// the place when timeline.json does not have the published form.
func Render(draft Draft) ([]File, error) {
	draft = draft.normal()
	doc, err := markdown(draft)
	if err != nil {
		return nil, err
	}
	return bundle(draft, doc, nil)
}

// bundle makes the files around a document that stands. Earlier are records of
// a former state of the draft that people's text still cites.
func bundle(draft Draft, doc string, earlier []timeline.Evidence) ([]File, error) {
	charts, err := drawCharts(draft)
	if err != nil {
		return nil, err
	}
	page, err := htmlPage(draft, doc, charts, earlier)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", PageFile, err)
	}
	story, err := timelineJSON(draft.Timeline)
	if err != nil {
		return nil, err
	}
	records, err := evidenceFiles(draft.Timeline.Evidence)
	if err != nil {
		return nil, err
	}
	rules, err := alertRuleFiles(draft)
	if err != nil {
		return nil, err
	}
	files := []File{{documentFile(draft.Template), []byte(doc)}, {PageFile, page}, {timelineFile, story}}
	files = slices.Concat(files, charts, records, rules)
	for _, e := range earlier {
		data, err := evidenceFile(e)
		if err != nil {
			return nil, err
		}
		files = append(files, File{earlierDir + e.ID + ".json", data})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return append(files, File{sumsFile, sums(files)}), nil
}

func documentFile(template string) string { return template + ".md" }

// markdown renders the document with its blocks sealed and its links defined.
func markdown(draft Draft) (string, error) {
	if err := draft.validate(); err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	doc, err := newDocument(draft)
	if err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	c := cites{known: make(map[string]bool, len(draft.Timeline.Evidence))}
	for _, e := range draft.Timeline.Evidence {
		c.known[e.ID] = true
	}
	name := documentFile(draft.Template) + ".tmpl"
	text, err := templates.ReadFile("templates/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no template is named %q: choose %s", draft.Template, strings.Join(Templates(), ", "))
	} else if err != nil {
		return "", fmt.Errorf("reading template %s: %w", name, err)
	}
	tmpl, err := template.New(name).Funcs(template.FuncMap{
		"say": c.say, "row": c.row,
		"begin": func(id string) string { return "<!-- collector:begin id=" + id + " -->" },
		"end_":  func(id string) string { return "<!-- collector:end id=" + id + " -->" },
	}).Parse(string(text))
	if err != nil {
		return "", fmt.Errorf("reading template %s: %w", name, err)
	}
	var buf bytes.Buffer
	if err := tmpl.Execute(&buf, doc); err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	body := buf.String()
	body += "\n" + block(linksID, linksBlock(body, draft.Timeline.Evidence, nil))
	return sealed(body), nil
}

// Templates are the names of the embedded templates.
func Templates() []string {
	matches, err := fs.Glob(templates, "templates/*.md.tmpl")
	if err != nil {
		return nil
	}
	for i, m := range matches {
		matches[i] = strings.TrimSuffix(strings.TrimPrefix(m, "templates/"), ".md.tmpl")
	}
	return matches
}

func drawCharts(draft Draft) ([]File, error) {
	doc, err := newDocument(draft)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, c := range doc.charts {
		svg, err := c.draw(doc)
		if err != nil {
			return nil, err
		}
		files = append(files, File{chartsDir + c.name, svg})
	}
	return files, nil
}

// timelineJSON is timeline.json, checked against the published schema.
func timelineJSON(t timeline.Timeline) ([]byte, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", timelineFile, err)
	}
	if err := ValidateTimeline(data); err != nil {
		return nil, fmt.Errorf("%s does not have its published form: %w", timelineFile, err)
	}
	return indented(data)
}

// indented lays JSON out for people, and for line-wise comparison.
func indented(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	if err := json.Indent(&buf, data, "", "  "); err != nil {
		return nil, fmt.Errorf("indenting: %w", err)
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}
