package alertmanager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	kindSilences   = "silences"   // that overlapped the window
	kindSuppressed = "suppressed" // alerts that are held and of which nobody is told, now
	kindEvents     = "events"     // lines of the event recorder
	kindEventsFile = "events_file"
)

// question is all that the interpreter needs to know.
type question struct {
	Kind         string          `json:"kind"`
	Alertmanager string          `json:"alertmanager"` // the entry's name in the configuration
	Window       timeline.Window `json:"window"`
	Scope        timeline.Scope  `json:"scope"`
	Retention    string          `json:"retention,omitempty"`   // of silences that ended: 120h
	KeptSince    time.Time       `json:"kept_since,omitzero"`   // silences that ended before are gone
	Now          bool            `json:"now,omitempty"`         // the window reaches to now: kindSuppressed is asked too
	EventsFile   string          `json:"events_file,omitempty"` // the glob, if one is configured
	Path         string          `json:"path,omitempty"`        // of a file that could not be read
	Part         int             `json:"part,omitempty"`        // of Parts, from 1
	Parts        int             `json:"parts,omitempty"`
}

// silencesAnswer is the answer to kindSilences.
type silencesAnswer struct {
	Version  string    `json:"version"`
	Started  time.Time `json:"running_since"` // on its clock
	Asked    time.Time `json:"asked_at"`
	Clock    clock     `json:"clock_ahead"`
	Silences []silence `json:"silences"`
	Others   int       `json:"others,omitempty"`   // outside of the window or the scope
	LeftOut  int       `json:"left_out,omitempty"` // beyond maxSilences; said in the first part
}

// silence is one as it was told last.
type silence struct {
	ID        string      `json:"id"`
	Target    string      `json:"target,omitempty"`
	Matchers  [][]matcher `json:"matchers"` // sets of which one must match
	CreatedBy string      `json:"created_by"`
	Comment   string      `json:"comment,omitempty"`
	StartsAt  time.Time   `json:"starts_at"`
	EndsAt    time.Time   `json:"ends_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

// whole reports whether a silence has what every one has: an ID and its times.
func whole(id string, startsAt, endsAt time.Time) bool {
	return id != "" && !startsAt.IsZero() && !endsAt.IsZero()
}

// suppressedAnswer is the answer to kindSuppressed.
type suppressedAnswer struct {
	Asked      time.Time    `json:"asked_at"`
	Clock      clock        `json:"clock_ahead"`
	Held       int          `json:"held"` // alerts that it holds as firing
	Suppressed []suppressed `json:"suppressed"`
	LeftOut    int          `json:"left_out,omitempty"`
}

// suppressed is an alert of which nobody is told.
type suppressed struct {
	alertRef
	SilencedBy  []string   `json:"silenced_by,omitempty"` // IDs of silences
	InhibitedBy []alertRef `json:"inhibited_by,omitempty"`
	MutedBy     []string   `json:"muted_by,omitempty"` // names of time intervals; 0.28 or newer
}

// alertRef is what is needed of an alert to name it. Its labels stand only where the
// alert itself is meant.
type alertRef struct {
	Fingerprint string            `json:"fingerprint"`
	Name        string            `json:"alertname,omitempty"`
	Target      string            `json:"target,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	StartsAt    time.Time         `json:"starts_at,omitzero"`
}

// String names it: ReplicaLag (db2).
func (r alertRef) String() string {
	name := cmp.Or(r.Name, "without a name")
	if r.Name == "" && r.Fingerprint != "" {
		name = r.Fingerprint
	}
	if r.Target == "" {
		return name
	}
	return name + " (" + r.Target + ")"
}

// eventsAnswer is the answer to kindEvents.
type eventsAnswer struct {
	Files   []fileReport `json:"files,omitempty"` // in the first part
	Entries []entry      `json:"entries"`
	LeftOut int          `json:"left_out,omitempty"`
}

// ask is the frame of the record of a question.
func (g *gathering) ask(q question) sources.Ask {
	query := ""
	switch q.Kind {
	case kindSilences:
		query = "GET /api/v2/status, GET /api/v2/silences"
	case kindSuppressed:
		query = "GET /api/v2/alerts?" + everything().Encode()
	case kindEvents:
		query = fmt.Sprintf("lines of %s from %s to %s", q.EventsFile, timeline.FormatTime(g.from), timeline.FormatTime(g.to))
	case kindEventsFile:
		query = "read " + q.Path
	}
	if q.Parts > 1 {
		query += fmt.Sprintf(", part %d of %d", q.Part, q.Parts)
	}
	ask := sources.Ask{Source: Kind, Target: q.Alertmanager, Query: query, Question: q, Observed: q.Window}
	if q.Kind == kindSilences {
		ask.URL = g.source.client.URL.String() + "/#/silences"
	}
	return ask
}

func (g *gathering) failed(q question, reason error) ([]timeline.Evidence, error) {
	g.req.Log.Warn("alertmanager could not be asked", "question", q.Kind, "err", reason)
	record, err := sources.Failure(g.ask(q), reason, g.req.Now())
	if err != nil {
		return nil, err
	}
	return []timeline.Evidence{record}, nil
}

// answered makes a record of each part of an answer.
func answered[T any](g *gathering, q question, list []T, answer func(part []T, first bool) any) ([]timeline.Evidence, error) {
	pieces, err := sources.Parts(list)
	if err != nil {
		return nil, err
	}
	var out []timeline.Evidence
	for i, piece := range pieces {
		if len(pieces) > 1 {
			q.Part, q.Parts = i+1, len(pieces)
		}
		record, err := sources.Answer(g.ask(q), answer(piece, i == 0), g.req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// listed names the first few of many.
func listed(names []string, most int) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
