package scoring

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Draft is the part of timeline.json that is scored.
type Draft struct {
	Dir      string  `json:"-"`
	Schema   string  `json:"schema"`
	Events   []Event `json:"events"`
	Checks   []cited `json:"checks"`
	Gaps     []Gap   `json:"gaps"`
	Impact   []cited `json:"impact"`
	Evidence []struct {
		Source string `json:"source"`
		URL    string `json:"url"`
	} `json:"evidence"`
	Phases map[string]*struct {
		At    time.Time `json:"at"`
		Event string    `json:"event"`
	} `json:"phases"`
}

// Event is one event of timeline.json.
type Event struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	Grade      string            `json:"grade"`
	Severity   string            `json:"severity"`
	Target     string            `json:"target"`
	Start      Instant           `json:"start"`
	Summary    string            `json:"summary"`
	Attributes map[string]string `json:"attributes"`
	Evidence   []string          `json:"evidence"`
}

// Instant is a time with its error.
type Instant struct {
	At       time.Time `json:"at"`
	Earliest time.Time `json:"earliest"`
	Latest   time.Time `json:"latest"`
}

// Gap is one gap of timeline.json.
type Gap struct {
	Source   string   `json:"source"`
	Target   string   `json:"target"`
	Reason   string   `json:"reason"`
	Evidence []string `json:"evidence"`
}

type cited struct {
	Evidence []string `json:"evidence"`
}

const schema = "collector/timeline/v1"

// Read reads the draft in a directory.
func Read(dir string) (Draft, error) {
	data, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if err != nil {
		return Draft{}, fmt.Errorf("reading the draft: %w", err)
	}
	draft := Draft{Dir: dir}
	if err := json.Unmarshal(data, &draft); err != nil {
		return Draft{}, fmt.Errorf("reading the draft in %s: %w", dir, err)
	}
	if draft.Schema != schema {
		return Draft{}, fmt.Errorf("reading the draft in %s: its schema is %q, not %q", dir, draft.Schema, schema)
	}
	return draft, nil
}

// sampled reports whether the recorder saw the event in its samples.
func (e Event) sampled() bool { return e.Grade == "measured" && strings.HasPrefix(e.Kind, "mysql.") }

// loud reports whether an event is of severity warning or above.
func (e Event) loud() bool { return e.Severity == "warning" || e.Severity == "critical" }
