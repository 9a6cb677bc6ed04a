package incidents

import (
	"context"
	"fmt"
	"strings"
	"time"

	"collector/lab/servers"
	"collector/lab/stage"
)

// The timetable that all incidents share.
const (
	Baseline = 45 * time.Second // of normal load before anything happens
	Lead     = 20 * time.Second // of the baseline that belongs to the window
	Tail     = 15 * time.Second // of the window after the recovery
)

// Incident is one story.
type Incident struct {
	Name     string
	Title    string // of the draft
	Seed     string // the document of the field that it is taken from
	Quiet    bool   // nothing goes wrong: every event of severity warning is false
	Requires string // the alert without which the staging itself has failed

	SecondReplica bool     // it needs a third server
	Witnesses     bool     // collector also asks Loki and Alertmanager
	Lines         []string // further lines of every server's configuration

	// Expected are effects that follow from the truth and need not be listed
	// one by one; an event that is neither is false.
	Expected []Effect

	Steps func(ctx context.Context, s *stage.Stage, t *Script) error
}

// Effect is a kind of event on some targets between the break and the recovery.
type Effect struct {
	Kind    string
	Targets []string // empty: any
}

// Truth is one event that a draft should hold.
type Truth struct {
	Kind       string            `json:"kind"`
	Target     string            `json:"target"`
	Grade      string            `json:"grade,omitempty"`      // that must be equal; empty: any
	Attributes map[string]string `json:"attributes,omitempty"` // that must be equal
	Start      time.Time         `json:"start"`
	Fuzz       time.Duration     `json:"fuzz_ns,omitempty"`  // how far off Start itself may be
	End        time.Time         `json:"end,omitzero"`       // zero: not scored
	Optional   bool              `json:"optional,omitempty"` // true, but too short to demand: a busy machine's missed scrape
}

// String names the truth in a table of what was missed.
func (t Truth) String() string {
	name := t.Kind + " on " + t.Target
	for _, key := range []string{"alertname", "signal", "version", "operation", "message"} {
		if value := t.Attributes[key]; value != "" {
			name += " " + value
		}
	}
	return name
}

// Story is what really happened in one run of an incident.
type Story struct {
	From, To  time.Time // the window to draft
	Break     time.Time
	Recovered time.Time
	Truth     []Truth
	Disturbed string // why the run says little: the machine was too busy
}

// All lists the incidents, the demo's first.
func All() []Incident {
	return []Incident{
		schemaChange(), databaseVanished(), reportingQuery(), metadataLock(), replicaTrouble(), crash(), noRoom(), failover(),
		variableChange(), droppedIndex(), toldByOthers(), quiet(),
	}
}

// Named returns the incidents of these names; all of them for no name.
func Named(names []string) ([]Incident, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var chosen []Incident
	var known []string
	for _, name := range names {
		found := false
		known = known[:0]
		for _, incident := range All() {
			known = append(known, incident.Name)
			if incident.Name == name {
				chosen, found = append(chosen, incident), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no incident %q; there are: %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// effects are what any outage of the application does to the metrics.
func effects(more ...Effect) []Effect {
	return append([]Effect{
		{Kind: "signal", Targets: []string{stage.AppInstance, stage.Primary, stage.Replica}},
	}, more...)
}

// Flavours are those that every incident runs on.
func Flavours() []string { return []string{servers.FlavourMariaDB, servers.FlavourMySQL} }
