package episodes

import "time"

// firstKept is how many of an episode's first samples an excerpt shows.
const firstKept = 3

// excerpt is what a record keeps of a condition that held for a while.
type excerpt[S sample] struct {
	Before    *S    `json:"before"`            // the last sample without the condition; null when none was recorded
	First     []S   `json:"first"`             // the first samples with it
	Peak      *S    `json:"peak,omitempty"`    // the worst one
	Last      *S    `json:"last"`              // the last sample with it
	After     *S    `json:"after"`             // the first sample without it; null: still so at the window's end
	Samples   int   `json:"samples"`           // how many had it
	Stretches int   `json:"stretches"`         // more than 1: single samples without it lie between
	HoleMS    int64 `json:"hole_ms,omitempty"` // the longest pause between two samples inside
}

// tracker follows one condition through a stream of samples.
//
// A single sample without the condition between two with it does not end an
// episode: it is one episode with one more stretch. So two episodes of one
// condition never touch within their errors, and a flapping state is one line.
type tracker[S sample] struct {
	worse   func(a, b *S) bool // whether a is worse than b; nil keeps no peak
	good    S                  // the last sample without the condition
	hasGood bool
	open    *excerpt[S]
	calm    int // samples without the condition since the open episode's last
	last    time.Time
	closed  []excerpt[S]
}

// bad takes a sample with the condition. pause is the longest that two samples
// may lie apart without a hole between them.
func (t *tracker[S]) bad(s *S, pause time.Duration) {
	at := (*s).when().At
	if t.open == nil {
		t.open = &excerpt[S]{Stretches: 1}
		if t.hasGood {
			t.open.Before = kept(&t.good)
		}
	} else {
		if t.calm > 0 {
			t.open.Stretches++
			t.open.After = nil
		}
		if hole := at.Sub(t.last); hole > pause {
			t.open.HoleMS = max(t.open.HoleMS, hole.Milliseconds())
		}
	}
	t.calm, t.last = 0, at
	e := t.open
	e.Samples++
	if e.Last == nil {
		e.Last = new(S)
	}
	*e.Last = *s
	if len(e.First) < firstKept {
		e.First = append(e.First, *s)
	}
	if t.worse != nil && (e.Peak == nil || t.worse(s, e.Peak)) {
		e.Peak = kept(s)
	}
}

// fine takes a sample without the condition.
func (t *tracker[S]) fine(s *S) {
	t.last = (*s).when().At
	t.good, t.hasGood = *s, true
	if t.open == nil {
		return
	}
	t.calm++
	if t.calm == 1 {
		t.open.After = kept(s)
		return
	}
	t.close()
}

// kept is a copy that outlives the loop.
func kept[S any](s *S) *S {
	c := *s
	return &c
}

// unknown takes a sample that says nothing about the condition: it only shows
// that there was no hole.
func (t *tracker[S]) unknown(at time.Time) { t.last = at }

// close ends the open episode, if any.
func (t *tracker[S]) close() {
	if t.open != nil {
		t.closed = append(t.closed, *t.open)
	}
	t.open, t.calm = nil, 0
}
