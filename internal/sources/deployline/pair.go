package deployline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// echo is how far apart lines of the same event may be to count as one fact that
// several hosts logged.
const echo = 5 * time.Second

// Group is the lines of one episode, in order of time.
type Group struct {
	Lines []Entry
	Next  *Entry // the start of the retry that shows that this attempt was over
}

// Order sorts entries by time; of equal times, by where they stand.
func Order(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.Stamp.At.Compare(b.Stamp.At), strings.Compare(a.Line.File, b.Line.File), cmp.Compare(a.Line.Offset, b.Line.Offset))
	})
}

// pairing is the state of going through entries in order.
type pairing struct {
	groups []*Group
	open   []*Group          // started, not ended, oldest first
	ended  map[string]*Group // the last ended one of each key
}

// Pair collects ordered entries into episodes, by the rules of the package comment.
func Pair(entries []Entry) []*Group {
	p := &pairing{ended: map[string]*Group{}}
	for i := range entries {
		e := entries[i]
		switch {
		case e.Event == Changed:
			p.change(e)
		case starts(e.Event):
			p.start(e)
		default:
			p.end(e)
		}
	}
	return p.groups
}

// family is what an episode is of: deploy, rollback or change.
func (e Entry) family() timeline.Kind {
	switch e.Event {
	case Changed:
		return timeline.Change
	case RollbackStarted, RollbackFinished, RollbackFailed:
		return timeline.Rollback
	}
	return timeline.Deploy
}

func (e Entry) key() string {
	return strings.Join([]string{string(e.family()), e.Service, e.version, e.environment, e.pair}, "\x00")
}

func (p *pairing) add(e Entry) *Group {
	g := &Group{Lines: []Entry{e}}
	p.groups = append(p.groups, g)
	return g
}

// echoes reports whether e repeats the group's last line of the same event.
func (g *Group) echoes(e Entry) bool {
	for _, other := range slices.Backward(g.Lines) {
		if other.Event == e.Event {
			return e.Stamp.At.Sub(other.Stamp.At) <= echo
		}
	}
	return false
}

// elsewhere reports whether e comes from another file than the group's lines of
// the same event, or says literally what one of them says.
func (g *Group) elsewhere(e Entry) bool {
	same := false
	for _, other := range g.Lines {
		if other.Event == e.Event {
			if other.Line.Text == e.Line.Text {
				return true
			}
			same = same || other.Line.File == e.Line.File
		}
	}
	return !same
}

func (p *pairing) change(e Entry) {
	key := e.key() + "\x00" + e.commit + "\x00" + e.message
	if last := p.ended[key]; last != nil && last.echoes(e) {
		last.Lines = append(last.Lines, e)
		return
	}
	p.ended[key] = p.add(e)
}

func (p *pairing) start(e Entry) {
	key := e.key()
	if i := slices.IndexFunc(p.open, func(g *Group) bool { return g.Lines[0].key() == key }); i >= 0 {
		if p.open[i].echoes(e) {
			p.open[i].Lines = append(p.open[i].Lines, e)
			return
		}
		p.open[i].Next = &e
		p.open = slices.Delete(p.open, i, i+1)
	} else if last := p.ended[key]; last != nil && starts(last.Lines[0].Event) && last.echoes(e) && last.elsewhere(e) {
		last.Lines = append(last.Lines, e)
		return
	}
	p.open = append(p.open, p.add(e))
}

func (p *pairing) end(e Entry) {
	if i := p.openFor(e); i >= 0 {
		g := p.open[i]
		g.Lines = append(g.Lines, e)
		p.ended[g.Lines[0].key()] = g
		p.ended[e.key()] = g
		p.open = slices.Delete(p.open, i, i+1)
		return
	}
	if last := p.ended[e.key()]; last != nil && last.endsNear(e) {
		last.Lines = append(last.Lines, e)
		return
	}
	p.ended[e.key()] = p.add(e)
}

// endsNear reports whether e tells again, perhaps with another outcome, of the group's end.
func (g *Group) endsNear(e Entry) bool {
	for _, last := range slices.Backward(g.Lines) {
		if !starts(last.Event) {
			return e.Stamp.At.Sub(last.Stamp.At) <= echo
		}
	}
	return false
}

// openFor finds the episode that e ends: the one of its key, or the only one that
// fits where one of the two names no version or no environment.
func (p *pairing) openFor(e Entry) int {
	match := -1
	for i, g := range p.open {
		s := g.Lines[0]
		if s.key() == e.key() {
			return i
		}
		fits := s.family() == e.family() && s.Service == e.Service && s.pair == e.pair &&
			(s.version == e.version || e.version == "" || s.version == "") &&
			(s.environment == e.environment || e.environment == "" || s.environment == "")
		if !fits {
			continue
		}
		if match >= 0 {
			match = len(p.open) // several fit: none is meant for certain
			continue
		}
		match = i
	}
	if match == len(p.open) {
		return -1
	}
	return match
}
