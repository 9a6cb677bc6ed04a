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
	calmAt  *replicaSample // the last sample of ~0
	zero    *replicaSample // the last sample that says 0
	one     *replicaSample // the first sample of ~0 after it
	known   replicaSample  // the last sample with any lag
	nulls   bool           // NULL since calmAt
	rise    *lagged
	crossed bool
	calms   int
	below   *replicaSample // the first sample below the threshold since Last
	last    time.Time
	done    []lagged
}

func (l *lagScan) observe(s *replicaSample, threshold, pause time.Duration) {
	if s.Absent {
		l.end(s)
		l.base(nil)
		return
	}
	if s.LagMS == nil {
		l.nulls, l.last = true, s.At
		return
	}
	lag := s.lag()
	if lag <= calmLag {
		l.calm(s)
	} else {
		l.behind(s, threshold, pause)
	}
	l.known, l.last = *s, s.At
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
	l.calmAt = kept(s)
	if s.lag() == 0 {
		l.zero, l.one = l.calmAt, nil
	} else if l.one == nil {
		l.one = l.calmAt
	}
}

// base makes a sample the one that the next rise is counted from.
func (l *lagScan) base(s *replicaSample) {
	l.calmAt, l.zero, l.one, l.nulls = s, nil, nil, false
}

// begin starts a rise. Its base is the last sample of ~0; one that says 0 is
// sharper than a later one that says 1, when it is not long ago.
func (l *lagScan) begin(s *replicaSample, pause time.Duration) {
	l.rise = &lagged{AfterNo: l.nulls}
	l.rise.Stretches = 1
	l.rise.Before = l.calmAt
	if l.zero != nil && l.one != nil && s.At.Sub(l.zero.At) <= 2*pause {
		l.rise.Before = l.zero
		l.rise.First = append(l.rise.First, *l.one)
	}
}

// behind takes a sample that is not ~0.
func (l *lagScan) behind(s *replicaSample, threshold, pause time.Duration) {
	if l.rise != nil && !l.crossed && s.At.Sub(l.rise.First[0].At) > plateau && s.lag() <= l.rise.First[0].lag() {
		// It has not grown: this replica is always a little behind.
		l.base(kept(s))
		l.rise = nil
		return
	}
	if l.rise == nil {
		l.begin(s, pause)
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
	l.rise, l.crossed, l.below = nil, false, nil
	l.base(kept(s))
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
		// The lag is in whole seconds: one of 0 may have begun a second before.
		start.Earliest = start.Earliest.Add(-max(l.Before.lag(), time.Second))
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
