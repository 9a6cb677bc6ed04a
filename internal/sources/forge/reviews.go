package forge

import (
	"fmt"
	"slices"
	"time"
)

// Review is a review that says yes or no, as a record keeps it: without a name.
type Review struct {
	By          int        `json:"by"`                     // tells people apart; 0 is all whose account is gone
	State       string     `json:"state,omitempty"`        // in the words below; empty: what it was before its dismissal is not told
	At          time.Time  `json:"at"`                     // when it was given
	Dismissed   bool       `json:"dismissed,omitempty"`    // by now
	DismissedAt *time.Time `json:"dismissed_at,omitempty"` // nil: when is not told
}

// The states of a review.
const (
	ReviewApproved = "approved"
	ReviewChanges  = "changes_requested"
)

// stood reports whether a review had not been dismissed at a time.
func (r Review) stood(at time.Time) bool {
	return !r.Dismissed || r.DismissedAt == nil || r.DismissedAt.After(at)
}

// told reports whether it is known what a review was at a time.
func (r Review) told(at time.Time) bool {
	return !r.Dismissed || r.DismissedAt != nil && (r.State != "" || !r.DismissedAt.After(at))
}

// standing is what the reviews of a request said at a time: of each person the last one
// counts, and one that had been dismissed by then says nothing, as GitHub counts them.
type standing struct {
	approved, changes, unknown int       // people
	last                       time.Time // approval, or where none stood, request for changes
}

func standingAt(reviews []Review, at time.Time) standing {
	latest := map[int]Review{}
	gone := false // somebody without an account approved, or may have
	for _, r := range reviews {
		if r.At.After(at) {
			continue
		}
		if had, ok := latest[r.By]; !ok || !r.At.Before(had.At) {
			latest[r.By] = r
		}
		gone = gone || r.By == 0 && r.stood(at) && r.State != ReviewChanges
	}
	var s standing
	var yes, no time.Time
	for by, r := range latest {
		switch {
		case !r.told(at):
			s.unknown++
		case r.stood(at) && r.State == ReviewApproved:
			s.approved++
			yes = later(yes, r.At)
		case by == 0 && gone: // it may be another's
			s.unknown++
		case r.stood(at) && r.State == ReviewChanges:
			s.changes++
			no = later(no, r.At)
		}
	}
	if s.last = yes; s.approved == 0 {
		s.last = no
	}
	return s
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// reviewedBy: an approval that stood at the deploy, else when the request was merged, is a
// review that was passed. One that was given only afterwards came late. What people asked
// for and nobody approved is a review that failed. Where it is not told when a review was
// dismissed, nothing is said of what hangs on it.
func reviewedBy(m MergeTold, deployed time.Time) (state, note string) {
	now := standingAt(m.Reviews, deployed)
	then := now
	if m.MergedAt != nil && m.MergedAt.Before(deployed) {
		then = standingAt(m.Reviews, *m.MergedAt)
	}
	for _, s := range []standing{now, then} {
		if s.approved == 0 {
			continue
		}
		note = fmt.Sprintf("approved by %s", people(s.approved))
		if s.changes > 0 {
			note += fmt.Sprintf(", changes requested by %s", people(s.changes))
		}
		if m.Partial {
			note += " in the reviews that were read, not all of them"
		}
		return stateAt(passed, s.last), note
	}
	late := slices.DeleteFunc(slices.Clone(m.Reviews), func(r Review) bool { return r.State != ReviewApproved || !r.At.After(deployed) })
	switch {
	case m.Partial:
		return "", unreadReviews(m)
	case now.unknown+then.unknown > 0:
		return "", fmt.Sprintf("whether an approval of request %d stood at the deploy is not told: a review was dismissed, or its account is gone", m.Number)
	case len(late) > 0:
		by := map[int]bool{}
		first := late[0].At
		for _, r := range late {
			by[r.By] = true
			if r.At.Before(first) {
				first = r.At
			}
		}
		return stateAt(passed, first), "approved by " + people(len(by))
	case now.changes > 0:
		return stateAt(failed, now.last), fmt.Sprintf("changes requested by %s, and no approval of request %d stood at the deploy", people(now.changes), m.Number)
	case slices.ContainsFunc(m.Reviews, func(r Review) bool { return r.State == ReviewApproved && !r.At.After(deployed) }):
		return skipped, fmt.Sprintf("no approval of request %d stood at the deploy: those before it were dismissed", m.Number)
	}
	return skipped, fmt.Sprintf("request %d has no approval", m.Number)
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// The values of MergeTold.Withdrawable.
const (
	WithdrawableUntilMerge = "until_merge"
	WithdrawableAlways     = "always"
)

// withdrawn reports whether a request that has no approval now may have had one at the
// deploy, of a forge that keeps no trace of it.
func (m MergeTold) withdrawn(deployed time.Time) bool {
	merged := m.MergedAt != nil && !m.MergedAt.After(deployed)
	return m.Withdrawable == WithdrawableAlways || m.Withdrawable == WithdrawableUntilMerge && !merged
}
