package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Names of the files of a draft.
const (
	PageFile     = DefaultTemplate + ".html" // the page of the document that most drafts have
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
	docs, err := draft.render()
	if err != nil {
		return nil, err
	}
	return bundle(draft, docs, nil)
}

// bundle makes the files around documents that stand. Earlier are records of a
// former state of the draft that people's text still cites.
func bundle(draft Draft, docs []Document, earlier []timeline.Evidence) ([]File, error) {
	charts, err := drawCharts(draft)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, doc := range docs {
		page, err := htmlPage(draft, doc, charts, earlier)
		if err != nil {
			return nil, fmt.Errorf("rendering %s: %w", doc.Page(), err)
		}
		files = append(files, File{doc.File(), []byte(doc.Text)}, File{doc.Page(), page})
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
	files = slices.Concat(files, []File{{timelineFile, story}}, charts, records, rules)
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

// markdown renders one document with its blocks sealed and its links defined.
func markdown(draft Draft, name string) (string, error) {
	if err := draft.validate(); err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	doc, err := newDocument(draft, name)
	if err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	c := cites{known: make(map[string]bool, len(draft.Timeline.Evidence))}
	for _, e := range draft.Timeline.Evidence {
		c.known[e.ID] = true
	}
	tmpl, err := draft.template(name, c)
	if err != nil {
		return "", err
	}
	body, err := execute(tmpl, doc)
	if err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	if body, err = doc.warned(body, c); err != nil {
		return "", fmt.Errorf("rendering the draft: %w", err)
	}
	body += "\n" + block(linksID, linksBlock(body, draft.Timeline.Evidence, nil))
	return sealed(body), nil
}

func drawCharts(draft Draft) ([]File, error) {
	doc, err := newDocument(draft, draft.Templates[0])
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
