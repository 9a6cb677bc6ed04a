package forge

import (
	"fmt"
	"time"
)

// runsTold are the runs that count, by their state.
type runsTold struct {
	early map[string]int       // had ended before the deploy
	late  int                  // pipelines that passed and ended after it
	last  map[string]time.Time // when the last of the early ones ended
}

// counted are the runs that say something of a deploy.
func counted(c ChecksTold, deployed time.Time) runsTold {
	r := runsTold{map[string]int{}, 0, map[string]time.Time{}}
	for _, one := range c.Runs {
		switch early := one.EndAt != nil && When(*one.EndAt) != nil && !one.EndAt.After(deployed); {
		case early:
			r.early[one.State]++
			if one.EndAt.After(r.last[one.State]) {
				r.last[one.State] = *one.EndAt
			}
		case c.Whole && one.State == RunPassed:
			r.late++
		}
	}
	return r
}

// of is how many runs of a state count.
func (r runsTold) of(state string) int {
	if state == RunPassed {
		return r.early[state] + r.late
	}
	return r.early[state]
}

// note tells the runs in words. Records before boundedRules had pipelines that ended after
// the deploy told as if they had ended before it.
func (r runsTold) note(c ChecksTold, bounded bool) string {
	word, of, passed, after := "checks", "", r.early[RunPassed], ""
	if c.Whole {
		word = "pipelines"
	}
	if c.Partial {
		of = " of those that were listed"
	}
	switch {
	case !bounded:
		passed += r.late
	case r.late > 0:
		after = fmt.Sprintf("; %d passed that did not end before it", r.late)
	}
	return fmt.Sprintf("%s before the deploy%s: %d passed, %d failed, %d skipped%s", word, of, passed, r.early[RunFailed], r.early[RunSkipped], after)
}

// checked: of the runs that had ended before the deploy one that failed counts, else one
// that passed, else one that was skipped. A pipeline that passed may have ended after the
// deploy, because the deploy was a part of it; one that failed then may have failed
// because of the deploy, and says nothing. Where no run is known nothing is said: checks
// may be reported elsewhere. Where not all are listed only what no other run can change is
// said: a check that failed, a pipeline that passed.
func checked(c ChecksTold, deployed time.Time, bounded bool) (state, note string) {
	runs := counted(c, deployed)
	note = runs.note(c, bounded)
	for _, s := range []struct{ run, gate string }{{RunFailed, failed}, {RunPassed, passed}, {RunSkipped, skipped}} {
		if s.run == RunFailed && c.Whole && runs.of(RunPassed) > 0 { // it was run again
			continue
		}
		if runs.of(s.run) == 0 {
			continue
		}
		certain := s.run == RunFailed && !c.Whole || s.run == RunPassed && c.Whole
		if bounded && c.Partial && !certain {
			return "", note + "; there are more"
		}
		if at := runs.last[s.run]; !at.IsZero() {
			return stateAt(s.gate, at), note
		}
		return s.gate, note
	}
	return "", ""
}
