package report

import (
	"math"
	"slices"
	"time"

	"collector/internal/timeline"
)

// maxReplicas is how many replicas and servers the recovery table shows.
const maxReplicas = 20

// caughtUpLag is the lag, in seconds, at which a replica counts as caught up.
const caughtUpLag = 1

// serverRows are the servers that were down: until when, and, of a replica, when it
// had caught up.
func (d *document) serverRows() []Row {
	var rows []Row
	for _, e := range d.ofKind(timeline.MySQLDown) {
		after, back := "answers", "not back when the window closed"
		if e.End == nil {
			after = "does not answer"
		}
		cites := e.Evidence
		if e.End != nil {
			back = "back " + d.clock.cell(*e.End, d.clock.zone)
			if caught, ids, replica := d.caughtUp(e.Target, "", e.End.At); replica {
				back += "; " + caught
				cites = slices.Concat(cites, ids)
			}
		}
		rows = append(rows, Row{[]string{"server", escape(e.Target, maxName), d.beforeIt(e, "answers"), "did not answer " + cmpText(d.lasted(e), "for a moment"), after, back}, cites})
	}
	return rows
}

func cmpText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// beforeIt is the state before an episode, where it was seen.
func (d *document) beforeIt(e timeline.Event, good string) string {
	if e.Attributes["began_before"] != "" || e.Start.Latest.Before(d.tl.Window.From) {
		return "not known: it was so from the first sample on"
	}
	return good
}

// threadRows are the replication threads that stopped.
func (d *document) threadRows() []Row {
	var rows []Row
	for _, e := range d.ofKind(timeline.MySQLReplicationStopped) {
		worst := "stopped " + cmpText(d.lasted(e), "for a moment")
		if code := e.Attributes["error_code"]; code != "" && code != "0" {
			worst += ", error " + escape(code, 20)
		}
		after, back, cites := "stopped", "not running when the window closed", e.Evidence
		if e.End != nil {
			after, back = "running", "running again "+d.clock.cell(*e.End, d.clock.zone)
			caught, ids, known := d.caughtUp(e.Target, e.Attributes["channel"], e.End.At)
			if !known {
				caught = "when it had caught up is not known: no lag is recorded"
			}
			back += "; " + caught
			cites = slices.Concat(cites, ids)
		}
		name := "replication thread " + escape(e.Attributes["thread"], maxName)
		rows = append(rows, Row{[]string{name + channelText(e.Attributes["channel"]), escape(e.Target, maxName), d.beforeIt(e, "running"), worst, after, back}, cites})
	}
	return rows
}

func channelText(channel string) string {
	if channel == "" || channel == "default" {
		return ""
	}
	return " (channel " + escape(channel, maxName) + ")"
}

// caughtUp says when a replica's recorded lag was small again after a time. known is
// false when no lag is recorded of it.
func (d *document) caughtUp(target, channel string, from time.Time) (text string, ids []string, known bool) {
	for _, s := range d.lags() {
		if s.Target != target || channel != "" && s.Labels["channel"] != channel {
			continue
		}
		var before time.Time
		seen := false
		for _, p := range s.Points {
			seen = seen || !p.T.Before(from) && !math.IsNaN(p.V)
			if !p.T.Before(from) && p.V <= caughtUpLag {
				i := timeline.Exactly(p.T)
				if before.Before(from) { // then it was not running yet
					before = from
				}
				if before.Before(p.T) {
					i = timeline.Between(before, p.T)
				}
				return "caught up (lag of 1 s or less) " + d.clock.cell(i, d.clock.zone), s.Evidence, true
			}
			before = p.T
		}
		if !seen {
			return "when it had caught up is not known: no lag is recorded after that", s.Evidence, true
		}
		return "not caught up when the window closed", s.Evidence, true
	}
	return "", nil, false
}

// lags are the recorded replication lags, one series for each replica and channel.
func (d *document) lags() []timeline.Series {
	var out []timeline.Series
	for _, s := range d.tl.Series {
		if s.Source == "mysql" && s.Name == "replication_lag" {
			out = append(out, s)
		}
	}
	return out
}

// lagRows are the replicas whose lag moved: before the onset, at its worst, and at the end.
func (d *document) lagRows() []Row {
	if d.tl.Phases.Onset == nil {
		return nil
	}
	var rows []Row
	for _, s := range d.lags() {
		if _, steady := d.steady(s); !steady {
			rows = append(rows, d.lagRow(s))
		}
	}
	return rows
}

func (d *document) lagRow(s timeline.Series) Row {
	onset := d.tl.Phases.Onset.Earliest
	var before, worst, last *timeline.Point
	for i, p := range s.Points {
		if math.IsNaN(p.V) {
			continue
		}
		last = &s.Points[i]
		if p.T.Before(onset) {
			before = last
		} else if worst == nil || p.V > worst.V {
			worst = last
		}
	}
	value := func(p *timeline.Point) string {
		if p == nil {
			return "not recorded"
		}
		return quantity(p.V, s.Unit)
	}
	peak := value(worst)
	if worst != nil && worst.V > 0 {
		peak += " at " + d.clock.under(worst.T, d.clock.zone)
	}
	back, cites := d.lagBack(s)
	name := "replication lag" + channelText(s.Labels["channel"])
	return Row{[]string{name, escape(s.Target, maxName), value(before), peak, value(last), back}, slices.Concat(s.Evidence, cites)}
}

// lagEpisodes are the times when a replica's lag was beyond its threshold.
func (d *document) lagEpisodes(s timeline.Series) []timeline.Event {
	return d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.MySQLReplicationLag && e.Target == s.Target && (e.Attributes["channel"] == s.Labels["channel"] || s.Labels["channel"] == "")
	})
}

// lagBack is when the last episode of a replica's lag was over.
func (d *document) lagBack(s timeline.Series) (text string, cites []string) {
	episodes := d.lagEpisodes(s)
	switch n := len(episodes); {
	case n == 0:
		return "never beyond the threshold of a lag", nil
	case episodes[n-1].End == nil:
		return "not back when the window closed", evidenceOf(episodes)
	default:
		return "back " + d.clock.cell(*episodes[n-1].End, d.clock.zone), evidenceOf(episodes)
	}
}
