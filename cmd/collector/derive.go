package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/timeline"
)

// request is what a draft was asked for. It is kept as a record of its own, so
// that the draft can be derived again from its evidence alone.
type request struct {
	Kind     string          `json:"kind"` // draft
	Window   timeline.Window `json:"window"`
	Scope    timeline.Scope  `json:"scope"`
	Title    string          `json:"title,omitempty"`
	Template string          `json:"template"` // the document, or the first of several
	Timezone string          `json:"timezone"`
	Version  string          `json:"version"`
	Incident string          `json:"incident,omitempty"` // whose draft it is, when the daemon wrote it
	Ended    *ending         `json:"ended,omitempty"`    // of the final one: why its window ends there
	Unmasked bool            `json:"unmasked,omitempty"` // names stand in the evidence as they are
	Origin   string          `json:"origin,omitempty"`   // the request whose evidence this draft was written from, by --from-bundle
	DEA      *deaNumber      `json:"dea,omitempty"`      // of one with a defect escape analysis

	Templates []string          `json:"templates,omitempty"`     // the documents, when there are several
	Own       map[string]string `json:"own_templates,omitempty"` // the text of users' own templates, by name
}

// record makes the request's own evidence. Its answer lists who was asked.
func (r request) record(asked []witness, at time.Time) (timeline.Evidence, error) {
	labels := []string{}
	for _, w := range asked {
		labels = append(labels, w.label())
	}
	return sources.Answer(sources.Ask{
		Source: report.RequestSource, Target: "draft", Query: r.query(), Question: r, Observed: r.Window,
	}, map[string]any{"asked": labels}, at)
}

// query is the command line that asks for the same. A draft from a bundle asked nobody:
// the draft that its evidence is of is named by that one's request.
func (r request) query() string {
	if r.Origin != "" {
		return "collector draft --from-bundle DRAFT --template " + strings.Join(r.documents(), ",") + ", DRAFT being the one with the record " + r.Origin
	}
	query := fmt.Sprintf("collector draft --from %s --to %s", timeline.FormatTime(r.Window.From), timeline.FormatTime(r.Window.To))
	for _, c := range r.Scope.Clusters {
		query += " --cluster " + c
	}
	return query
}

var errNoRequest = errors.New("the evidence holds no request: it is not the evidence of a draft")

// findRequest returns the request among the records of a draft.
func findRequest(records []timeline.Evidence) (request, string, error) {
	for _, e := range records {
		if e.Source != report.RequestSource {
			continue
		}
		var r request
		if _, err := sources.Read(e, &r, nil); err != nil {
			return request{}, "", err
		}
		if r.Kind == "draft" {
			return r, e.ID, nil
		}
	}
	return request{}, "", errNoRequest
}

// derive makes the draft of a set of records. It is a pure function and the only
// way to a draft: `draft` calls it with fresh evidence, `verify` with old.
func derive(records []timeline.Evidence) (report.Draft, error) {
	records = timeline.Distinct(records)
	req, id, err := findRequest(records)
	if err != nil {
		return report.Draft{}, err
	}
	location, err := time.LoadLocation(req.Timezone)
	if err != nil {
		return report.Draft{}, fmt.Errorf("the draft's time zone: %w", err)
	}
	bySource := map[string][]timeline.Evidence{}
	for _, r := range records {
		bySource[r.Source] = append(bySource[r.Source], r)
	}
	var findings []timeline.Findings
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		findings = append(findings, interpret(source, req.Window, bySource[source], id))
	}
	findings = append(findings, req.DEA.findings(req.Window, id))
	t := timeline.Build(req.Window, req.Scope, findings...)
	if req.Ended != nil {
		t.Remarks = append(t.Remarks, req.Ended.remark(t, id))
	}
	return report.Draft{Timeline: t, Title: req.Title, Templates: req.documents(), Own: req.Own, Location: location, Version: req.Version, Unmasked: req.Unmasked, DEA: req.DEA.id()}, nil
}

// deriveAnew derives the draft of records that may come from anybody: ones that
// no source writes are an error, whatever they do to an interpreter.
func deriveAnew(records []timeline.Evidence) (d report.Draft, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("no draft can be derived from this evidence: %v", fault)
		}
	}()
	return derive(records)
}

// interpret turns one source's records into findings. Records that cannot be
// read stay in the bundle and are a gap: the rest of the draft is still true.
func interpret(source string, w timeline.Window, records []timeline.Evidence, requestID string) timeline.Findings {
	err := fmt.Errorf("this version of collector knows no source %q", source)
	if f, known := interpreters()[source]; known {
		var found timeline.Findings
		if found, err = understand(f, w, records); err == nil {
			found.Evidence = records
			return found
		}
	}
	return timeline.Findings{
		Evidence: records,
		Gaps: []timeline.Gap{{
			Source: source, From: w.From, To: w.To, Evidence: []string{requestID},
			Reason: fmt.Sprintf("its evidence could not be interpreted: %v", err),
		}},
	}
}
