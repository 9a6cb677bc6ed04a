package timeline

// SchemaV1 names the form of timeline.json.
const SchemaV1 = "collector/timeline/v1"

// Timeline is the one account of a window: what happened, in order, what was
// looked for and not found, and what could not be seen.
type Timeline struct {
	Window   Window
	Scope    Scope
	Title    string
	Phases   Phases
	Events   []Event // by start; see Event.Start for how sure the order is
	Checks   []Check
	Gaps     []Gap
	Impact   []Impact
	Evidence []Evidence // every record cited by anything above, by ID
	Series   []Series   // for charts and tables; not in timeline.json
	Remarks  []Remark   // about the observation itself; not in timeline.json
	Links    []Link     // where else to look at the window; not in timeline.json
	History  *History   // what earlier drafts hold, nil where nobody looked; not in timeline.json
}

// Phases are the turning points of an incident. A nil phase was not found.
type Phases struct {
	Onset     *Phase `json:"onset"`     // the first harm
	Detected  *Phase `json:"detected"`  // the first alert that fired
	Mitigated *Phase `json:"mitigated"` // the last response before the recovery
	Recovered *Phase `json:"recovered"` // the last harm ended
	Resolved  *Phase `json:"resolved"`  // the last alert ended
}

// Phase is one turning point, the rule that found it and the event it came from.
type Phase struct {
	Instant
	Rule  string // one of the Rule constants in phases.go
	Event string // the event's ID
}

// Event returns the event with an ID.
func (t *Timeline) Event(id string) (Event, bool) {
	for _, e := range t.Events {
		if e.ID == id {
			return e, true
		}
	}
	return Event{}, false
}
