package episodes

import (
	"fmt"
	"slices"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// kindLooked is the kind of a record that says how often something was looked
// for: the evidence of absence.
const kindLooked = "mysql.looked"

// looked is the answer of a mysql.looked record, of one part of the recording.
type looked struct {
	Looks      int           `json:"looks"` // in the window
	First      *time.Time    `json:"first"`
	Last       *time.Time    `json:"last"`
	MaxPauseMS int64         `json:"max_pause_ms"` // the longest time in the window without a look
	Unread     *facts.Unread `json:"unread"`       // why not, where it is known
}

// lookScan counts what the ticks looked at.
type lookScan struct {
	window timeline.Window
	parts  map[store.Parts]*looked
	unread map[string]facts.Unread // by the part's name
}

func newLookScan(w timeline.Window) lookScan {
	return lookScan{window: w, parts: map[store.Parts]*looked{}, unread: map[string]facts.Unread{}}
}

func (s *lookScan) observe(m *moment) {
	for _, f := range m.facts {
		if f.Kind != facts.KindUnread {
			continue
		}
		if u, err := facts.Read[facts.Unread](f); err == nil { // one that cannot be read explains nothing
			s.unread[u.Part] = u
		}
	}
	if m.beat == nil || !s.window.Contains(m.beat.At) {
		return
	}
	for rest := m.beat.looked; rest != 0; rest &= rest - 1 {
		s.look(rest&-rest, m.beat.At)
	}
}

func (s *lookScan) look(part store.Parts, at time.Time) {
	l := s.parts[part]
	if l == nil {
		l = &looked{First: &at, Last: &s.window.From}
		s.parts[part] = l
	}
	l.Looks++
	l.MaxPauseMS = max(l.MaxPauseMS, at.Sub(*l.Last).Milliseconds())
	l.Last = &at
}

// of is the answer of one part.
func (s *lookScan) of(part store.Parts) looked {
	l := s.parts[part]
	if l == nil {
		l = &looked{MaxPauseMS: s.window.Duration().Milliseconds()}
	} else {
		l.MaxPauseMS = max(l.MaxPauseMS, s.window.To.Sub(*l.Last).Milliseconds())
	}
	answer := *l
	if u, ok := s.unread[facts.PartName(part)]; ok && answer.Looks == 0 {
		answer.Unread = &u
	}
	return answer
}

// looked records how often a part was looked at, so that a kind of event that was
// not found is known to have been looked for. lookedFor words the check.
func (g *recorder) looked(kind timeline.Kind, part store.Parts, query, lookedFor string) {
	q := g.question(kindLooked)
	q.Series, q.Rule = string(kind), lookedFor
	g.answer(q, query, g.looks.of(part))
}

// absence is the check, or the gap, that a looked record makes.
type absence struct {
	question
	looked
	id string
}

func (a absence) check() timeline.Check {
	return timeline.Check{Source: sourceKind, Target: a.Server, Evidence: []string{a.id},
		LookedFor: fmt.Sprintf("%s (%s)", a.Rule, times(a.Looks, a.MaxPauseMS))}
}

// reason says why nobody looked.
func (a absence) reason() string {
	reason := "the recorder never looked in this window"
	if a.Unread != nil {
		reason = a.Unread.Reason
		if a.Unread.Number != 0 {
			reason += fmt.Sprintf(" (error %d)", a.Unread.Number)
		}
	}
	return reason
}

// found reports whether there is an event of the kind that was looked for.
func (a absence) found(events []timeline.Event) bool {
	return slices.ContainsFunc(events, func(e timeline.Event) bool { return e.Target == a.Server && string(e.Kind) == a.Series })
}

// tellAbsences adds the checks, and for each server one gap for all that nobody
// looked for, for the same reason. A kind with an event needs neither.
func tellAbsences(f *timeline.Findings, list []absence, w timeline.Window) {
	type blind struct{ server, reason string }
	unlooked := map[blind]*timeline.Gap{}
	var order []blind
	for _, a := range list {
		switch key := (blind{a.Server, a.reason()}); {
		case a.found(f.Events):
		case a.Looks > 0:
			f.Checks = append(f.Checks, a.check())
		case unlooked[key] == nil:
			order = append(order, key)
			unlooked[key] = &timeline.Gap{Source: sourceKind, Target: a.Server, From: w.From, To: w.To, Evidence: []string{a.id}, Reason: "could not look for " + a.Rule}
		default:
			g := unlooked[key]
			g.Reason += "; " + a.Rule
			g.Evidence = append(g.Evidence, a.id)
		}
	}
	for _, key := range order {
		g := unlooked[key]
		g.Reason += ": " + key.reason
		f.Gaps = append(f.Gaps, *g)
	}
}

// times says how often was looked, and for how long at most nobody did, in ms; 0
// where an earlier version recorded only how often.
func times(looks int, maxPauseMS int64) string {
	said := "looked once"
	if looks != 1 {
		said = fmt.Sprintf("looked %d times", looks)
	}
	if maxPauseMS > 0 {
		said += fmt.Sprintf(", at most %s apart", spoken(time.Duration(maxPauseMS)*time.Millisecond))
	}
	return said
}
