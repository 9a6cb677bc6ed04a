package forge

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"collector/internal/timeline"
)

// The attributes in which a deploy tells its gates, as the line of a deploy log would.
const (
	gateReview  = "gates.review"
	gateCI      = "gates.ci"
	gateStaging = "gates.staging"
	noted       = "_note"
)

// The states of a gate.
const (
	passed  = "passed"
	skipped = "skipped"
	missing = "missing"
	failed  = "failed"
)

// past is what the records say about a commit before it was deployed.
type past struct {
	commit  *CommitTold
	merge   *MergeTold
	checks  *ChecksTold
	staging *StagingTold
	ids     []string // of the records
	bounded bool     // they are read by boundedRules
}

// pastAsked reports whether a question is about a commit.
func pastAsked(kind string) bool {
	return kind == commitAsked || kind == mergeAsked || kind == checksAsked || kind == stagingAsked
}

// read adds a record's answer.
func (p *past) read(q question, raw json.RawMessage, id string) error {
	p.ids = append(p.ids, id)
	p.bounded = p.bounded || q.Rules >= boundedRules
	switch q.Kind {
	case commitAsked:
		return json.Unmarshal(raw, &p.commit)
	case mergeAsked:
		return json.Unmarshal(raw, &p.merge)
	case checksAsked:
		return json.Unmarshal(raw, &p.checks)
	}
	return json.Unmarshal(raw, &p.staging)
}

// told adds to a deploy what its commit went through, with the records. A note without a
// state says why the state is not known.
func (f Forge) told(e *timeline.Event, p *past) {
	set := func(name, value string) {
		if value != "" {
			e.Attributes[name] = value
		}
	}
	stamp := func(t *time.Time) string {
		if t == nil || When(*t) == nil {
			return ""
		}
		return timeline.FormatTime(*t)
	}
	if p.commit != nil {
		set("commit_time", stamp(p.commit.CommittedAt))
	}
	deployed := e.Start.At
	if m := p.merge; m != nil {
		if m.Number > 0 {
			set("pull_request", strconv.FormatInt(m.Number, 10))
			set("pull_request_created", stamp(m.CreatedAt))
			set("pull_request_merged", stamp(m.MergedAt))
		}
		state, note := reviewed(*m, deployed)
		set(gateReview, state)
		set(gateReview+noted, note)
	}
	if p.checks != nil {
		state, note := checked(*p.checks, deployed, p.bounded)
		set(gateCI, state)
		set(gateCI+noted, note)
	}
	if p.staging != nil {
		state, note := f.staged(*p.staging, deployed, p.bounded)
		set(gateStaging, state)
		set(gateStaging+noted, note)
	}
	e.Evidence = append(e.Evidence, p.ids...)
}

// stateAt is a state with its time.
func stateAt(state string, t time.Time) string { return state + " " + timeline.FormatTime(t) }

// reviewed: an approval before the deploy is a review that was passed, the last of them
// counts; a request without an approval is one that was skipped; a commit that no request
// has brought in had none. Where not all was read only an approval before the deploy counts.
// A record that tells each review is read by reviewedBy.
func reviewed(m MergeTold, deployed time.Time) (state, note string) {
	switch {
	case m.Number <= 0 && m.Partial:
		return "", "not all pull or merge requests that have this commit could be read"
	case m.Number <= 0:
		return missing, "no pull or merge request has this commit"
	case len(m.Reviews) > 0:
		return reviewedBy(m, deployed)
	case len(m.ApprovedAt) > 0:
		var before, first time.Time
		for _, t := range m.ApprovedAt {
			if !t.After(deployed) && t.After(before) {
				before = t
			}
			if first.IsZero() || t.Before(first) {
				first = t
			}
		}
		switch {
		case m.Partial && before.IsZero():
			return "", unreadReviews(m)
		case m.Partial:
			return stateAt(passed, before), m.approved() + " in the reviews that were read, not all of them"
		case before.IsZero():
			before = first
		}
		return stateAt(passed, before), m.approved()
	case m.Partial:
		return "", unreadReviews(m)
	case m.Approvals > 0:
		return passed, m.approved() + ", when is not told"
	case m.withdrawn(deployed):
		return "", fmt.Sprintf("request %d has no approval now; whether one stood at the deploy is not told", m.Number)
	}
	return skipped, fmt.Sprintf("request %d has no approval", m.Number)
}

func unreadReviews(m MergeTold) string {
	return fmt.Sprintf("not all reviews of request %d could be read, and none of those that were is an approval before the deploy", m.Number)
}

// approved says by how many people a request was approved; of a record that does not
// tell, how often.
func (m MergeTold) approved() string {
	switch {
	case m.Approvers == 1:
		return "approved by 1 person"
	case m.Approvers > 1:
		return fmt.Sprintf("approved by %d people", m.Approvers)
	case m.Approvals == 1:
		return "approved once"
	}
	return fmt.Sprintf("approved %d times", m.Approvals)
}
