package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v83/github"

	"collector/internal/sources/forge"
)

var _ forge.History = (*api)(nil)

// Commit asks for the commit itself, without its files.
func (a *api) Commit(ctx context.Context, repository, sha string) (forge.CommitTold, error) {
	owner, repo, _ := strings.Cut(repository, "/")
	found, resp, err := a.library.Git.GetCommit(ctx, owner, repo, sha)
	if err != nil {
		return forge.CommitTold{}, a.explainPast(ctx, repository, "Contents: read", resp, err)
	}
	if found == nil || found.GetSHA() == "" {
		return forge.CommitTold{}, a.Unlike()
	}
	return forge.CommitTold{CommittedAt: forge.When(found.GetCommitter().GetDate().Time)}, nil
}

// Merge asks for the pull requests that have a commit, and for the reviews of the one that
// was merged first; where none was merged, of the newest.
func (a *api) Merge(ctx context.Context, repository, sha string) (forge.MergeTold, error) {
	const needs = "Pull requests: read"
	owner, repo, _ := strings.Cut(repository, "/")
	pulls, partial, err := paged(a, func(o *github.ListOptions) ([]*github.PullRequest, *github.Response, error) {
		found, resp, err := a.library.PullRequests.ListPullRequestsWithCommit(ctx, owner, repo, sha, o)
		return found, resp, a.explainPages(ctx, repository, needs, resp, err)
	})
	if err != nil {
		return forge.MergeTold{}, err
	}
	unread := func(p *github.PullRequest) bool { return p.GetNumber() <= 0 }
	pull := merged(pulls)
	if partial || pull == nil || slices.ContainsFunc(pulls, unread) { // which one it was is not known
		return forge.MergeTold{Partial: partial || len(pulls) > 0}, nil
	}
	told := forge.MergeTold{Number: int64(pull.GetNumber()), CreatedAt: forge.When(pull.GetCreatedAt().Time), MergedAt: forge.When(pull.GetMergedAt().Time)}
	reviews, partial, err := paged(a, func(o *github.ListOptions) ([]*github.PullRequestReview, *github.Response, error) {
		found, resp, err := a.library.PullRequests.ListReviews(ctx, owner, repo, pull.GetNumber(), o)
		return found, resp, a.explainPages(ctx, repository, needs, resp, err)
	})
	if err != nil {
		return forge.MergeTold{}, err
	}
	var all bool
	if told.Reviews, all, err = a.reviewsOf(ctx, repository, pull.GetNumber(), reviews); err != nil {
		return forge.MergeTold{}, err
	}
	told.Partial = partial || !all
	return told, nil
}

// paged reads the pages of a list, and whether there are more than are read.
func paged[One any](a *api, read func(*github.ListOptions) ([]One, *github.Response, error)) (all []One, partial bool, err error) {
	partial, err = forge.Pages(func(page int) (int, error) {
		found, resp, err := read(&github.ListOptions{Page: page, PerPage: perPage})
		if err != nil {
			return 0, err
		}
		if found == nil { // null
			return 0, a.Unlike()
		}
		all = append(all, found...)
		return resp.NextPage, nil
	})
	return all, partial, err
}

// explainPages is explainPast for an answer that may be none of an error.
func (a *api) explainPages(ctx context.Context, repository, needs string, resp *github.Response, err error) error {
	if err == nil {
		return nil
	}
	return a.explainPast(ctx, repository, needs, resp, err)
}

// merged is the pull request that brought a commit in.
func merged(pulls []*github.PullRequest) *github.PullRequest {
	var best *github.PullRequest
	for _, p := range pulls {
		if p == nil || p.GetNumber() <= 0 {
			continue
		}
		at, than := p.GetMergedAt().Time, best.GetMergedAt().Time
		switch {
		case best == nil,
			!at.IsZero() && (than.IsZero() || at.Before(than)),
			at.IsZero() && than.IsZero() && p.GetNumber() > best.GetNumber():
			best = p
		}
	}
	return best
}

// Checks asks for the check runs of a commit, of each the latest. Statuses of the older
// kind are not asked for.
func (a *api) Checks(ctx context.Context, repository, sha string) (forge.ChecksTold, error) {
	owner, repo, _ := strings.Cut(repository, "/")
	var told forge.ChecksTold
	partial, err := forge.Pages(func(page int) (int, error) {
		found, resp, err := a.library.Checks.ListCheckRunsForRef(ctx, owner, repo, sha, &github.ListCheckRunsOptions{ListOptions: github.ListOptions{Page: page, PerPage: perPage}})
		if err != nil {
			return 0, a.explainPast(ctx, repository, "Checks: read", resp, err)
		}
		if found == nil || found.Total == nil {
			return 0, a.Unlike()
		}
		for _, c := range found.CheckRuns {
			told.Add(forge.Run{State: runState(c.GetConclusion()), EndAt: forge.When(c.GetCompletedAt().Time)})
		}
		return resp.NextPage, nil
	})
	if err != nil {
		return forge.ChecksTold{}, err
	}
	told.Partial = told.Partial || partial
	return told, nil
}

// runState is what a conclusion means.
func runState(conclusion string) string {
	switch conclusion {
	case "success", "neutral":
		return forge.RunPassed
	case "failure", "timed_out", "action_required", "startup_failure":
		return forge.RunFailed
	case "skipped":
		return forge.RunSkipped
	}
	return forge.RunOther
}

// explainPast is explain for what needs another permission than deployments do.
func (a *api) explainPast(ctx context.Context, repository, needs string, resp *github.Response, err error) error {
	if status := refusedWith(err); status != 0 {
		return &forge.Refusal{
			Reason: fmt.Sprintf("GitHub refuses it for %s (%d): the token needs %s", repository, status, needs),
			Fix:    []string{"add the permission to the token, or set gates: false"},
		}
	}
	return a.explain(ctx, repository, resp, err)
}

// refusedWith is the HTTP status by which GitHub says that the token may not read
// something; 0 of another error.
func refusedWith(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil && !limitless(answer) &&
		slices.Contains([]int{http.StatusForbidden, http.StatusNotFound}, answer.Response.StatusCode) {
		return answer.Response.StatusCode
	}
	return 0
}
