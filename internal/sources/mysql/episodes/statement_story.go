package episodes

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// start is when the regression began. A statement is counted when it ends, so one
// that was slow began as much earlier. The first execution of a new one ended when
// the server says; with one execution its start is known.
func (r regression) start(q question) timeline.Instant {
	each := r.First.latency()
	if r.Rule == ruleNew && !r.FirstSeen.IsZero() {
		unit := time.Second // MariaDB cuts off the fraction
		if r.FineUnit {
			unit = time.Millisecond
		}
		offset := time.Duration(r.OffsetUS) * time.Microsecond
		ended := span{r.FirstSeen.Add(-offset).UnixMicro(), r.FirstSeen.Add(unit - offset).UnixMicro()}
		took := time.Duration(r.First.TimeMS * float64(time.Millisecond))
		longest := took + 10*time.Millisecond
		if r.First.Count > 1 {
			longest = min(longest, each*5)
		}
		shortest := each
		if r.First.Count > 1 {
			shortest = 0
		}
		slack := 10 * time.Millisecond // between the heartbeat's clock and the table's
		return timeline.Instant{At: micro((ended.lo+ended.hi)/2 - each.Microseconds()),
			Earliest: micro(ended.lo - (longest + slack).Microseconds()), Latest: micro(ended.hi - (shortest - slack).Microseconds())}
	}
	i := changed(r.Before, r.First.look, q.ReadFrom)
	if r.Before != nil {
		i.Earliest = i.Earliest.Add(-each)
		i.At = i.Earliest.Add(i.Latest.Sub(i.Earliest) / 2)
	}
	return i
}

// interpretRegression makes the event of a statement that left its baseline.
func interpretRegression(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[regression](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if a.First.Count <= 0 || a.Worst.Count <= 0 || a.Readings == 0 {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	pause := q
	pause.IntervalMS = max(q.IntervalMS, digestInterval.Milliseconds()*3) // the readings are farther apart than the ticks
	end, lastSeen := pause.ended(a.Last.look, a.After)
	if end != nil && a.Prior != nil {
		end.Earliest, end.At = a.Prior.At, a.Last.At
	}
	event := q.event(e, timeline.MySQLStatementRegression, a.start(q), end)
	event.Key = a.Digest + " " + a.Schema + " at " + timeline.FormatTime(event.Start.At)
	set(event.Attributes, "last_seen", lastSeen)
	set(event.Attributes, "rule", a.Rule)
	set(event.Attributes, "digest", a.Digest)
	set(event.Attributes, "schema", a.Schema)
	set(event.Attributes, "statement", a.Statement)
	set(event.Attributes, "executions", fmt.Sprint(a.Executions))
	set(event.Attributes, "seconds", seconds(a.Worst.latency()))
	set(event.Attributes, "rows_examined", fmt.Sprint(int64(math.Round(a.Worst.rows()))))
	set(event.Attributes, "share", percent(a.Worst.Share))
	if a.Normals > 0 {
		set(event.Attributes, "normal_seconds", strconv.FormatFloat(math.Round(a.NormalMS*1000)/1e6, 'f', -1, 64))
		set(event.Attributes, "normal_rows_examined", fmt.Sprint(int64(a.NormalRows)))
	}
	if a.NoIndex {
		set(event.Attributes, "no_index", "true")
	}
	event.Summary = a.sentence()
	if a.Statement != "" {
		event.Summary += ": " + shown(a.Statement, summaryShown)
	}
	a.Plan.tell(&event)
	return event, nil
}

// sentence says by what the statement stands out.
func (a regression) sentence() string {
	var b strings.Builder
	rows := int64(math.Round(a.Worst.rows()))
	switch a.Rule {
	case ruleNew:
		fmt.Fprintf(&b, "a statement that the server had not seen before took %s per execution (%s) and examined %s rows", short(a.Worst.latency()), executions(a.Executions), grouped(rows))
	case ruleLatency:
		fmt.Fprintf(&b, "a statement took %s per execution instead of %s, %s of all statement time", short(a.Worst.latency()), short(time.Duration(a.NormalMS*float64(time.Millisecond))), percent(a.Worst.Share))
	case ruleNoIndex:
		fmt.Fprintf(&b, "a statement began to scan without an index: %s rows per execution instead of %s", grouped(rows), grouped(int64(a.NormalRows)))
	default:
		fmt.Fprintf(&b, "a statement examined %s rows per execution instead of %s", grouped(rows), grouped(int64(a.NormalRows)))
	}
	if a.NoIndex && a.Rule != ruleNoIndex {
		b.WriteString(", without an index")
	}
	return b.String()
}

func executions(n int64) string {
	if n == 1 {
		return "1 execution"
	}
	return grouped(n) + " executions"
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1000)/10, 'f', -1, 64) + " %"
}

// short writes a duration that may be far below a second.
func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return spoken(d)
	case d >= 10*time.Millisecond:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
}

// grouped writes a number as 2,100,000.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
