package forge

import (
	"testing"
	"time"
)

// TestApprovedByPeople: people are counted, and where a record does not tell them apart,
// approvals, in the words that it always had.
func TestApprovedByPeople(t *testing.T) {
	deployed := at("09:10:00")
	given := []time.Time{at("08:00:00"), at("08:30:00")}
	for name, c := range map[string]struct {
		told MergeTold
		want string
	}{
		"one person twice":    {MergeTold{Number: 7, Approvals: 2, Approvers: 1, ApprovedAt: given}, "approved by 1 person"},
		"two people":          {MergeTold{Number: 7, Approvals: 2, Approvers: 2, ApprovedAt: given}, "approved by 2 people"},
		"two people (GitLab)": {MergeTold{Number: 7, Approvals: 2, Approvers: 2}, "approved by 2 people, when is not told"},
		"an older record":     {MergeTold{Number: 7, Approvals: 2, ApprovedAt: given}, "approved 2 times"},
		"an older one, once":  {MergeTold{Number: 7, Approvals: 1}, "approved once, when is not told"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, note := reviewed(c.told, deployed); note != c.want {
				t.Errorf("%q, want %q", note, c.want)
			}
		})
	}
}
