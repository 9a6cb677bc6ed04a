package timeline

import (
	"errors"
	"fmt"
	"time"
)

// Event is an episode: it has a start and, unless it was still going on when
// the window closed, an end. An instant has End equal to Start.
type Event struct {
	ID         string            `json:"id"` // set by Build
	Kind       Kind              `json:"kind"`
	Grade      Grade             `json:"grade"`
	Severity   Severity          `json:"severity"` // set by Build from SeverityOf
	Source     string            `json:"source"`
	Target     string            `json:"target"`
	Start      Instant           `json:"start"`
	End        *Instant          `json:"end"`
	Summary    string            `json:"summary"` // one plain sentence without a full stop
	Attributes map[string]string `json:"attributes"`
	Evidence   []string          `json:"evidence"` // IDs, at least one

	// Key tells episodes of one kind and target apart: an alert's labels, a
	// replication channel and thread, a session's ID. Two sources that give the
	// same kind, target and key for overlapping times saw the same fact.
	Key string `json:"-"`
}

// EndsAt is the event's end, or the given time when it has none.
func (e Event) EndsAt(otherwise time.Time) time.Time {
	if e.End == nil {
		return otherwise
	}
	return e.End.At
}

// Touches reports whether the event, within its errors, lies in the window.
func (e Event) Touches(w Window) bool {
	if !e.Start.Earliest.Before(w.To) {
		return false
	}
	return e.End == nil || !e.End.Latest.Before(w.From)
}

// Validate says why an event may not stand in a timeline.
func (e Event) Validate() error {
	var errs []error
	if !e.Kind.Valid() {
		errs = append(errs, fmt.Errorf("unknown kind %q", e.Kind))
	}
	if len(e.Evidence) == 0 {
		errs = append(errs, errors.New("no evidence"))
	}
	if e.Summary == "" {
		errs = append(errs, errors.New("no summary"))
	}
	if err := e.Start.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("start: %w", err))
	}
	if e.End != nil {
		if err := e.End.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("end: %w", err))
		}
		if e.End.At.Before(e.Start.At) {
			errs = append(errs, errors.New("ends before it starts"))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("event %s of %s at %s: %w", e.Kind, e.Target, FormatTime(e.Start.At), errors.Join(errs...))
}
