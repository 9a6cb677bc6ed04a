package timeline

import (
	"slices"
	"time"
)

// Gap is a stretch that could not be observed, and why.
type Gap struct {
	Source   string    `json:"source"`
	Target   string    `json:"target"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Reason   string    `json:"reason"`
	Evidence []string  `json:"evidence"` // the failed attempt, or the record that shows the hole
}

// Check is something that was looked for and not found.
type Check struct {
	Source    string   `json:"source"`
	Target    string   `json:"target"`
	LookedFor string   `json:"looked_for"` // "replication errors", completes "Looked for … : none"
	Evidence  []string `json:"evidence"`
}

// Remark is a fact about the observation itself that a reader should know: what
// the recorder cost a server. It is not part of timeline.json.
type Remark struct {
	Source   string
	Target   string
	Text     string // one plain sentence without a full stop
	Evidence []string
	Ending   bool // it is about why the window ends where it does
}

// Link is a place where a person can look at the window with other eyes: a
// snapshot of a dashboard. It is not part of timeline.json; the record is.
type Link struct {
	Source   string
	Target   string
	Title    string   // "MySQL overview (mysql-overview)"
	URL      string   // http or https; "" when there is none yet
	Text     string   // what is there, or why nothing is; a part of a sentence
	Evidence []string // at least one record
}

// Impact is one figure of the damage.
type Impact struct {
	Name     string   `json:"name"`
	Value    float64  `json:"value"`
	Unit     string   `json:"unit"`
	Evidence []string `json:"evidence"`
}

// Point is one value of a series. V may be NaN: scraped, but not a number.
type Point struct {
	T time.Time
	V float64
}

// Series is a metric over the window and the baseline stretch before it, for
// charts and tables. It is not part of timeline.json.
type Series struct {
	Source   string
	Target   string
	Name     string // the signal's name: threads_running
	Unit     string
	Labels   map[string]string
	Points   []Point
	Baseline float64 // median before the window; NaN when there was none
	Low      float64 // the band that counts as normal
	High     float64
	Evidence []string

	Query string        // that gives the series, in PromQL; "" when Prometheus does not have it
	Step  time.Duration // between the evaluations that were asked for; 0 when it is not known
}

// Findings is what a source's evidence shows.
type Findings struct {
	Events   []Event
	Evidence []Evidence
	Gaps     []Gap
	Checks   []Check
	Impact   []Impact
	Series   []Series
	Remarks  []Remark
	Links    []Link
	History  *History // of at most one source
}

// Add appends all of other.
func (f *Findings) Add(other Findings) {
	f.Events = append(f.Events, other.Events...)
	f.Evidence = append(f.Evidence, other.Evidence...)
	f.Gaps = append(f.Gaps, other.Gaps...)
	f.Checks = append(f.Checks, other.Checks...)
	f.Impact = append(f.Impact, other.Impact...)
	f.Series = append(f.Series, other.Series...)
	f.Remarks = append(f.Remarks, other.Remarks...)
	f.Links = append(f.Links, other.Links...)
	if other.History != nil {
		f.History = other.History
	}
}

// union returns the sorted set of both lists.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
