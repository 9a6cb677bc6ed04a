package deployline

import (
	"errors"
	"fmt"
	"time"

	"collector/internal/timeline"
)

// Limits of what is recorded.
const (
	// MaxEpisodes is how many episodes of one log a draft tells of.
	MaxEpisodes   = 1_500
	maxLinesShown = 40
	maxServices   = 20 // whose last deploy before the window is recorded
)

// Lines are the lines of one episode, as a record keeps them.
type Lines struct {
	Lines   []Line `json:"lines"`
	Next    *Line  `json:"next,omitempty"`    // the start of the retry, if the episode was never ended
	Omitted int    `json:"omitted,omitempty"` // lines between the first and the last ones that say the same
}

// Record is what a record keeps of the group.
func (g *Group) Record() Lines {
	var kept Lines
	for i, e := range g.Lines {
		if len(g.Lines) > maxLinesShown && i >= maxLinesShown/2 && i < len(g.Lines)-maxLinesShown/2 {
			kept.Omitted++
			continue
		}
		kept.Lines = append(kept.Lines, e.Line)
	}
	if g.Next != nil {
		kept.Next = &g.Next.Line
	}
	return kept
}

// Episode reads recorded lines. It fails on lines that this grammar does not read.
func (r Reader) Episode(kept Lines) (Episode, error) {
	if len(kept.Lines) == 0 {
		return Episode{}, errors.New("an episode without lines")
	}
	entries := make([]Entry, len(kept.Lines))
	for i, l := range kept.Lines {
		var err error
		if entries[i], err = r.Read(l); err != nil {
			return Episode{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	var next *Entry
	if kept.Next != nil {
		e, err := r.Read(*kept.Next)
		if err != nil {
			return Episode{}, fmt.Errorf("the line after: %w", err)
		}
		next = &e
	}
	return Assemble(entries, next), nil
}

// Choose picks the episodes in the window and, of each service without one, the last
// before it. More is the start of the first episode beyond MaxEpisodes, if there is one;
// nothing after it is chosen then.
func Choose(groups []*Group, w timeline.Window, around time.Duration) (chosen []*Group, more *timeline.Instant) {
	var before []*Group
	busy := map[string]bool{}
	for _, g := range groups {
		ep := Assemble(g.Lines, g.Next)
		switch {
		case ep.Overlaps(w, around):
			busy[ep.Service] = true
			if len(chosen) == MaxEpisodes {
				return chosen, &ep.Start
			}
			chosen = append(chosen, g)
		case ep.Start.At.Before(w.From):
			before = append(before, g)
		}
	}
	last := map[string]*Group{}
	for _, g := range before {
		service := g.Lines[0].Service
		if old := last[service]; old == nil || !Assemble(g.Lines, g.Next).Latest().Before(Assemble(old.Lines, old.Next).Latest()) {
			last[service] = g
		}
	}
	kept := 0
	for i := len(before) - 1; i >= 0 && kept < maxServices; i-- {
		if service := before[i].Lines[0].Service; last[service] == before[i] && !busy[service] {
			chosen = append(chosen, before[i])
			kept++
		}
	}
	return chosen, nil
}
