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
}

// pastAsked reports whether a question is about a commit.
func pastAsked(kind string) bool {
	return kind == commitAsked || kind == mergeAsked || kind == checksAsked || kind == stagingAsked
}

// readPast adds a record's answer.
func (p *past) read(kind string, raw json.RawMessage, id string) error {
	p.ids = append(p.ids, id)
	switch kind {
	case commitAsked:
		return json.Unmarshal(raw, &p.commit)
	case mergeAsked:
		return json.Unmarshal(raw, &p.merge)
	case checksAsked:
		return json.Unmarshal(raw, &p.checks)
	}
	return json.Unmarshal(raw, &p.staging)
}

// told adds to a deploy what its commit went through, with the records.
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
		state, note := checked(*p.checks, deployed)
		set(gateCI, state)
		set(gateCI+noted, note)
	}
	if p.staging != nil {
		state, note := f.staged(*p.staging, deployed)
		set(gateStaging, state)
		set(gateStaging+noted, note)
	}
	e.Evidence = append(e.Evidence, p.ids...)
}

// at is a state with its time.
func stateAt(state string, t time.Time) string { return state + " " + timeline.FormatTime(t) }

// reviewed: an approval before the deploy is a review that was passed, the last of them
// counts; a request without an approval is one that was skipped; a commit that no request
// has brought in had none.
func reviewed(m MergeTold, deployed time.Time) (state, note string) {
	switch {
	case m.Number <= 0:
		return missing, "no pull or merge request has this commit"
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
		if before.IsZero() {
			before = first
		}
		return stateAt(passed, before), m.approved()
	case m.Approvals > 0:
		return passed, m.approved() + ", when is not told"
	}
	return skipped, fmt.Sprintf("request %d has no approval", m.Number)
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

// checked: of the runs that had ended before the deploy one that failed counts, else one
// that passed, else one that was skipped. A pipeline that passed may have ended after the
// deploy, because the deploy was a part of it; one that failed then may have failed
// because of the deploy, and says nothing. Where no run is known nothing is said: checks
// may be reported elsewhere.
func checked(c ChecksTold, deployed time.Time) (state, note string) {
	count := map[string]int{}
	last := map[string]time.Time{}
	for _, r := range c.Runs {
		early := r.EndAt != nil && When(*r.EndAt) != nil && !r.EndAt.After(deployed)
		if !early && (!c.Whole || r.State != RunPassed) {
			continue
		}
		count[r.State]++
		if early && r.EndAt.After(last[r.State]) {
			last[r.State] = *r.EndAt
		}
	}
	word, of := "checks", ""
	if c.Whole {
		word = "pipelines"
	}
	if c.Partial {
		of = " of those that were listed"
	}
	note = fmt.Sprintf("%s before the deploy%s: %d passed, %d failed, %d skipped", word, of, count[RunPassed], count[RunFailed], count[RunSkipped])
	for _, s := range []struct{ run, gate string }{{RunFailed, failed}, {RunPassed, passed}, {RunSkipped, skipped}} {
		if s.run == RunFailed && c.Whole && count[RunPassed] > 0 { // it was run again
			continue
		}
		if count[s.run] == 0 {
			continue
		}
		if at := last[s.run]; !at.IsZero() {
			return stateAt(s.gate, at), note
		}
		return s.gate, note
	}
	return "", ""
}

// staged: the last deployment of the commit to staging that succeeded before the deploy,
// else the first one of all. A commit that was never deployed there, although others
// were, skipped it; where nothing is deployed there at all nothing is said.
func (f Forge) staged(s StagingTold, deployed time.Time) (state, note string) {
	note = "deployed to " + s.Environment
	var first *Course
	for _, d := range s.Found { // newest first
		c := f.Course(d.tidy())
		if c.Waits || c.End.IsZero() {
			continue
		}
		if c.Outcome == Finished && !c.End.After(deployed) {
			return stateAt(passed, c.End), note
		}
		first = &c
	}
	switch {
	case first != nil && first.Outcome == Finished:
		return stateAt(passed, first.End), note
	case first != nil && first.Outcome == Failed:
		return stateAt(failed, first.End), "the deployment to " + s.Environment + " failed"
	case len(s.Found) == 0 && s.Unread == 0 && !s.Partial && s.Listed > 0:
		return skipped, fmt.Sprintf("this commit was not deployed to %s since %s, others were", s.Environment, timeline.FormatTime(s.From))
	}
	return "", ""
}
