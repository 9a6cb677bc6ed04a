package github

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v83/github"

	"collector/internal/sources/forge"
)

// reviewsOf are the reviews that say yes or no, without names, and whether all could be
// read. A review that was dismissed since has the state DISMISSED and the time at which it
// was given; what it was and when it was dismissed stands among the request's events.
func (a *api) reviewsOf(ctx context.Context, repository string, number int, found []*github.PullRequestReview) (out []forge.Review, all bool, err error) {
	people := map[string]int{"": 0} // those without an account any more are one: their number is not told
	var ids []int64
	all = true
	for _, r := range found {
		state, at := r.GetState(), forge.When(r.GetSubmittedAt().Time)
		if at == nil && slices.Contains([]string{"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}, state) || state == "" {
			all = false // it cannot be read
			continue
		}
		one := forge.Review{}
		switch state {
		case "APPROVED":
			one.State = forge.ReviewApproved
		case "CHANGES_REQUESTED":
			one.State = forge.ReviewChanges
		case "DISMISSED":
			one.Dismissed = true
		default: // a comment, or one that is not given yet
			continue
		}
		login := r.GetUser().GetLogin()
		if _, known := people[login]; !known {
			people[login] = len(people)
		}
		one.At, one.By = *at, people[login]
		out, ids = append(out, one), append(ids, r.GetID())
	}
	if !slices.ContainsFunc(out, func(r forge.Review) bool { return r.Dismissed }) {
		return out, all, nil
	}
	dismissed, err := a.dismissals(ctx, repository, number)
	for i := range out {
		if d, ok := dismissed[ids[i]]; ok && out[i].Dismissed {
			out[i].State, out[i].DismissedAt = d.state, &d.at
		}
	}
	return out, all, err
}

// dismissal is what a review was, and when it was dismissed.
type dismissal struct {
	state string
	at    time.Time
}

// dismissals asks for a request's events, by the number of the review. Where the token may
// not read them, nothing is known.
func (a *api) dismissals(ctx context.Context, repository string, number int) (map[int64]dismissal, error) {
	owner, repo, _ := strings.Cut(repository, "/")
	refused := false
	events, _, err := paged(a, func(o *github.ListOptions) ([]*github.IssueEvent, *github.Response, error) {
		found, resp, err := a.library.Issues.ListIssueEvents(ctx, owner, repo, number, o)
		refused = refusedWith(err) != 0
		return found, resp, a.explainPages(ctx, repository, "Issues: read", resp, err)
	})
	if refused {
		return nil, nil
	}
	out := map[int64]dismissal{}
	for _, e := range events {
		at := forge.When(e.GetCreatedAt().Time)
		id := e.GetDismissedReview().GetReviewID()
		if e.GetEvent() != "review_dismissed" || at == nil || id <= 0 {
			continue
		}
		d := dismissal{at: *at}
		switch state := strings.ToLower(e.GetDismissedReview().GetState()); state {
		case forge.ReviewApproved, forge.ReviewChanges:
			d.state = state
		}
		out[id] = d
	}
	return out, err
}
