package github

import (
	"slices"

	"collector/internal/sources/forge"
	"collector/internal/timeline"
)

// The states of a deployment, as statuses report them.
const (
	stateQueued     = "queued"
	stateWaiting    = "waiting" // for an approval
	stateInProgress = "in_progress"
	stateSuccess    = "success"
	stateFailure    = "failure"
	stateError      = "error"
	stateInactive   = "inactive"
)

// outcomes are what the states mean by which a deployment ends.
func outcome(state string) string {
	switch state {
	case stateSuccess:
		return forge.Finished
	case stateFailure, stateError:
		return forge.Failed
	}
	return ""
}

// course reads a deployment's statuses, which stand in order of time.
func course(d forge.Deployment) forge.Course {
	c := forge.Course{Start: d.CreatedAt, Outcome: forge.Unfinished, Started: len(d.Statuses) > 0}
	end := slices.IndexFunc(d.Statuses, func(s forge.Status) bool { return outcome(s.State) != "" })
	if end < 0 {
		end = slices.IndexFunc(d.Statuses, func(s forge.Status) bool { return s.State == stateInactive })
	}
	before := d.Statuses
	if end >= 0 {
		before = d.Statuses[:end]
	}
	if i := slices.IndexFunc(before, func(s forge.Status) bool { return s.State == stateInProgress }); i >= 0 {
		c.Start = before[i].At
	} else if end < 0 {
		c.Waits = len(d.Statuses) > 0 && !slices.ContainsFunc(d.Statuses, func(s forge.Status) bool {
			return s.State != stateQueued && s.State != stateWaiting
		})
	}
	for _, s := range d.Statuses {
		if s.URL != "" {
			c.URL = s.URL
		}
	}
	if end < 0 {
		return c
	}
	last := d.Statuses[end]
	c.End, c.Message = last.At, last.Message
	if last.URL != "" {
		c.URL = last.URL
	}
	if c.Outcome = outcome(last.State); c.Outcome == "" {
		c.Outcome = forge.Inactive
	}
	for _, s := range d.Statuses[end+1:] {
		if what := outcome(s.State); what != "" && what != c.Outcome {
			c.Later = s.State + " at " + timeline.FormatTime(s.At)
		}
	}
	return c
}
