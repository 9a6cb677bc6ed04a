package timeline

import (
	"encoding/json"
	"time"
)

// This file holds the JSON forms: the contract of timeline.json and of
// evidence/<id>.json. Times go out in the one layout of FormatTime.

// stamp is a time in the layout of FormatTime.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) { return json.Marshal(FormatTime(time.Time(s))) }

func (s *stamp) UnmarshalJSON(b []byte) error {
	var t time.Time
	if err := json.Unmarshal(b, &t); err != nil {
		return err
	}
	*s = stamp(t.UTC())
	return nil
}

type windowJSON struct {
	From stamp `json:"from"`
	To   stamp `json:"to"`
}

// MarshalJSON writes {"from","to"}.
func (w Window) MarshalJSON() ([]byte, error) {
	return json.Marshal(windowJSON{stamp(w.From), stamp(w.To)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (w *Window) UnmarshalJSON(b []byte) error {
	var raw windowJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*w = Window{time.Time(raw.From), time.Time(raw.To)}
	return nil
}

type phaseJSON struct {
	instantJSON
	Rule  string `json:"rule"`
	Event string `json:"event"`
}

// MarshalJSON writes {"at","earliest","latest","rule","event"}.
func (p Phase) MarshalJSON() ([]byte, error) {
	return json.Marshal(phaseJSON{
		instantJSON{FormatTime(p.At), FormatTime(p.Earliest), FormatTime(p.Latest)}, p.Rule, p.Event,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Phase) UnmarshalJSON(b []byte) error {
	if err := p.Instant.UnmarshalJSON(b); err != nil {
		return err
	}
	var rest struct{ Rule, Event string }
	if err := json.Unmarshal(b, &rest); err != nil {
		return err
	}
	p.Rule, p.Event = rest.Rule, rest.Event
	return nil
}

type gapJSON struct {
	Source   string   `json:"source"`
	Target   string   `json:"target"`
	From     stamp    `json:"from"`
	To       stamp    `json:"to"`
	Reason   string   `json:"reason"`
	Evidence []string `json:"evidence"`
}

// MarshalJSON writes the gap with its times in the layout of all files.
func (g Gap) MarshalJSON() ([]byte, error) {
	return json.Marshal(gapJSON{g.Source, g.Target, stamp(g.From), stamp(g.To), g.Reason, list(g.Evidence)})
}

// evidenceJSON is evidence/<id>.json.
type evidenceJSON struct {
	ID           string `json:"id"`
	Source       string `json:"source"`
	Target       string `json:"target"`
	Query        string `json:"query"`
	CollectedAt  stamp  `json:"collected_at"`
	ObservedFrom stamp  `json:"observed_from"`
	ObservedTo   stamp  `json:"observed_to"`
	MediaType    string `json:"media_type"`
	SHA256       string `json:"sha256"`
	URL          string `json:"url,omitempty"`
	Body         string `json:"body"`
}

// MarshalJSON writes the record as it stands in evidence/<id>.json.
func (e Evidence) MarshalJSON() ([]byte, error) {
	return json.Marshal(evidenceJSON{
		e.ID, e.Source, e.Target, e.Query, stamp(e.CollectedAt), stamp(e.ObservedFrom), stamp(e.ObservedTo),
		e.MediaType, e.SHA256, e.URL, e.Body,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Evidence) UnmarshalJSON(b []byte) error {
	var raw evidenceJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*e = Evidence{
		raw.ID, raw.Source, raw.Target, raw.Query, time.Time(raw.CollectedAt), time.Time(raw.ObservedFrom),
		time.Time(raw.ObservedTo), raw.MediaType, raw.SHA256, raw.URL, raw.Body,
	}
	return nil
}

// evidenceRef is a record in timeline.json: all but the body.
type evidenceRef struct {
	ID           string `json:"id"`
	Source       string `json:"source"`
	Target       string `json:"target"`
	Query        string `json:"query"`
	CollectedAt  stamp  `json:"collected_at"`
	ObservedFrom stamp  `json:"observed_from"`
	ObservedTo   stamp  `json:"observed_to"`
	SHA256       string `json:"sha256"`
	URL          string `json:"url"`
}

type timelineJSON struct {
	Schema   string        `json:"schema"`
	Window   Window        `json:"window"`
	Scope    Scope         `json:"scope"`
	Title    string        `json:"title"`
	Phases   Phases        `json:"phases"`
	Events   []Event       `json:"events"`
	Checks   []Check       `json:"checks"`
	Gaps     []Gap         `json:"gaps"`
	Impact   []Impact      `json:"impact"`
	Evidence []evidenceRef `json:"evidence"`
}

// MarshalJSON writes timeline.json's form.
func (t Timeline) MarshalJSON() ([]byte, error) {
	refs := make([]evidenceRef, len(t.Evidence))
	for i, e := range t.Evidence {
		refs[i] = evidenceRef{
			e.ID, e.Source, e.Target, e.Query, stamp(e.CollectedAt), stamp(e.ObservedFrom), stamp(e.ObservedTo), e.SHA256, e.URL,
		}
	}
	return json.Marshal(timelineJSON{
		SchemaV1, t.Window, t.Scope, t.Title, t.Phases,
		list(t.Events), list(t.Checks), list(t.Gaps), list(t.Impact), refs,
	})
}

// UnmarshalJSON reads timeline.json; the bodies of its evidence are not in it.
func (t *Timeline) UnmarshalJSON(b []byte) error {
	var raw timelineJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*t = Timeline{
		Window: raw.Window, Scope: raw.Scope, Title: raw.Title, Phases: raw.Phases,
		Events: raw.Events, Checks: raw.Checks, Gaps: raw.Gaps, Impact: raw.Impact,
	}
	for _, r := range raw.Evidence {
		t.Evidence = append(t.Evidence, Evidence{
			ID: r.ID, Source: r.Source, Target: r.Target, Query: r.Query, CollectedAt: time.Time(r.CollectedAt),
			ObservedFrom: time.Time(r.ObservedFrom), ObservedTo: time.Time(r.ObservedTo), SHA256: r.SHA256, URL: r.URL,
		})
	}
	return nil
}

// list makes nil an empty list: timeline.json has no nulls where lists stand.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
