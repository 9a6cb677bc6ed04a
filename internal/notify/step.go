package notify

import "time"

// The kinds of steps, in the order of an incident's life.
const (
	Opened    = "opened"    // the first alert has arrived; there is no draft yet
	Drafted   = "drafted"   // the first draft is on disk
	Refreshed = "refreshed" // the draft was written again while the incident lasts
	Final     = "final"     // the last draft, after recovery
	Closed    = "closed"    // nothing more will be done, also when there is no final draft
)

func kinds() []string { return []string{Opened, Drafted, Refreshed, Final, Closed} }

// Step is what a webhook is told: the data of its template. Texts come from alerts
// and documents and may hold anything; the template functions make them harmless.
type Step struct {
	Key       string    `json:"key"` // the same at every attempt; a receiver that has seen it need do nothing
	Kind      string    `json:"step"`
	At        time.Time `json:"at"` // when it was taken
	Incident  Incident  `json:"incident"`
	Draft     *Draft    `json:"draft"`     // nil while there is none
	Snapshots []Link    `json:"snapshots"` // of Grafana dashboards
}

// Incident is the incident as it is at the step.
type Incident struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	State    string    `json:"state"` // open, closed ...
	From     time.Time `json:"from"`
	To       time.Time `json:"to,omitzero"` // zero while nobody knows
	Clusters []string  `json:"clusters"`
	Severity string    `json:"severity"` // the worst of its alerts: critical, warning, info
	Alerts   int       `json:"alerts"`
	URL      string    `json:"url"` // its page, below server.external_url; else ""
}

// Draft is the document as it is at the step.
type Draft struct {
	Path     string `json:"path"` // the directory
	URL      string `json:"url"`  // where people read it; "" when nobody serves it
	Events   int    `json:"events"`
	Gaps     int    `json:"gaps"`     // what could not be seen
	Severity string `json:"severity"` // the worst of its events: critical, warning, info
}

// Link is something to click.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}
