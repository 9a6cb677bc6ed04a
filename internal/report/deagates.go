package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// gate is a place before production where a defect can be caught, as the template of
// the field has it.
type gate struct {
	name   string   // in the gate analysis: "Code review"
	stage  string   // in the escape timeline; several gates may share one; "" has none there
	fields []string // the fields of a deploy's record that tell of it, the first of which counts
}

// The stages of the escape timeline that are gates.
const (
	stageReview   = "Code review"
	stageTests    = "Automated tests / CI"
	stageStaging  = "Staging"
	stageDBA      = "DBA / DBRE review"
	stageApproval = "Change approval"
)

// gates are all of them, in the template's order.
func gates() []gate {
	return []gate{
		{"Code review", stageReview, []string{"gates.review", "review", "code_review"}},
		{"Unit / integration tests", stageTests, []string{"gates.tests", "tests"}},
		{"CI pipeline", stageTests, []string{"gates.ci", "ci"}},
		{"Staging environment", stageStaging, []string{"gates.staging", "staging"}},
		{"Production-scale data test", "", []string{"gates.scale_test", "scale_test"}},
		{"DBA / DBRE review", stageDBA, []string{"gates.dba_review", "dba_review", "dbre_review"}},
		{"Change approval / runbook", stageApproval, []string{"gates.approval", "approval", "change_approval"}},
	}
}

// gateState is what the records say about a gate.
type gateState string

// The states. An unknown one is no absence: no record says.
const (
	gateSkipped gateState = "skipped"
	gateMissing gateState = "missing"
	gateFailed  gateState = "failed"
	gatePassed  gateState = "passed"
	gateUnknown gateState = ""
)

// gateWords are the words in which records tell a state.
func gateWords() map[gateState][]string {
	return map[gateState][]string{
		gateSkipped: {"skipped", "skip", "bypassed", "waived", "overridden"},
		gateMissing: {"missing", "none", "absent"},
		gateFailed:  {"failed", "failure", "error", "rejected", "red"},
		gatePassed:  {"passed", "pass", "ok", "success", "succeeded", "successful", "approved", "done", "green"},
	}
}

// moment is a time that a record tells, or only its day.
type moment struct {
	at  time.Time // zero: none is told
	day bool
}

// finding is what is known of one gate.
type finding struct {
	gate
	state gateState
	when  moment
	note  string // why, in the record's own words; of an unknown state why it is not known
	field string // that told it; with an unknown state one that could not be understood
	late  bool   // passed, but after the change was in production
}

// suspect reports whether there is evidence that the gate did not do its work.
func (f finding) suspect() bool {
	return f.state == gateSkipped || f.state == gateMissing || f.state == gateFailed || f.late
}

// rank puts what was skipped or missing first, then what failed or came late, what is
// unknown, and what was passed.
func (f finding) rank() int {
	switch {
	case f.state == gateSkipped:
		return 0
	case f.state == gateMissing:
		return 1
	case f.state == gateFailed:
		return 2
	case f.late:
		return 3
	case f.state == gateUnknown:
		return 4
	}
	return 5
}

// verdict is the state in words: "passed, 2024-07-11", "no record says".
func (f finding) verdict() string {
	switch {
	case f.late:
		return "passed only after it was in production"
	case f.state != gateUnknown:
		return string(f.state)
	case f.field == "" && f.note != "":
		return "not known"
	case f.field != "":
		return "not known: the value of " + escape(f.field, maxName) + " is none of the known words"
	}
	return "no record says"
}

// existed says whether the gate was there at all.
func (f finding) existed() string {
	switch f.state {
	case gateMissing:
		return "no"
	case gateUnknown:
		return "not known"
	}
	return "yes"
}

// findGates reads the gates out of a deploy's attributes, in the template's order.
// Escaped is when the change reached production.
func findGates(attributes map[string]string, escaped timeline.Instant) []finding {
	var out []finding
	for _, g := range gates() {
		f := finding{gate: g}
		for _, name := range g.fields {
			value, key := field(attributes, name)
			if value == "" {
				continue
			}
			state, when, ok := parseGate(value)
			if !ok {
				if f.field == "" {
					f.field = key
				}
				continue
			}
			f.state, f.when, f.field = state, when, key
			f.note, _ = field(attributes, name+"_note")
			f.late = state == gatePassed && !when.at.IsZero() && !when.day && when.at.After(escaped.Latest)
			break
		}
		for _, name := range g.fields {
			if f.state == gateUnknown && f.field == "" && f.note == "" {
				f.note, _ = field(attributes, name+"_note")
			}
		}
		out = append(out, f)
	}
	return out
}

// field is a field of a deploy's record: by its name, or, where another witness's
// attribute has taken that, behind "log_".
func field(attributes map[string]string, name string) (value, key string) {
	for _, key := range []string{name, "log_" + name} {
		if v := strings.TrimSpace(attributes[key]); v != "" {
			return v, key
		}
	}
	return "", ""
}

// maxGateValue is how long the value of a gate may be; a longer one is prose.
const maxGateValue = 120

// parseGate reads the value of a gate: a word, a time (which means passed then), or a
// word and its time: "passed", "2024-07-11T16:20:00Z", "skipped 2024-07-11".
func parseGate(value string) (gateState, moment, bool) {
	if len(value) > maxGateValue {
		return gateUnknown, moment{}, false
	}
	value = strings.TrimSpace(value)
	if when, ok := parseMoment(value); ok {
		return gatePassed, when, true
	}
	word, rest, _ := strings.Cut(strings.Replace(value, "@", " ", 1), " ")
	word = strings.ToLower(strings.TrimRight(word, ",;:"))
	for state, words := range gateWords() {
		if !slices.Contains(words, word) {
			continue
		}
		rest = strings.TrimPrefix(strings.TrimSpace(rest), "at ")
		if rest == "" {
			return state, moment{}, true
		}
		when, ok := parseMoment(rest)
		return state, when, ok
	}
	return gateUnknown, moment{}, false
}

// The years that a moment can have; what lies outside is a misread number.
var (
	firstMoment = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	lastMoment  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

var unixSeconds = regexp.MustCompile(`^[0-9]{9,10}$`)

// parseMoment reads RFC 3339, a day (2024-07-11), or Unix seconds as `git log
// --format=%ct` prints them.
func parseMoment(text string) (moment, bool) {
	text = strings.TrimSpace(text)
	m := moment{}
	if unixSeconds.MatchString(text) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return moment{}, false
		}
		m.at = time.Unix(seconds, 0).UTC()
	} else if at, err := time.Parse(time.RFC3339, text); err == nil {
		m.at = at.UTC()
	} else if day, err := time.Parse(time.DateOnly, text); err == nil {
		m = moment{day, true}
	} else {
		return moment{}, false
	}
	if m.at.Before(firstMoment) || !m.at.Before(lastMoment) {
		return moment{}, false
	}
	return m, true
}
