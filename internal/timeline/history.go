package timeline

import (
	"cmp"
	"slices"
)

// EarlierDraft is the draft of an earlier window, as the evidence of a later one keeps
// it: where it is and what it can be compared by.
type EarlierDraft struct {
	Name     string // of its directory
	Document string // the file of that directory to read; "" when none was found
	Page     string // the same as a page; "" when none was found, or the record does not tell
	Window   Window
	Features []Feature // by CompareFeatures, each once
}

// History is what the drafts of earlier windows hold. It is not part of timeline.json;
// the record is.
type History struct {
	Drafts      []EarlierDraft // whose windows ended before this one began, the latest first
	Overlapping []EarlierDraft // which began before this one and reach into it; without features
	LeftOut     int            // older drafts, beyond what one draft is compared with
	Cut         int            // features of the drafts beyond what is kept of each
	Unreadable  []string       // the names of directories whose timeline.json cannot be read
	Evidence    []string       // at least one record
}

// Likeness is an earlier draft that shares features with this one. It says that the same
// was seen twice, not that it had the same cause.
type Likeness struct {
	EarlierDraft
	Shared []Feature // by CompareFeatures
}

// Alike are the earlier drafts that share anything with the timeline: those that share
// most first, and of equals the latest.
func (t *Timeline) Alike() []Likeness {
	if t.History == nil {
		return nil
	}
	here := t.Features()
	var out []Likeness
	for _, d := range t.History.Drafts {
		var shared []Feature
		for _, f := range d.Features {
			if _, has := here[f]; has {
				shared = append(shared, f)
			}
		}
		if len(shared) > 0 {
			slices.SortFunc(shared, CompareFeatures)
			out = append(out, Likeness{d, slices.Compact(shared)})
		}
	}
	slices.SortStableFunc(out, func(a, b Likeness) int {
		return cmp.Or(cmp.Compare(len(b.Shared), len(a.Shared)), b.Window.To.Compare(a.Window.To), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Occasions is how many separate times windows tell of: windows that overlap are one, so
// that one incident which was drafted twice counts once.
func Occasions(windows []Window) int {
	windows = slices.SortedFunc(slices.Values(windows), func(a, b Window) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	n := 0
	var until Window
	for _, w := range windows {
		if n == 0 || !w.From.Before(until.To) {
			n++
			until = w
		}
		until.To = later(until.To, w.To)
	}
	return n
}
