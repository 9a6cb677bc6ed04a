package forge

import (
	"fmt"
	"time"

	"collector/internal/timeline"
)

// staged: the last deployment of the commit to staging that succeeded before the deploy,
// else the last one that failed before it. That there is none since deployments were
// listed says nothing of the time before: the note says since when, and no state is told.
// Where nothing is deployed there at all nothing is said.
func (f Forge) staged(s StagingTold, deployed time.Time, bounded bool) (state, note string) {
	if !bounded {
		return f.stagedUnbounded(s, deployed)
	}
	note = "deployed to " + s.Environment
	var lost, late *Course
	for _, d := range s.Found { // newest first
		c := f.Course(d.tidy())
		switch {
		case c.Waits || c.End.IsZero():
		case c.Outcome == Finished && !c.End.After(deployed):
			return stateAt(passed, c.End), note
		case c.Outcome == Finished:
			late = &c
		case c.Outcome == Failed && !c.End.After(deployed) && lost == nil:
			lost = &c
		}
	}
	since := timeline.FormatTime(s.From)
	switch {
	case s.Unread > 0:
		return "", fmt.Sprintf("not all deployments of this commit to %s could be read", s.Environment)
	case lost != nil:
		return stateAt(failed, lost.End), "the deployment to " + s.Environment + " failed"
	case s.Listed == 0:
		return "", ""
	case s.Partial:
		return "", fmt.Sprintf("not seen in %s before the deploy; not all deployments there could be listed", s.Environment)
	case late != nil:
		return "", fmt.Sprintf("not seen in %s from %s until the deploy, but at %s; older deployments were not looked for", s.Environment, since, timeline.FormatTime(late.End))
	}
	return "", fmt.Sprintf("not seen in %s since %s, others were; older deployments were not looked for", s.Environment, since)
}

// stagedUnbounded reads a record that is older than boundedRules as it was read then.
func (f Forge) stagedUnbounded(s StagingTold, deployed time.Time) (state, note string) {
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
