package drafts

import (
	"cmp"
	"context"
	"slices"

	"collector/internal/timeline"
)

// Pattern is a feature of several incidents.
type Pattern struct {
	timeline.Feature
	Times  int   // separate times, see timeline.Occasions
	Drafts []int // which have it, by their place in the list that was compared; the latest first
}

// LeastTimes is from how many separate times on something recurs.
const LeastTimes = 2

// Patterns are the features that drafts of at least two separate times share: what was
// there most often first, then what was there last, then what says most.
func Patterns(all []Draft) []Pattern {
	having := map[timeline.Feature][]int{}
	for i, d := range all {
		for _, f := range d.Features {
			having[f] = append(having[f], i)
		}
	}
	var out []Pattern
	for f, list := range having {
		if times := occasions(all, list); times >= LeastTimes {
			slices.SortFunc(list, func(a, b int) int {
				return cmp.Or(all[b].Window.To.Compare(all[a].Window.To), cmp.Compare(all[a].Dir, all[b].Dir))
			})
			out = append(out, Pattern{f, times, list})
		}
	}
	slices.SortFunc(out, func(a, b Pattern) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), all[b.Drafts[0]].Window.To.Compare(all[a.Drafts[0]].Window.To), timeline.CompareFeatures(a.Feature, b.Feature))
	})
	return out
}

func occasions(all []Draft, list []int) int {
	windows := make([]timeline.Window, len(list))
	for i, n := range list {
		windows[i] = all[n].Window
	}
	return timeline.Occasions(windows)
}

// Unreadable is a draft that could not be read, and why.
type Unreadable struct {
	Dir string
	Err error
}

// ReadAll reads the drafts of directories one after the other. What cannot be read does
// not hide the rest. It ends with the error of a context that ends.
func ReadAll(ctx context.Context, dirs []string) (all []Draft, failed []Unreadable, err error) {
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		d, err := Read(dir)
		if err != nil {
			failed = append(failed, Unreadable{dir, err})
			continue
		}
		all = append(all, d)
	}
	return all, failed, nil
}
