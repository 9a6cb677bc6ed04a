package forge

import (
	"strings"
	"testing"
)

// TestReviewedBy: of each person the last review counts, as it stood at the deploy, else at
// the merge.
func TestReviewedBy(t *testing.T) {
	deployed, merged := at("09:10:00"), at("08:30:00")
	yes := func(by int, clock string) Review { return Review{By: by, State: ReviewApproved, At: at(clock)} }
	no := func(by int, clock string) Review { return Review{By: by, State: ReviewChanges, At: at(clock)} }
	off := func(r Review, clock string) Review {
		r.Dismissed, r.DismissedAt = true, pointer(at(clock))
		return r
	}
	untold := Review{By: 1, At: at("08:00:00"), Dismissed: true}
	for name, c := range map[string]struct {
		reviews    []Review
		partial    bool
		want, note string
	}{
		"the last one before":                {[]Review{yes(1, "08:00:00"), yes(2, "09:00:00"), yes(3, "09:30:00")}, false, "passed 2024-07-12T09:00:00.000Z", "approved by 2 people"},
		"only afterwards":                    {[]Review{yes(1, "09:40:00"), yes(1, "09:30:00")}, false, "passed 2024-07-12T09:30:00.000Z", "approved by 1 person"},
		"changes after the approval":         {[]Review{yes(1, "08:00:00"), no(1, "08:10:00")}, false, "failed 2024-07-12T08:10:00.000Z", "changes requested by 1 person"},
		"the list is not in order":           {[]Review{no(1, "08:10:00"), yes(1, "08:00:00")}, false, "failed 2024-07-12T08:10:00.000Z", "changes requested by 1 person"},
		"changes after the merge":            {[]Review{yes(1, "08:00:00"), no(1, "08:50:00")}, false, "passed 2024-07-12T08:00:00.000Z", "approved by 1 person"},
		"changes after the deploy":           {[]Review{yes(1, "08:00:00"), no(1, "09:50:00")}, false, "passed 2024-07-12T08:00:00.000Z", "approved by 1 person"},
		"dismissed after the deploy":         {[]Review{off(yes(1, "08:00:00"), "10:00:00")}, false, "passed 2024-07-12T08:00:00.000Z", "approved by 1 person"},
		"dismissed before":                   {[]Review{off(yes(1, "08:00:00"), "08:10:00")}, false, "skipped", "were dismissed"},
		"dismissed, then given again":        {[]Review{off(yes(1, "08:00:00"), "08:10:00"), yes(1, "08:20:00")}, false, "passed 2024-07-12T08:20:00.000Z", "approved by 1 person"},
		"changes, dismissed before":          {[]Review{off(no(1, "08:00:00"), "08:10:00")}, false, "skipped", "has no approval"},
		"when is not told":                   {[]Review{untold}, false, "", "is not told"},
		"when is not told, and another":      {[]Review{untold, yes(2, "08:10:00")}, false, "passed 2024-07-12T08:10:00.000Z", "approved by 1 person"},
		"when is not told, given again":      {[]Review{untold, no(1, "08:10:00")}, false, "failed 2024-07-12T08:10:00.000Z", "changes requested by 1 person"},
		"accounts that are gone":             {[]Review{yes(0, "08:00:00"), no(0, "08:10:00")}, false, "", "is not told"},
		"accounts that are gone, all agreed": {[]Review{yes(0, "08:00:00"), yes(0, "08:10:00")}, false, "passed 2024-07-12T08:10:00.000Z", "approved by 1 person"},
		"accounts that are gone, changes":    {[]Review{no(0, "08:00:00")}, false, "failed 2024-07-12T08:00:00.000Z", "changes requested by 1 person"},
		"not all, none among those":          {[]Review{no(1, "08:00:00")}, true, "", "not all"},
		"not all, one among those":           {[]Review{yes(1, "08:00:00")}, true, "passed 2024-07-12T08:00:00.000Z", "not all"},
	} {
		t.Run(name, func(t *testing.T) {
			told := MergeTold{Number: 7, MergedAt: &merged, Reviews: c.reviews, Partial: c.partial}
			if got, note := reviewed(told, deployed); got != c.want || !strings.Contains(note, c.note) {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}

// TestWithdrawnApprovals: where an approval leaves no trace when it is withdrawn, a request without one
// is skipped only when none can have stood at the deploy.
func TestWithdrawnApprovals(t *testing.T) {
	deployed := at("09:10:00")
	for name, c := range map[string]struct {
		withdrawable string
		merged       string
		want         string
	}{
		"merged before, then fixed":     {WithdrawableUntilMerge, "08:30:00", "skipped"},
		"merged after the deploy":       {WithdrawableUntilMerge, "09:30:00", ""},
		"an old GitLab":                 {WithdrawableAlways, "08:30:00", ""},
		"a record that is older":        {"", "08:30:00", "skipped"},
		"an older record, merged later": {"", "09:30:00", "skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			told := MergeTold{Number: 7, MergedAt: pointer(at(c.merged)), Withdrawable: c.withdrawable}
			if got, note := reviewed(told, deployed); got != c.want || note == "" {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}
