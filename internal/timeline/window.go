package timeline

import (
	"fmt"
	"slices"
	"time"
)

// Window is the half-open interval [From, To) that a draft covers, in UTC.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// Overlaps reports whether any part of [from, to] lies in the window.
func (w Window) Overlaps(from, to time.Time) bool { return from.Before(w.To) && !to.Before(w.From) }

// Duration is the length of the window.
func (w Window) Duration() time.Duration { return w.To.Sub(w.From) }

// UTC returns the window with both ends in UTC, rounded to milliseconds, the
// resolution of every document.
func (w Window) UTC() Window {
	return Window{w.From.UTC().Round(time.Millisecond), w.To.UTC().Round(time.Millisecond)}
}

func (w Window) String() string {
	return fmt.Sprintf("%s – %s", w.From.UTC().Format(time.RFC3339), w.To.UTC().Format(time.RFC3339))
}

// Scope says which clusters and targets are meant. The zero value means all.
type Scope struct {
	Clusters []string `json:"clusters,omitempty"`
	Targets  []string `json:"targets,omitempty"`
}

// Includes reports whether a target of a cluster is meant. A target without a
// cluster belongs to every cluster: nobody said that it does not matter.
func (s Scope) Includes(cluster, target string) bool {
	if len(s.Clusters) > 0 && cluster != "" && !slices.Contains(s.Clusters, cluster) {
		return false
	}
	return len(s.Targets) == 0 || slices.Contains(s.Targets, target)
}
