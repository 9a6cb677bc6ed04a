package episodes

import (
	"errors"
	"strconv"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// The kinds of records that are no episode.
const (
	kindCoverage = "mysql.coverage"
	kindSeries   = "mysql.series"
)

// question is what every record of this package was asked. Interpretation takes
// from it what the samples do not say.
type question struct {
	Kind          string          `json:"kind"` // an event kind, or one of the above
	Server        string          `json:"server"`
	Window        timeline.Window `json:"window"`
	ReadFrom      time.Time       `json:"read_from"` // samples were read from here on, to see what had begun before the window
	IntervalMS    int64           `json:"interval_ms"`
	ThresholdMS   int64           `json:"threshold_ms,omitempty"`
	TransactionMS int64           `json:"transaction_threshold_ms,omitempty"` // coverage only
	LagMS         int64           `json:"lag_threshold_ms,omitempty"`         // coverage only
	TimeUnitMS    int64           `json:"time_unit_ms,omitempty"`             // resolution of the processlist's TIME
	Series        string          `json:"series,omitempty"`
	Unit          string          `json:"unit,omitempty"`
	Channel       string          `json:"channel,omitempty"`
	Rule          string          `json:"rule,omitempty"` // how the answer was down-sampled or selected
}

func (q question) interval() time.Duration { return time.Duration(q.IntervalMS) * time.Millisecond }

// event is the part that all events of this package share.
func (q question) event(e timeline.Evidence, kind timeline.Kind, start timeline.Instant, end *timeline.Instant) timeline.Event {
	if end != nil {
		end = notBefore(*end, start)
	}
	return timeline.Event{
		Kind: kind, Grade: timeline.Measured, Source: sourceKind, Target: q.Server,
		Start: start, End: end, Attributes: map[string]string{}, Evidence: []string{e.ID},
	}
}

// notBefore repairs an end whose estimate lies before the start's: both lie
// within their errors, and the end cannot come first.
func notBefore(end, start timeline.Instant) *timeline.Instant {
	if end.At.Before(start.At) {
		end.At = start.At
	}
	if end.Latest.Before(end.At) {
		end.Latest = end.At
	}
	return &end
}

// ended is an episode's end between its last sample and the first one after it.
// Where there is none, the episode went on; lastSeen is then set when the
// samples stop well before the window does.
func (q question) ended(last look, after *look) (end *timeline.Instant, lastSeen string) {
	if after != nil {
		end := changed(&last, *after, last.At)
		return &end, ""
	}
	if q.Window.To.Sub(last.latest()) > tooLate(q.interval()) {
		return nil, timeline.FormatTime(last.At)
	}
	return nil, ""
}

var errExcerpt = errors.New("the excerpt lacks samples")

// read decodes a record's answer.
func read[A any](e timeline.Evidence) (A, error) {
	var answer A
	var q question
	_, err := sources.Read(e, &q, &answer)
	return answer, err
}

// lookOf is the look of a sample that may be missing.
func lookOf[S sample](s *S) *look {
	if s == nil {
		return nil
	}
	l := (*s).when()
	return &l
}

// start is when an excerpt's condition began.
func (x excerpt[S]) start(q question) timeline.Instant {
	return changed(lookOf(x.Before), x.First[0].when(), q.ReadFrom)
}

// episode makes the event of an excerpt, with the attributes that all have.
func (x excerpt[S]) episode(q question, e timeline.Evidence, kind timeline.Kind) timeline.Event {
	end, lastSeen := q.ended((*x.Last).when(), lookOf(x.After))
	event := q.event(e, kind, x.start(q), end)
	if x.Before == nil {
		event.Attributes["began_before"] = timeline.FormatTime(x.First[0].when().At)
	}
	if lastSeen != "" {
		event.Attributes["last_seen"] = lastSeen
	}
	if x.Stretches > 1 {
		event.Attributes["flaps"] = strconv.Itoa(x.Stretches)
	}
	if x.HoleMS > 0 {
		event.Attributes["unobserved_seconds"] = seconds(time.Duration(x.HoleMS) * time.Millisecond)
	}
	return event
}

// seconds writes a duration for an attribute: plain decimal, at most 3 digits.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Round(time.Millisecond).Seconds(), 'f', -1, 64)
}

// spoken writes a duration for a sentence: 4.2 s, 61 s, 12m10s.
func spoken(d time.Duration) string {
	switch {
	case d >= 10*time.Minute:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 0, 64) + " s"
	}
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
}

// shown cuts a text for a record or a sentence, at a rune's start.
func shown(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && text[limit]&0xC0 == 0x80 {
		limit--
	}
	return text[:limit] + "…"
}
