package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"collector/internal/sources/forge"
)

var _ forge.History = (*api)(nil)

// Commit asks for the commit itself, without its statistics.
func (a *api) Commit(ctx context.Context, project, sha string) (forge.CommitTold, error) {
	found, _, err := a.library.Commits.GetCommit(project, sha, &gitlab.GetCommitOptions{Stats: gitlab.Ptr(false)}, gitlab.WithContext(ctx))
	if err != nil {
		return forge.CommitTold{}, a.explainPast(ctx, project, err)
	}
	if found == nil || found.ID == "" {
		return forge.CommitTold{}, a.Unlike()
	}
	return forge.CommitTold{CommittedAt: believed(found.CommittedDate)}, nil
}

// Merge asks for the merge requests that have a commit, and for the approvals of the one
// that was merged first; where none was merged, of the newest. GitLab does not say when an
// approval was given.
func (a *api) Merge(ctx context.Context, project, sha string) (forge.MergeTold, error) {
	found, partial, err := a.merges(ctx, project, sha)
	if err != nil {
		return forge.MergeTold{}, err
	}
	unread := func(m *gitlab.BasicMergeRequest) bool { return m == nil || m.IID <= 0 }
	merge := merged(found)
	if partial || merge == nil || slices.ContainsFunc(found, unread) { // which one it was is not known
		return forge.MergeTold{Partial: partial || len(found) > 0}, nil
	}
	told := forge.MergeTold{Number: merge.IID, CreatedAt: believed(merge.CreatedAt), MergedAt: believed(merge.MergedAt)}
	approvals, _, err := a.library.MergeRequestApprovals.GetConfiguration(project, merge.IID, gitlab.WithContext(ctx))
	if err != nil {
		return forge.MergeTold{}, a.explainPast(ctx, project, err)
	}
	if approvals == nil {
		return forge.MergeTold{}, a.Unlike()
	}
	told.Approvals = len(approvals.ApprovedBy) // each person once
	told.Approvers = told.Approvals
	if told.Approvals == 0 {
		told.Withdrawable, err = a.withdrawable(ctx, project)
	}
	return told, err
}

// fixedSince is the major version of GitLab from which on an approval cannot be withdrawn
// after the merge (gitlab-org/gitlab!138925, which is older).
const fixedSince = 17

// withdrawable says until when an approval can be withdrawn. A version that is not told is
// an old one.
func (a *api) withdrawable(ctx context.Context, project string) (string, error) {
	found, _, err := a.library.Version.GetVersion(gitlab.WithContext(ctx))
	if err != nil {
		if status := statusOf(err); status == http.StatusForbidden || status == http.StatusNotFound {
			return forge.WithdrawableAlways, nil
		}
		return "", a.explainPast(ctx, project, err)
	}
	if found != nil {
		major, _, _ := strings.Cut(found.Version, ".")
		if n, err := strconv.Atoi(major); err == nil && n >= fixedSince {
			return forge.WithdrawableUntilMerge, nil
		}
	}
	return forge.WithdrawableAlways, nil
}

// merges reads the pages of the merge requests that have a commit, and whether there are
// more than are read.
func (a *api) merges(ctx context.Context, project, sha string) (all []*gitlab.BasicMergeRequest, partial bool, err error) {
	partial, err = forge.Pages(func(page int) (int, error) {
		found, resp, err := a.library.Commits.ListMergeRequestsByCommit(project, sha, gitlab.WithContext(ctx), gitlab.WithOffsetPaginationParameters(int64(page)))
		if err != nil {
			return 0, a.explainPast(ctx, project, err)
		}
		if found == nil { // null
			return 0, a.Unlike()
		}
		all = append(all, found...)
		return int(min(resp.NextPage, 1<<20)), nil
	})
	return all, partial, err
}

// merged is the merge request that brought a commit in.
func merged(list []*gitlab.BasicMergeRequest) *gitlab.BasicMergeRequest {
	var best *gitlab.BasicMergeRequest
	for _, m := range list {
		if m == nil || m.IID <= 0 {
			continue
		}
		switch {
		case best == nil,
			m.MergedAt != nil && (best.MergedAt == nil || m.MergedAt.Before(*best.MergedAt)),
			m.MergedAt == nil && best.MergedAt == nil && m.IID > best.IID:
			best = m
		}
	}
	return best
}

// Checks asks for the pipelines of a commit.
func (a *api) Checks(ctx context.Context, project, sha string) (forge.ChecksTold, error) {
	told := forge.ChecksTold{Whole: true}
	partial, err := forge.Pages(func(page int) (int, error) {
		found, resp, err := a.library.Pipelines.ListProjectPipelines(project, &gitlab.ListProjectPipelinesOptions{
			ListOptions: gitlab.ListOptions{Page: int64(page), PerPage: perPage}, SHA: &sha,
		}, gitlab.WithContext(ctx))
		if err != nil {
			return 0, a.explainPast(ctx, project, err)
		}
		if found == nil {
			return 0, a.Unlike()
		}
		for _, p := range found {
			if p != nil {
				told.Add(forge.Run{State: runState(p.Status), EndAt: believed(p.UpdatedAt)})
			}
		}
		return int(min(resp.NextPage, 1<<20)), nil
	})
	if err != nil {
		return forge.ChecksTold{}, err
	}
	told.Partial = told.Partial || partial
	return told, nil
}

// runState is what a pipeline's status means.
func runState(status string) string {
	switch status {
	case "success":
		return forge.RunPassed
	case "failed":
		return forge.RunFailed
	case "skipped":
		return forge.RunSkipped
	}
	return forge.RunOther
}

// explainPast is explain for what a Reporter may see only where the project shows it.
func (a *api) explainPast(ctx context.Context, project string, err error) error {
	status := statusOf(err)
	if status == http.StatusForbidden || status == http.StatusNotFound {
		return &forge.Refusal{
			Reason: fmt.Sprintf("GitLab refuses it for %s (%d): the token needs %s, and the project must show its repository, merge requests and pipelines to it", project, status, needs),
			Fix:    []string{createToken + ", or set gates: false"},
		}
	}
	return a.explain(ctx, project, err)
}

// statusOf is the HTTP status of an answer that says no; 0 of another error.
func statusOf(err error) int {
	var answer *gitlab.ErrorResponse
	switch {
	case errors.Is(err, gitlab.ErrNotFound):
		return http.StatusNotFound
	case errors.As(err, &answer) && answer.Response != nil:
		return answer.Response.StatusCode
	}
	return 0
}
