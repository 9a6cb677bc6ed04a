package incident

import (
	"encoding/json"
	"fmt"
	"time"
)

// Draft is what was done with an incident. The zero value is nothing.
type Draft struct {
	Opened          time.Time `json:"opened,omitzero"` // when it was queued to be told that there is an incident
	Count           int       `json:"count,omitempty"` // of drafts that were written
	Dir             string    `json:"dir,omitempty"`
	First           time.Time `json:"first,omitzero"`    // when the first draft was written
	Last            time.Time `json:"last,omitzero"`     // when it was refreshed last
	Final           bool      `json:"final,omitempty"`   // the last one was the final one
	Version         string    `json:"version,omitempty"` // [Incident.Version] of what the last one was made of
	SnapshotPending bool      `json:"snapshot_pending,omitempty"`
	Recovery        Recovery  `json:"recovery,omitzero"`  // what the last draft before the final one saw of the harm
	Asked           time.Time `json:"asked,omitzero"`     // when somebody asked for a new one
	Asks            int       `json:"asks,omitempty"`     // how often
	Answered        int       `json:"answered,omitempty"` // the Asks that the last one has heard of when it began
	Failures        int       `json:"failures,omitempty"` // in a row
	FailedAt        time.Time `json:"failed_at,omitzero"`
	Failure         string    `json:"failure,omitempty"`
}

// Wanted reports that somebody has asked for a new draft since the last one began. An
// older collector did not count.
func (d Draft) Wanted() bool { return d.Asked.After(d.Last) || d.Asks > d.Answered }

func (d Draft) encode() (string, error) {
	text, err := json.Marshal(d)
	return string(text), err
}

func decodeDraft(text string) (d Draft, err error) {
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Draft{}, fmt.Errorf("what was done with an incident: %w", err)
	}
	return d, nil
}

// Step is what a draft is.
type Step string

// The steps.
const (
	FirstDraft   Step = "first"
	RefreshDraft Step = "refresh"
	FinalDraft   Step = "final"
)

// Work is an incident that needs a draft now.
type Work struct {
	Incident Incident
	Step     Step
}

// The wait after a draft that failed doubles from one failure to the next.
const (
	firstWait = 10 * time.Second
	mostWait  = 10 * time.Minute
)

// due says whether an incident needs a draft at now, and which one. A closed incident
// that never had one gets its final one at once. A final one is made again when the
// incident has changed since: a late alert, a merge, an operator's wish. When
// everything has been resolved for settle, a draft looks at once whether the harm is over.
func (i Incident) due(now time.Time, refresh time.Duration) (Step, bool) {
	d := i.Draft
	if d.Failures > 0 && now.Before(d.FailedAt.Add(wait(d.Failures))) {
		return "", false
	}
	asked := d.Wanted()
	rested := !now.Before(d.Last.Add(refresh))
	if i.State == StateClosed {
		return FinalDraft, !d.Final || asked || d.Version != i.Version() || d.SnapshotPending && rested
	}
	if d.First.IsZero() {
		return FirstDraft, true
	}
	return RefreshDraft, asked || rested || i.unseen(now)
}

func wait(failures int) time.Duration {
	d := firstWait
	for range failures - 1 {
		if d *= 2; d >= mostWait {
			return mostWait
		}
	}
	return d
}

// finished reports that nothing of the incident's samples is needed any more. One
// whose draft cannot be written is given up some time after it was closed.
func (i Incident) finished(now time.Time, patience time.Duration) bool {
	return i.State == StateClosed && (i.Draft.Final && i.Draft.Version == i.Version() || now.Sub(i.ClosedAt) > patience)
}
