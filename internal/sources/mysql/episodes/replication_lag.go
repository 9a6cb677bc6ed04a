package episodes

import (
	"fmt"
	"time"

	"collector/internal/timeline"
)

// The rule of mysql.replication_lag. A channel lags when its lag reaches the
// threshold. The episode starts when the lag left ~0 (at most calmLag): between
// the last such sample and the next one that has a lag. It ends when the lag is
// ~0 again, or with the first sample below the threshold when it then stays
// between the two for lingering. A single sample of ~0 is a flap and ends nothing.
//
// NULL while a thread is stopped is no lag of 0: it says nothing. When the lag
// left ~0 behind such a stretch, the lag itself tells since when the replica was
// behind.
const (
	calmLag   = time.Second // the server counts whole seconds, so 1 s is as good as none
	lingering = time.Minute
	plateau   = 30 * time.Second // a lag that is no larger after this time was not growing
)

// lagged is the answer of a mysql.replication_lag record. First begins with the
// sample in which the lag had left ~0.
type lagged struct {
	excerpt[replicaSample]
	Crossing *replicaSample `json:"crossing"`   // the first sample at or over the threshold
	Prior    *replicaSample `json:"prior"`      // the last sample with a lag before After
	AfterNo  bool           `json:"after_null"` // NULL lies between Before and First
}

// lagScan follows the lag of one channel.
type lagScan struct {
	calmAt, known     replicaSample // last sample of ~0, last with any lag
	hasCalm, hasKnown bool
	nulls             bool // NULL since calmAt
	rise              *lagged
	crossed           bool
	calms             int
	below             *replicaSample // first sample below the threshold since Last
	last              time.Time
	worst             time.Duration
	done              []lagged
}

func (l *lagScan) observe(s *replicaSample, threshold, pause time.Duration) {
	if s.Absent {
		l.end(s)
		l.hasCalm, l.nulls = false, false
		return
	}
	if s.LagMS == nil {
		l.nulls, l.last = true, s.At
		return
	}
	lag := s.lag()
	l.worst = max(l.worst, lag)
	if lag <= calmLag {
		l.calm(s)
	} else {
		l.behind(s, threshold, pause)
	}
	l.known, l.hasKnown, l.last = *s, true, s.At
}

func (s *replicaSample) lag() time.Duration {
	if s.LagMS == nil {
		return 0
	}
	return time.Duration(*s.LagMS) * time.Millisecond
}

// calm takes a sample of ~0.
func (l *lagScan) calm(s *replicaSample) {
	l.calms++
	if l.rise != nil && l.crossed {
		if l.calms == 1 && l.rise.After == nil {
			l.rise.After, l.rise.Prior = kept(s), kept(&l.known)
		}
		if l.calms < 2 {
			return // the next one decides
		}
		l.done = append(l.done, *l.rise)
	}
	l.rise, l.crossed, l.below, l.nulls = nil, false, nil, false
	// Of several samples of ~0 the last that says 0 is the sharpest.
	if !l.hasCalm || s.lag() == 0 || l.calmAt.lag() > 0 || s.At.Sub(l.calmAt.At) > lingering {
		l.calmAt, l.hasCalm = *s, true
	}
}

// behind takes a sample that is not ~0.
func (l *lagScan) behind(s *replicaSample, threshold, pause time.Duration) {
	if l.rise != nil && !l.crossed && s.At.Sub(l.rise.First[0].At) > plateau && s.lag() <= l.rise.First[0].lag() {
		// It has not grown: this replica is always a little behind.
		l.calmAt, l.hasCalm, l.nulls, l.rise = *s, true, false, nil
		return
	}
	if l.rise == nil {
		l.rise = &lagged{AfterNo: l.nulls}
		l.rise.Stretches = 1
		if l.hasCalm {
			l.rise.Before = kept(&l.calmAt)
		}
	} else if l.calms > 0 && l.crossed {
		l.rise.Stretches++
		l.rise.After, l.rise.Prior = nil, nil
	}
	l.calms = 0
	r := l.rise
	if len(r.First) < firstKept {
		r.First = append(r.First, *s)
	}
	if l.crossed && s.At.Sub(l.last) > pause {
		r.HoleMS = max(r.HoleMS, s.At.Sub(l.last).Milliseconds())
	}
	if r.Peak == nil || s.lag() > r.Peak.lag() {
		r.Peak = kept(s)
	}
	if s.lag() >= threshold {
		if !l.crossed {
			r.Crossing, l.crossed = kept(s), true
		}
		r.Samples++
		r.Last, l.below = kept(s), nil
		return
	}
	l.linger(s)
}

// linger ends an episode whose lag stays below the threshold without reaching ~0.
func (l *lagScan) linger(s *replicaSample) {
	if !l.crossed {
		return
	}
	if l.below == nil {
		l.below = kept(s)
	}
	if s.At.Sub(l.below.At) < lingering {
		return
	}
	l.rise.After, l.rise.Prior = l.below, l.rise.Last
	l.done = append(l.done, *l.rise)
	l.rise, l.crossed = nil, false
	l.calmAt, l.hasCalm, l.nulls, l.below = *s, true, false, nil
}

// end closes the episode because the channel is gone.
func (l *lagScan) end(s *replicaSample) {
	if l.rise != nil && l.crossed {
		if l.rise.After == nil {
			l.rise.After, l.rise.Prior = kept(s), kept(&l.known)
		}
		l.done = append(l.done, *l.rise)
	}
	l.rise, l.crossed, l.calms, l.below = nil, false, 0, nil
}

func (l *lagScan) finish() []lagged {
	if l.rise != nil && l.crossed {
		if l.rise.After == nil {
			l.rise.Prior = kept(&l.known)
		}
		l.done = append(l.done, *l.rise)
	}
	return l.done
}

// start is when the channel fell behind. The lag at the crossing, counted back,
// is the best estimate where nothing was applied since.
func (l lagged) start(q question) timeline.Instant {
	first := l.First[0]
	start := changed(lookOf(l.Before), first.look, q.ReadFrom)
	if l.Before != nil {
		// A lag of n whole seconds is n to n+1 seconds old.
		start.Earliest = start.Earliest.Add(-l.Before.lag() - time.Second)
	}
	back := l.Crossing.At.Add(-l.Crossing.lag())
	if l.AfterNo {
		back = first.At.Add(-first.lag())
		near := timeline.Instant{At: back, Earliest: back.Add(-time.Second), Latest: back.Add(time.Second + first.latest().Sub(first.At))}
		if !near.Earliest.Before(start.Earliest) && !near.Latest.After(start.Latest) {
			return near
		}
	}
	switch {
	case back.Before(start.Earliest):
		start.At = first.At
	case back.Before(start.At):
		start.At = back
	}
	return start
}

// interpretLag makes the event of a lagging channel.
func interpretLag(q question, e timeline.Evidence) (timeline.Event, error) {
	l, err := read[lagged](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(l.First) == 0 || l.Last == nil || l.Peak == nil || l.Crossing == nil || l.Prior == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := l.episode(q, e, timeline.MySQLReplicationLag)
	event.Start = l.start(q)
	if l.After != nil {
		end, _ := q.ended(l.Prior.look, &l.After.look)
		event.End = notBefore(*end, event.Start)
	}
	channel := channelName(q.Channel)
	event.Key = channel
	event.Attributes["channel"] = channel
	event.Attributes["peak_seconds"] = seconds(l.Peak.lag())
	event.Attributes["peak_at"] = timeline.FormatTime(l.Peak.At)
	event.Summary = fmt.Sprintf("replication lag on channel %s reached %s", channel, spoken(l.Peak.lag()))
	switch {
	case event.End != nil:
		event.Summary += fmt.Sprintf(" and was gone after %s", spoken(event.End.At.Sub(event.Start.At)))
	case l.Last.At.Before(l.Prior.At):
		event.Summary += fmt.Sprintf(" and was still %s at the last sample", spoken(l.Prior.lag()))
	default:
		event.Summary += ", and was still there at the last sample"
	}
	return event, nil
}
