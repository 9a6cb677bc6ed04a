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
	seen map[string]*lint.Facts // by directory; nil for a directory without a draft
}

// beside is what is known of the draft in a document's directory; nil without one.
func (d lintDrafts) beside(document string) *lint.Facts {
	dir := filepath.Dir(document)
	facts, ok := d.seen[dir]
	if !ok {
		var err error
		if facts, err = draftFacts(dir); err != nil {
			fmt.Fprintf(d.warn, "collector: %s: linted without its draft: %v\n", document, err)
		}
		d.seen[dir] = facts
	}
	if facts == nil || facts.Generated == "" || filepath.Base(document) == filepath.Base(facts.Document) {
		return facts
	}
	other := *facts // another document in the draft's directory: the same facts, another text
	other.Generated = ""
	return &other
}

// draftFacts reads the draft in a directory: its timeline, which records it has, and
// what its evidence gives now. A directory without timeline.json has none.
func draftFacts(dir string) (*lint.Facts, error) {
	data, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := report.ValidateTimeline(data); err != nil {
		return nil, fmt.Errorf("timeline.json: %w", err)
	}
	facts := &lint.Facts{Records: map[string]bool{}}
	if err := json.Unmarshal(data, &facts.Timeline); err != nil {
		return nil, fmt.Errorf("timeline.json: %w", err)
	}
	for _, e := range facts.Timeline.Evidence {
		facts.Records[e.ID] = true
	}
	for _, folder := range []string{"evidence", filepath.Join("evidence", "earlier")} {
		names, _ := filepath.Glob(filepath.Join(dir, folder, "*.json"))
		for _, name := range names {
			facts.Records[strings.TrimSuffix(filepath.Base(name), ".json")] = true
		}
	}
	bundle, err := report.Read(dir)
	if err != nil {
		return facts, fmt.Errorf("its statements were not compared: %w", err)
	}
	draft, err := derive(bundle.Records)
	if err != nil {
		return facts, fmt.Errorf("its statements were not compared: %w", err)
	}
	facts.Location, facts.Document = draft.Location, bundle.Document
	if facts.Generated, err = report.Document(draft); err != nil {
		return facts, fmt.Errorf("its statements were not compared: %w", err)
	}
	return facts, nil
}
