package page

import (
	"slices"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// How much of a story is drawn, and of foreign text is shown. The document and
// timeline.json have all of it.
const (
	maxEvents  = 20_000
	maxLanes   = 60
	maxTitle   = 160 // characters
	maxName    = 80
	maxLabel   = 40
	maxSummary = 300
	maxValue   = 600
)

// Story is a draft as its page shows it.
type Story struct {
	Title    string
	Timeline timeline.Timeline // without records and series
	Curves   []report.Curve
	Location *time.Location
	Version  string // changes with the draft

	records int            // how many the draft has
	undrawn int            // series without a curve
	unshown int            // events beyond maxEvents, the mildest
	lanes   []lane         // in the order of the page
	laneOf  []int          // of each event
	number  map[string]int // of an event, by its ID
}

// NewStory takes from a draft what its page shows. The version tells it from other
// states of the draft.
func NewStory(d report.Draft, version string) Story {
	t := d.Timeline
	s := Story{
		Title: report.Plain(d.Heading(), maxTitle), Curves: report.Curves(t), Location: d.Location, Version: version,
		number: map[string]int{},
	}
	s.undrawn = len(t.Series) - len(s.Curves)
	if s.Location == nil {
		s.Location = time.UTC
	}
	s.records = len(t.Evidence)
	t.Evidence, t.Series = nil, nil
	t.Events, s.unshown = gravestEvents(t.Events)
	s.Timeline = t
	s.lanes, s.laneOf = lanesOf(t)
	for n, e := range t.Events {
		s.number[e.ID] = n
	}
	return s
}

// Event is an event by its ID.
func (s Story) Event(id string) (timeline.Event, bool) {
	n, ok := s.number[id]
	if !ok {
		return timeline.Event{}, false
	}
	return s.Timeline.Events[n], true
}

// Records are the IDs of the records that an event cites, at most as many as are shown.
func Records(e timeline.Event) []string { return e.Evidence[:min(len(e.Evidence), maxRecords)] }

// gravestEvents are at most maxEvents, in the order in which they stood.
func gravestEvents(all []timeline.Event) (kept []timeline.Event, left int) {
	kept = slices.Clone(all)
	for _, mildest := range []timeline.Severity{timeline.Info, timeline.Warning} {
		if len(kept) > maxEvents {
			kept = slices.DeleteFunc(kept, func(e timeline.Event) bool { return e.Severity == mildest })
		}
	}
	kept = kept[:min(len(kept), maxEvents)]
	return kept, len(all) - len(kept)
}

// clock writes the story's times.
func (s Story) clock() report.Clock { return report.NewClock(s.Location, s.Timeline.Window) }
