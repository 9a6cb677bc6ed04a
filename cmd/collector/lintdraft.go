package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"collector/internal/report"
	"collector/internal/report/lint"
)

// lintDrafts finds the drafts that documents stand in, each read once.
type lintDrafts struct {
	warn io.Writer
	seen map[string]draftSeen // by directory
}

// draftSeen is what is known of a directory: nil facts where there is no draft, and
// what its evidence gives now as the text of each of its documents, by its file.
type draftSeen struct {
	facts     *lint.Facts
	generated map[string]string
}

// beside is what is known of the draft in a document's directory; nil without one.
func (d lintDrafts) beside(document string) *lint.Facts {
	dir := filepath.Dir(document)
	seen, ok := d.seen[dir]
	if !ok {
		var err error
		if seen, err = draftFacts(dir); err != nil {
			fmt.Fprintf(d.warn, "collector: %s: linted without its draft: %s\n", printable(document), printableLines(err.Error()))
		}
		d.seen[dir] = seen
	}
	if seen.facts == nil {
		return nil
	}
	facts := *seen.facts
	facts.Document = filepath.Base(document)
	facts.Generated = seen.generated[facts.Document] // none for one that somebody put there
	return &facts
}

// draftFacts reads the draft in a directory: its timeline, which records it has, and
// what its evidence gives now. A directory without timeline.json has none.
func draftFacts(dir string) (draftSeen, error) {
	data, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return draftSeen{}, nil
	}
	if err != nil {
		return draftSeen{}, err
	}
	if err := report.ValidateTimeline(data); err != nil {
		return draftSeen{}, fmt.Errorf("timeline.json: %w", err)
	}
	facts := &lint.Facts{Records: map[string]bool{}}
	if err := json.Unmarshal(data, &facts.Timeline); err != nil {
		return draftSeen{}, fmt.Errorf("timeline.json: %w", err)
	}
	for _, e := range facts.Timeline.Evidence {
		facts.Records[e.ID] = true
	}
	for _, folder := range []string{"evidence", filepath.Join("evidence", "earlier")} {
		entries, _ := os.ReadDir(filepath.Join(dir, folder)) // many drafts have none
		for _, entry := range entries {
			if id, record := strings.CutSuffix(entry.Name(), ".json"); record {
				facts.Records[id] = true
			}
		}
	}
	bundle, err := report.Read(dir)
	if err != nil {
		return draftSeen{facts: facts}, fmt.Errorf("its statements were not compared: %w", err)
	}
	draft, err := deriveAnew(bundle.Records)
	if err != nil {
		return draftSeen{facts: facts}, fmt.Errorf("its statements were not compared: %w", err)
	}
	facts.Location = draft.Location
	documents, err := report.Documents(draft)
	if err != nil {
		return draftSeen{facts: facts}, fmt.Errorf("its statements were not compared: %w", err)
	}
	generated := map[string]string{}
	for _, d := range documents {
		generated[d.File()] = d.Text
	}
	return draftSeen{facts, generated}, nil
}
