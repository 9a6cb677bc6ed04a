package lint

import (
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// claim is what a sentence says of an event of the timeline: which, and which of its
// ends.
type claim struct {
	what   string
	events []*timeline.Event // those that may be meant
	end    bool              // it speaks of the end
	any    bool              // or of any time from start to end
}

// checkContradictions compares the times in people's sentences with timeline.json.
// A sentence is judged if it names an alert, a deploy, a rollback or a server's
// failure of the timeline, and one time of day.
func checkContradictions(p *page, report reporter) {
	if p.facts == nil || len(p.facts.Timeline.Events) == 0 {
		return
	}
	for _, q := range p.passages {
		if !q.judged() || q.form == heading || q.section.is(hypotheses) {
			continue
		}
		ws := q.tokens()
		readings := clocks(ws)
		for _, r := range readings {
			first, last := sentenceBounds(ws, r.word)
			if alone(readings, first, last) {
				p.judge(q, ws[first:last+1], r, report)
			}
		}
		if q.row != nil && q.column > 0 && len(readings) == 0 && len(q.row.cells[0].tokens()) > 0 { // | 09:16 | alert X fired |
			if r, ok := q.row.cells[0].stamp(); ok {
				r.utc = r.utc || columnSays(q.row.table.heads, "utc")
				p.judge(q.row.cells[0], ws, r, report)
			}
		}
	}
}

// alone reports whether the sentence has one time only.
func alone(readings []reading, first, last int) bool {
	n := 0
	for _, r := range readings {
		if r.word >= first && r.word <= last {
			n++
		}
	}
	return n == 1
}

// judge compares one reading, which stands in a passage, with the events that the
// words speak of.
func (p *page) judge(where *passage, ws []word, r reading, report reporter) {
	c, ok := p.claimIn(ws)
	if !ok {
		return
	}
	w := p.facts.Timeline.Window
	var nearest time.Duration = -1
	var truth timeline.Instant
	for _, at := range r.instants(w.From.Add(-24*time.Hour), w.To, p.zone()) {
		for _, e := range c.events {
			off, instant := c.off(*e, at, r, w.To)
			if off == 0 {
				return
			}
			if nearest < 0 || off < nearest {
				nearest, truth = off, instant
			}
		}
	}
	if nearest < 0 {
		return
	}
	words := where.tokens()
	start, end := where.bounds(words[r.word].start, words[r.end-1].end)
	report(start, end, "timeline.json has "+c.what+" at "+p.shown(truth)+", not at "+where.text[words[r.word].start:words[r.end-1].end])
}

// off is how far the time is from what the event says, beyond its error; 0 if the
// event bears it out.
func (c claim) off(e timeline.Event, at time.Time, r reading, windowEnd time.Time) (time.Duration, timeline.Instant) {
	instant := e.Start
	if c.end {
		if e.End == nil {
			return 0, instant // it had not ended: what people say of its end is news
		}
		instant = *e.End
	}
	from, to := instant.Earliest, instant.Latest
	if c.any {
		to = e.EndsAt(windowEnd)
		if e.End != nil {
			to = e.End.Latest
		}
	}
	slack := r.precision()
	from, to = from.Add(-slack), to.Add(slack)
	if r.rough {
		from, to = from.Add(-slack), to.Add(slack)
	}
	switch {
	case at.Before(from):
		return from.Sub(at), instant
	case at.After(to):
		return at.Sub(to), instant
	}
	return 0, instant
}

func (p *page) zone() *time.Location {
	if p.facts.Location == nil {
		return time.UTC
	}
	return p.facts.Location
}

func (p *page) shown(i timeline.Instant) string {
	text := i.At.In(p.zone()).Format("15:04:05")
	if p.zone() != time.UTC {
		text += " (" + i.At.UTC().Format("15:04:05") + " UTC)"
	}
	if d := i.Latest.Sub(i.Earliest) / 2; d >= time.Second {
		text += " ± " + d.Round(time.Second).String()
	}
	return text
}

var (
	alertEnds  = setOf(strings.Fields("resolved resolves cleared clears ended ends recovered"))
	alertFires = setOf(strings.Fields("fired fires firing paged pages alerted alerts triggered raised alert notified"))
	finishing  = setOf(strings.Fields("finished finishes completed completes ended ends done over"))
	starting   = setOf(strings.Fields("started starts began begins begun start"))
	deploying  = setOf(strings.Fields("deploy deployed deploys deployment release released rollout shipped deploying"))
	rollbacks  = setOf(strings.Fields("rollback rolled reverted revert rollbacks"))
)

// speech is what a sentence's words speak of.
type speech struct {
	said                                        map[string]bool
	alertFires, ends, starts, deploys, rollback bool
}

func speechOf(ws []word) speech {
	s := speech{said: make(map[string]bool, len(ws))}
	for _, w := range ws {
		s.said[w.s] = true
		s.alertFires = s.alertFires || alertFires[w.s] || alertEnds[w.s]
		s.ends = s.ends || finishing[w.s] || alertEnds[w.s]
		s.starts = s.starts || starting[w.s]
		s.deploys = s.deploys || deploying[w.s]
		s.rollback = s.rollback || rollbacks[w.s]
	}
	return s
}

// maxMeant is how many events a sentence may mean; it says nothing of any of more.
const maxMeant = 200

// eventIndex finds events by the words that name them: an alert's name, a target.
func (p *page) eventIndex() map[string][]*timeline.Event {
	if p.events != nil {
		return p.events
	}
	p.events = map[string][]*timeline.Event{}
	for i := range p.facts.Timeline.Events {
		e := &p.facts.Timeline.Events[i]
		name := strings.ToLower(e.Target)
		if e.Kind == timeline.Alert {
			name = strings.ToLower(e.Attributes["alertname"])
		}
		p.events[name] = append(p.events[name], e)
	}
	return p.events
}

// claimIn is what a sentence says of an event.
func (p *page) claimIn(ws []word) (claim, bool) {
	s := speechOf(ws)
	c := claim{end: s.ends}
	index := p.eventIndex()
	for i, w := range ws {
		if slices.ContainsFunc(ws[:i], func(before word) bool { return before.s == w.s }) {
			continue
		}
		for _, e := range index[w.s] {
			if p.meant(*e, s) {
				c.events = append(c.events, e)
			}
			if len(c.events) > maxMeant {
				return c, false
			}
		}
	}
	if len(c.events) == 0 {
		return c, false
	}
	e := c.events[0]
	switch e.Kind {
	case timeline.Alert:
		c.what = "alert " + e.Attributes["alertname"]
	case timeline.Deploy, timeline.Rollback:
		c.what = string(e.Kind) + " of " + e.Target
		c.any = !c.end && !s.starts
	default:
		c.what = e.Target + ": " + quoted(e.Summary)
	}
	return c, true
}

// meant reports whether a sentence speaks of the event.
func (p *page) meant(e timeline.Event, s speech) bool {
	said := s.said
	switch e.Kind {
	case timeline.Alert:
		name := e.Attributes["alertname"]
		return s.alertFires && name != "" && said[strings.ToLower(name)]
	case timeline.Deploy:
		return s.deploys && !s.rollback && said[strings.ToLower(e.Target)] && p.version(e, said)
	case timeline.Rollback:
		return s.rollback && said[strings.ToLower(e.Target)] && p.version(e, said)
	case timeline.MySQLRestart:
		return (said["restarted"] || said["restart"]) && said[strings.ToLower(e.Target)]
	case timeline.MySQLDown:
		return (said["down"] || said["crashed"] || said["stopped"]) && !said["replication"] && said[strings.ToLower(e.Target)]
	case timeline.MySQLReplicationStopped:
		return said["replication"] && (said["stopped"] || said["broke"] || said["stops"]) && said[strings.ToLower(e.Target)]
	}
	return false
}

// version reports whether the sentence names the event's version, or none of its kind.
func (p *page) version(e timeline.Event, said map[string]bool) bool {
	own := strings.ToLower(e.Attributes["version"])
	if own == "" || said[own] || said["v"+own] {
		return true
	}
	for _, other := range p.facts.Timeline.Events {
		if v := strings.ToLower(other.Attributes["version"]); v != "" && said[v] {
			return false
		}
	}
	return true
}

// outside is how far beyond the window a row of a timeline may lie unreported.
const outside = 2 * time.Minute

// checkOutside reports rows of people's timelines outside of the draft's window.
func checkOutside(p *page, report reporter) {
	if p.facts == nil || p.facts.Timeline.Window.From.IsZero() {
		return
	}
	w := p.facts.Timeline.Window
	for _, run := range p.timelines() {
	rows:
		for _, s := range run {
			for _, at := range s.instants(w.From, w.To, p.zone()) {
				if !at.Before(w.From.Add(-outside)) && !at.After(w.To.Add(outside)) {
					continue rows
				}
			}
			if s.rough || s.passage.ours {
				continue
			}
			words := s.passage.tokens()
			start, end := s.passage.bounds(words[s.word].start, words[s.reading.end-1].end)
			report(start, end, s.passage.text[words[s.word].start:words[s.reading.end-1].end]+" is outside of the draft's window")
		}
	}
}
