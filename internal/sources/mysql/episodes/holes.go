package episodes

import (
	"cmp"
	"slices"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

const (
	mergeTicks  = 5   // stretches with fewer observed ticks between them are one
	mostHoles   = 400 // of a server in a record; more are merged further
	slowStream  = 15 * time.Second
	sessionMiss = 3 // answered ticks without a processlist that make a hole
)

// stretch is a time in which something was not observed, between the observed
// ticks at both ends.
type stretch struct {
	Stream      string    `json:"stream"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Missing     int       `json:"missing,omitempty"` // ticks without a heartbeat
	Skipped     int       `json:"skipped,omitempty"`
	Refused     int       `json:"refused,omitempty"`
	Denied      int       `json:"denied,omitempty"`
	Unreachable int       `json:"unreachable,omitempty"`
	TimedOut    int       `json:"timed_out,omitempty"`
	Unsampled   int       `json:"unsampled,omitempty"` // answered ticks without this stream
	Unread      bool      `json:"unread,omitempty"`    // the recording could not be read on
	ErrorNumber uint16    `json:"error_number,omitempty"`
}

func (s *stretch) count(b *beat) {
	switch b.outcome {
	case store.Skipped:
		s.Skipped++
	case store.Refused:
		s.Refused++
	case store.Denied:
		s.Denied++
	case store.Unreachable:
		s.Unreachable++
	case store.TimedOut:
		s.TimedOut++
	}
	if b.ErrorNumber != 0 {
		s.ErrorNumber = b.ErrorNumber
	}
}

// join takes in a later stretch.
func (s *stretch) join(o stretch) {
	s.To = o.To
	s.Missing += o.Missing
	s.Skipped += o.Skipped
	s.Refused += o.Refused
	s.Denied += o.Denied
	s.Unreachable += o.Unreachable
	s.TimedOut += o.TimedOut
	s.Unsampled += o.Unsampled
	s.Unread = s.Unread || o.Unread
	if s.ErrorNumber == 0 {
		s.ErrorNumber = o.ErrorNumber
	}
}

// holeScan finds what was not observed.
type holeScan struct {
	window   timeline.Window
	prev     beat // the previous heartbeat
	has      bool
	answered time.Time // the last answered one
	open     *stretch
	done     []stretch
	streams  [streamCount]streamHoles
}

// streamHoles follows one stream beside the heartbeats.
type streamHoles struct {
	last   time.Time // its last sample
	missed int       // answered ticks without one since
	from   time.Time // the last observed tick before those
}

func (h *holeScan) beat(b *beat) {
	if !h.has && b.At.Sub(h.window.From) > tooLate(b.interval) {
		h.prev = beat{look: look{At: h.window.From}} // nothing was recorded before
		h.missing(b.At, b.interval)
	}
	if h.has {
		h.missing(b.At, b.interval)
		if h.prev.outcome == store.Answered {
			h.settle(&h.prev)
		}
	}
	if b.outcome == store.Answered {
		h.closeAt(b.At)
		h.answered = b.At
	} else {
		if h.open == nil {
			from := b.At
			if h.has && h.prev.outcome == store.Answered {
				from = h.prev.At
			}
			h.open = &stretch{Stream: streamName(streamTicks), From: from}
		}
		if h.window.Contains(b.At) { // what was read before the window only tells where it began
			h.open.count(b)
		}
	}
	h.prev, h.has = *b, true
}

// missing notes that no heartbeat was written between the previous one and at.
func (h *holeScan) missing(at time.Time, interval time.Duration) {
	interval = max(interval, h.prev.interval)
	pause := at.Sub(h.prev.At)
	if pause <= tooLate(interval) {
		return
	}
	if h.open == nil {
		h.open = &stretch{Stream: streamName(streamTicks), From: h.prev.At}
	}
	h.open.Missing += max(1, int((pause+interval/2)/interval)-1)
}

func (h *holeScan) closeAt(at time.Time) {
	if h.open != nil {
		h.open.To = at
		h.done = append(h.done, *h.open)
		h.open = nil
	}
}

// sample notes that a stream was sampled at the tick.
func (h *holeScan) sample(stream int, at time.Time) {
	s := &h.streams[stream]
	h.endStream(stream, at)
	s.last = at
}

// settle looks whether the streams were sampled at an answered tick that is over.
func (h *holeScan) settle(b *beat) {
	for i := streamSessions; i <= streamStatus; i++ {
		s := &h.streams[i]
		if !s.last.Before(b.At) {
			continue
		}
		if s.missed == 0 {
			s.from = s.last
			if s.from.IsZero() || b.At.Sub(s.from) > tooLate(b.interval) {
				s.from = b.At // a hole of the heartbeats lies before
			}
		}
		s.missed++
	}
}

// endStream ends a stream's hole with its next sample, or with the last tick.
func (h *holeScan) endStream(stream int, at time.Time) {
	s := &h.streams[stream]
	limit := sessionMiss
	if stream != streamSessions && h.prev.interval > 0 {
		limit = max(limit, int(slowStream/h.prev.interval))
	}
	if s.missed >= limit {
		h.done = append(h.done, stretch{Stream: streamName(stream), From: s.from, To: at, Unsampled: s.missed})
	}
	s.missed = 0
}

// finish returns the stretches inside the window, in the order of time, without
// those that an outage explains; merged says what was put together. unread is
// set when the heartbeats could not be read to their end.
func (h *holeScan) finish(interval time.Duration, explained []outage, unread bool) (out []stretch, merged string) {
	w := h.window
	if h.has {
		if h.prev.outcome == store.Answered {
			h.settle(&h.prev)
		}
		for i := streamSessions; i <= streamStatus; i++ {
			h.endStream(i, h.prev.At)
		}
		if unread {
			h.closeAt(h.prev.At)
			h.open = &stretch{Stream: streamName(streamTicks), From: h.prev.At, Unread: true}
		} else {
			h.missing(w.To, interval)
		}
		if h.open != nil && h.open.Missing == 0 && !unread {
			h.closeAt(h.prev.At.Add(interval))
		}
		h.closeAt(w.To)
	}
	for _, s := range h.done {
		if s.Stream == streamName(streamTicks) && (s.explainedBy(explained) || s.jitter(interval)) {
			continue
		}
		if s.clip(w, interval) {
			out = append(out, s)
		}
	}
	distance := mergeTicks * interval
	for {
		joined := joinNear(out, distance)
		if len(joined) <= mostHoles {
			return joined, distance.String()
		}
		distance *= 2
	}
}

// jitter reports whether the recorder merely skipped a tick, as it does after one
// that took long: the samples around it lie no further apart than samples may.
func (s *stretch) jitter(interval time.Duration) bool {
	return s.Missing+s.Refused+s.Denied+s.Unreachable+s.TimedOut == 0 && !s.Unread && s.To.Sub(s.From) <= tooLate(interval)
}

// clip cuts the stretch to the window and reports whether anything is left.
func (s *stretch) clip(w timeline.Window, interval time.Duration) bool {
	if s.From.Before(w.From) {
		s.From = w.From
	}
	if s.To.After(w.To) {
		s.To = w.To
	}
	most := int(s.To.Sub(s.From)/interval) + 1
	s.Missing, s.Unsampled = min(s.Missing, most), min(s.Unsampled, most)
	return s.From.Before(s.To) && !s.empty()
}

// empty reports whether no tick of the stretch is left.
func (s *stretch) empty() bool {
	return s.Missing+s.Skipped+s.Refused+s.Denied+s.Unreachable+s.TimedOut+s.Unsampled == 0 && !s.Unread
}

// explainedBy reports whether a stretch is nothing but an outage that was seen as
// such: nobody listened, or the server came back as a new process. A server that
// only failed to answer in time worked on unseen.
func (s *stretch) explainedBy(outages []outage) bool {
	if s.Missing+s.Refused+s.Denied > 0 || s.Unread {
		return false
	}
	for _, o := range outages {
		seen := o.Unreachable > 0 || o.restarted()
		if seen && !o.First[0].At.Before(s.From) && !o.Last.At.After(s.To) {
			return true
		}
	}
	return false
}

// joinNear merges stretches of one stream that lie closer than the distance.
func joinNear(in []stretch, distance time.Duration) []stretch {
	slices.SortStableFunc(in, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), a.From.Compare(b.From))
	})
	out := []stretch{}
	for _, s := range in {
		if n := len(out); n > 0 && out[n-1].Stream == s.Stream && s.From.Sub(out[n-1].To) < distance {
			out[n-1].join(s)
			continue
		}
		out = append(out, s)
	}
	return out
}
