package grafana

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	kindAnnotations = "annotations" // what people marked
	kindSnapshot    = "snapshot"    // of one dashboard
	kindLater       = "later"       // the snapshots that this draft does not make
)

// question is what a record asked.
type question struct {
	Kind      string              `json:"kind"`
	Grafana   string              `json:"grafana"` // the name of the source
	From      time.Time           `json:"from"`
	To        time.Time           `json:"to"`
	Dashboard string              `json:"dashboard,omitempty"` // its UID
	Vars      map[string][]string `json:"vars,omitempty"`      // that were chosen for the incident
	Left      []string            `json:"left,omitempty"`      // dashboards whose snapshots come later
	Part      int                 `json:"part,omitempty"`      // of a big answer: 1 of Parts
	Parts     int                 `json:"parts,omitempty"`
}

// snapshotAnswer is what became of a dashboard.
type snapshotAnswer struct {
	Title    string              `json:"title"`
	URL      string              `json:"url"`
	Reused   bool                `json:"reused"` // made for an earlier draft of the same window
	Vars     map[string][]string `json:"vars"`   // what all variables showed
	Panels   []panelRecord       `json:"panels"`
	Problems []problem           `json:"problems"`
	Notes    []string            `json:"notes"`
}

// annotationsAnswer is what people marked.
type annotationsAnswer struct {
	Annotations []annotation `json:"annotations"`
	Incomplete  string       `json:"incomplete,omitempty"` // why some may be missing
}

// annotation is one of Grafana's, without who wrote it.
type annotation struct {
	ID        int64    `json:"id"`
	Time      int64    `json:"time"` // ms
	TimeEnd   int64    `json:"time_end"`
	Text      string   `json:"text"`
	Tags      []string `json:"tags"`
	Dashboard string   `json:"dashboard,omitempty"` // UID; none for the organisation's
	Panel     int64    `json:"panel,omitempty"`
	Alert     int64    `json:"alert,omitempty"` // the alert rule that wrote it
	NewState  string   `json:"new_state,omitempty"`
	PrevState string   `json:"prev_state,omitempty"`
}

// question begins a question of this Gather.
func (g *gathering) question(kind string) question {
	return question{Kind: kind, Grafana: g.name, From: g.window.From, To: g.window.To}
}

// ask is the frame of the record of a question.
func (g *gathering) ask(q question, url string) sources.Ask {
	query := ""
	switch q.Kind {
	case kindAnnotations:
		query = fmt.Sprintf("GET /api/annotations from %s to %s", timeline.FormatTime(q.From), timeline.FormatTime(q.To))
	case kindSnapshot:
		query = fmt.Sprintf("snapshot of dashboard %s from %s to %s", q.Dashboard, timeline.FormatTime(q.From), timeline.FormatTime(q.To))
		for _, name := range slices.Sorted(maps.Keys(q.Vars)) {
			query += fmt.Sprintf(", %s=%s", name, clip(strings.Join(q.Vars[name], ","), 100))
		}
	case kindLater:
		query = "no snapshots of dashboards " + strings.Join(q.Left, ", ")
	}
	if q.Parts > 1 {
		query += fmt.Sprintf(", part %d of %d", q.Part, q.Parts)
	}
	return sources.Ask{
		Source: Kind, Target: g.name, Query: query, Question: q,
		Observed: timeline.Window{From: q.From, To: q.To}, URL: url,
	}
}

// answered and failed make the record of a question.
func (g *gathering) answered(q question, url string, answer any) ([]timeline.Evidence, error) {
	e, err := sources.Answer(g.ask(q, url), answer, g.req.Now())
	if err != nil {
		return nil, err
	}
	return []timeline.Evidence{e}, nil
}

func (g *gathering) failed(q question, reason error) ([]timeline.Evidence, error) {
	g.req.Log.Warn("grafana did not answer", "question", q.Kind, "dashboard", q.Dashboard, "err", reason)
	e, err := sources.Failure(g.ask(q, ""), reason, g.req.Now())
	if err != nil {
		return nil, err
	}
	return []timeline.Evidence{e}, nil
}
