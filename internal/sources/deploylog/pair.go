package deploylog

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

// group is the lines of one episode, in order of time.
type group struct {
	lines []entry
	next  *entry // the start of the retry that shows that this attempt was over
}

// order sorts entries by time; of equal times, by where they stand.
func order(entries []entry) {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(a.stamp.At.Compare(b.stamp.At), strings.Compare(a.line.File, b.line.File), cmp.Compare(a.line.Offset, b.line.Offset))
	})
}

// pairing is the state of going through entries in order.
type pairing struct {
	groups []*group
	open   []*group          // started, not ended, oldest first
	ended  map[string]*group // the last ended one of each key
}

// pair collects ordered entries into episodes, by the rules of the package comment.
func pair(entries []entry) []*group {
	p := &pairing{ended: map[string]*group{}}
	for i := range entries {
		e := entries[i]
		switch {
		case e.event == changed:
			p.change(e)
		case starts(e.event):
			p.start(e)
		default:
			p.end(e)
		}
	}
	return p.groups
}

// family is what an episode is of: deploy, rollback or change.
func (e entry) family() timeline.Kind {
	switch e.event {
	case changed:
		return timeline.Change
	case rollbackStarted, rollbackFinished, rollbackFailed:
		return timeline.Rollback
	}
	return timeline.Deploy
}

func (e entry) key() string {
	return strings.Join([]string{string(e.family()), e.service, e.version, e.environment, e.pair}, "\x00")
}

func (p *pairing) add(e entry) *group {
	g := &group{lines: []entry{e}}
	p.groups = append(p.groups, g)
	return g
}

// echoes reports whether e repeats the group's last line of the same event.
func (g *group) echoes(e entry) bool {
	for _, other := range slices.Backward(g.lines) {
		if other.event == e.event {
			return e.stamp.At.Sub(other.stamp.At) <= echo
		}
	}
	return false
}

// elsewhere reports whether e comes from another file than the group's lines of
// the same event, or says literally what one of them says.
func (g *group) elsewhere(e entry) bool {
	same := false
	for _, other := range g.lines {
		if other.event == e.event {
			if other.line.Text == e.line.Text {
				return true
			}
			same = same || other.line.File == e.line.File
		}
	}
	return !same
}

func (p *pairing) change(e entry) {
	key := e.key() + "\x00" + e.commit + "\x00" + e.message
	if last := p.ended[key]; last != nil && last.echoes(e) {
		last.lines = append(last.lines, e)
		return
	}
	p.ended[key] = p.add(e)
}

func (p *pairing) start(e entry) {
	key := e.key()
	if i := slices.IndexFunc(p.open, func(g *group) bool { return g.lines[0].key() == key }); i >= 0 {
		if p.open[i].echoes(e) {
			p.open[i].lines = append(p.open[i].lines, e)
			return
		}
		p.open[i].next = &e
		p.open = slices.Delete(p.open, i, i+1)
	} else if last := p.ended[key]; last != nil && starts(last.lines[0].event) && last.echoes(e) && last.elsewhere(e) {
		last.lines = append(last.lines, e)
		return
	}
	p.open = append(p.open, p.add(e))
}

func (p *pairing) end(e entry) {
	if i := p.openFor(e); i >= 0 {
		g := p.open[i]
		g.lines = append(g.lines, e)
		p.ended[g.lines[0].key()] = g
		p.ended[e.key()] = g
		p.open = slices.Delete(p.open, i, i+1)
		return
	}
	if last := p.ended[e.key()]; last != nil && last.endsNear(e) {
		last.lines = append(last.lines, e)
		return
	}
	p.ended[e.key()] = p.add(e)
}

// endsNear reports whether e tells again, perhaps with another outcome, of the group's end.
func (g *group) endsNear(e entry) bool {
	for _, last := range slices.Backward(g.lines) {
		if !starts(last.event) {
			return e.stamp.At.Sub(last.stamp.At) <= echo
		}
	}
	return false
}

// openFor finds the episode that e ends: the one of its key, or the only one that
// fits where one of the two names no version or no environment.
func (p *pairing) openFor(e entry) int {
	match := -1
	for i, g := range p.open {
		s := g.lines[0]
		if s.key() == e.key() {
			return i
		}
		fits := s.family() == e.family() && s.service == e.service && s.pair == e.pair &&
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
