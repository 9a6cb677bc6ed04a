package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/live"
)

const (
	// livePulse is when a state is told again that has not changed, so that its age is seen.
	livePulse = 10 * time.Second
	// finalDraftWait is for how long after its closing an incident is followed whose
	// final draft is not there.
	finalDraftWait = 15 * time.Minute
)

// liveView is what is to be told of an incident: each event as it goes to the
// clients, and how often it has changed. It is never changed itself.
type liveView struct {
	state live.State
	told  time.Time // when the state was
	about string    // the incident, as it was told
	made  liveDraft
	over  bool

	stateEvent, fragmentEvent, incidentEvent, draftEvent []byte
	changes                                              liveChanges
}

// liveChanges count the changes of each event.
type liveChanges struct{ state, incident, draft int }

// liveIncident is the data of the event `incident`. Its keys are added to, never changed.
type liveIncident struct {
	ID       string           `json:"id"`
	State    incident.State   `json:"state"`
	From     time.Time        `json:"from"`
	ClosedAt time.Time        `json:"closed_at,omitzero"`
	ClosedBy incident.Closing `json:"closed_by,omitempty"`
	Alerts   int              `json:"alerts"`
	Firing   int              `json:"firing"`
	Draft    *liveDraft       `json:"draft"` // null before the first one; what changes here alone is told by the event `draft`
}

// liveDraft is the data of the event `draft`.
type liveDraft struct {
	Count int       `json:"count"` // of drafts that were written so far
	At    time.Time `json:"at"`
	Final bool      `json:"final"`
}

func draftOf(i incident.Incident) liveDraft {
	return liveDraft{i.Draft.Count, i.Draft.Last.UTC().Truncate(time.Millisecond), i.Draft.Final}
}

// isOver reports whether nothing more will happen to an incident: it is closed, and
// its final draft is there or will not be.
func isOver(i incident.Incident, now time.Time) bool {
	if i.State != incident.StateClosed {
		return false
	}
	return i.Sealed || now.Sub(i.ClosedAt) > finalDraftWait || i.Draft.Final && i.Draft.Version == i.Version()
}

// next is the view after a look, or nil when there is nothing new to tell. v is nil
// before the first look.
func (v *liveView) next(i incident.Incident, state live.State, zone *time.Location, now time.Time) (*liveView, error) {
	var n liveView
	first := v == nil
	if !first {
		n = *v
	}
	n.over = isOver(i, now)
	if err := n.takeIncident(i, first); err != nil {
		return nil, err
	}
	// Of an incident that is over nobody wants to know how the servers are.
	if !n.over && (first || !state.Same(n.state) || now.Sub(n.told) >= livePulse) {
		if err := n.takeState(state, zone, now); err != nil {
			return nil, err
		}
	}
	if !first && n.changes == v.changes && n.over == v.over {
		return nil, nil
	}
	return &n, nil
}

func (v *liveView) takeIncident(i incident.Incident, first bool) error {
	told := liveIncident{
		ID: i.ID, State: i.State, From: i.Window.From.UTC(), ClosedAt: i.ClosedAt.UTC(), ClosedBy: i.ClosedBy,
		Alerts: i.Count, Firing: i.Firing(),
	}
	about := fmt.Sprintf("%+v", told)
	draft := draftOf(i)
	if !first && draft != v.made {
		text, err := event("draft", draft)
		if err != nil {
			return err
		}
		v.draftEvent = text
		v.changes.draft++
	}
	v.made = draft
	if about == v.about {
		return nil
	}
	if draft.Count > 0 {
		told.Draft = &draft
	}
	text, err := event("incident", told)
	if err != nil {
		return err
	}
	v.about, v.incidentEvent = about, text
	v.changes.incident++
	return nil
}

func (v *liveView) takeState(state live.State, zone *time.Location, now time.Time) error {
	text, err := event("state", state)
	if err != nil {
		return err
	}
	fragment, err := live.Fragment(state, zone)
	if err != nil {
		return err
	}
	v.state, v.told, v.stateEvent, v.fragmentEvent = state, now, text, eventOf("state", string(fragment))
	v.changes.state++
	return nil
}

// liveReader is how far one client is.
type liveReader struct {
	html  bool // wants the state as HTML
	began bool
	told  liveChanges
}

// endID is the ID of a stream's last event. A browser that comes again with it is
// told not to: the incident is over.
const endID = "over"

// frames are the events of a view that the client has not been told of, the newest of
// each kind. Of drafts it is told those that come after it did.
func (r *liveReader) frames(v *liveView) []byte {
	if !r.began {
		r.began, r.told.draft = true, v.changes.draft
	}
	var b bytes.Buffer
	if r.told.incident != v.changes.incident {
		b.Write(v.incidentEvent)
	}
	if r.told.draft != v.changes.draft {
		b.Write(v.draftEvent)
	}
	if r.told.state != v.changes.state {
		if r.html {
			b.Write(v.fragmentEvent)
		} else {
			b.Write(v.stateEvent)
		}
	}
	if v.over {
		b.WriteString("id: " + endID + "\n")
		b.Write(eventOf("end", "{}"))
	}
	r.told = v.changes
	return b.Bytes()
}

// event is an event with data as JSON.
func event(name string, data any) ([]byte, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("telling of %s: %w", name, err)
	}
	return eventOf(name, string(text)), nil
}

// eventOf is an event as a stream of them is written
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): no line of a text
// can be taken for one of the stream's own.
func eventOf(name, text string) []byte {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\n")
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteByte('\n')
	return b.Bytes()
}
