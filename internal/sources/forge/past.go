package forge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// History asks what happened to a commit before it was deployed. Its errors are fit to be
// shown (see Client.Explain).
type History interface {
	// Commit says when a commit was made.
	Commit(ctx context.Context, repository, sha string) (CommitTold, error)
	// Merge finds the pull or merge request that brought a commit in, and its approvals.
	Merge(ctx context.Context, repository, sha string) (MergeTold, error)
	// Checks lists the checks, or the pipelines, that ran on a commit.
	Checks(ctx context.Context, repository, sha string) (ChecksTold, error)
}

// CommitTold is when a commit was made, as its committer's clock has it.
type CommitTold struct {
	CommittedAt *time.Time `json:"committed_at,omitempty"`
}

// MergeTold is a pull or merge request; its number is 0 where none has the commit.
type MergeTold struct {
	Number     int64       `json:"number"`
	CreatedAt  *time.Time  `json:"created_at,omitempty"`
	MergedAt   *time.Time  `json:"merged_at,omitempty"`
	Approvals  int         `json:"approvals"`             // how many stand by now; of GitHub only in earlier records
	Approvers  int         `json:"approvers,omitempty"`   // how many people gave them; 0 of a record that was kept before people were counted
	ApprovedAt []time.Time `json:"approved_at,omitempty"` // when each was given; only in earlier records
	Reviews    []Review    `json:"reviews,omitempty"`     // all that say yes or no; GitLab does not tell them
	// Withdrawable says until when an approval can be withdrawn without a trace; empty
	// where Reviews tells it.
	Withdrawable string `json:"withdrawable,omitempty"`
	// Partial says that there is more than was read: of the requests where the number
	// is 0, else of the reviews.
	Partial bool `json:"partial,omitempty"`
}

// ChecksTold are the checks of a commit.
type ChecksTold struct {
	Runs    []Run `json:"runs"`
	Partial bool  `json:"partial,omitempty"` // there are more than were listed
	// Whole says that a run is a pipeline, which may hold the deploy itself and so end
	// after it (GitLab).
	Whole bool `json:"whole,omitempty"`
}

// Add adds a run, as long as there is room.
func (c *ChecksTold) Add(r Run) {
	if len(c.Runs) == maxRuns {
		c.Partial = true
		return
	}
	c.Runs = append(c.Runs, r)
}

// Run is one check or pipeline, in one of the words below.
type Run struct {
	State string     `json:"state"`
	EndAt *time.Time `json:"end_at,omitempty"`
}

// The states of a run.
const (
	RunPassed  = "passed"
	RunFailed  = "failed"
	RunSkipped = "skipped"
	RunOther   = "other" // it still runs, or was cancelled
)

// StagingTold are the deployments of a commit to the environment before production.
type StagingTold struct {
	Environment string       `json:"environment"`
	From        time.Time    `json:"from"`             // since when they were listed
	Listed      int          `json:"listed"`           // deployments of any commit since then
	Partial     bool         `json:"partial"`          // there are more than were listed
	Found       []Deployment `json:"found,omitempty"`  // those of the commit, newest first
	Unread      int          `json:"unread,omitempty"` // of them, whose statuses were not asked for
}

// What is asked of one draft at most.
const (
	maxPasts       = 8 // commits
	maxStagingTold = 3 // deployments of one commit to staging
	maxRuns        = 500
	maxPastPages   = 5 // of the requests that have a commit, of the reviews of one, and of the checks
)

// boundedRules are the rules by which an answer about a commit says nothing of what lies
// outside of what was listed. A record without rules is of an earlier collector, and is
// read as that one did, so that its draft can be derived again.
const boundedRules = 1

// Pages reads the pages of a list until read gives 0 for the next one, and whether there
// are more than are read.
func Pages(read func(page int) (next int, err error)) (partial bool, err error) {
	page := 1
	for range maxPastPages {
		next, err := read(page)
		if err != nil {
			return false, err
		}
		if next <= page {
			return next != 0, nil
		}
		page = next
	}
	return true, nil
}

// errPasts says that only some commits were asked about.
var errPasts = fmt.Errorf("there are more than %d commits in one draft: name a shorter window", maxPasts)

// errNoHistory is of a forge that cannot be asked.
var errNoHistory = errors.New("this forge cannot be asked about a commit")

// pasts asks about the commits of the deployments that were told, where the place says so.
func (l *listing) pasts(ctx context.Context) {
	if !l.place.Gates {
		return
	}
	history, _ := l.api.(History)
	for n, sha := range l.commits {
		if n == maxPasts {
			l.failPast(commitAsked, sha, errPasts)
			return
		}
		tellPast(l, commitAsked, sha, history, func(h History) (CommitTold, error) { return h.Commit(ctx, l.place.Repository, sha) })
		tellPast(l, mergeAsked, sha, history, func(h History) (MergeTold, error) { return h.Merge(ctx, l.place.Repository, sha) })
		tellPast(l, checksAsked, sha, history, func(h History) (ChecksTold, error) { return h.Checks(ctx, l.place.Repository, sha) })
		tellPast(l, stagingAsked, sha, history, func(History) (StagingTold, error) { return l.staging(ctx, sha) })
	}
}

// tellPast asks one question about a commit and records its answer, or why there is none.
func tellPast[Answer any](l *listing, kind, sha string, history History, ask func(History) (Answer, error)) {
	err := l.stop
	if err == nil && history == nil {
		err = errNoHistory
	}
	var answer Answer
	if err == nil {
		answer, err = ask(history)
	}
	if err != nil {
		l.failPast(kind, sha, l.fails(err))
		return
	}
	l.keep(sources.Answer(l.askPast(kind, sha), answer, l.req.Now()))
}

func (l *listing) failPast(kind, sha string, reason error) {
	l.keep(sources.Failure(l.askPast(kind, sha), reason, l.req.Now()))
}

// askPast names the question about a commit. It names no window: what happened before a
// deploy stays as it is.
func (l *listing) askPast(kind, sha string) sources.Ask {
	q := l.question(l.place, kind)
	q.SHA, q.Staging, q.Rules = sha, l.place.Staging, boundedRules
	return l.ask(q, fmt.Sprintf("%s of commit %s in %s", pastWords(kind), abbreviate(sha), l.place.Repository), timeline.Window{From: l.from, To: l.window.To})
}

// pastWords say to people what is asked about a commit.
func pastWords(kind string) string {
	switch kind {
	case commitAsked:
		return "the time"
	case mergeAsked:
		return "the pull or merge request and its approvals"
	case checksAsked:
		return "the checks"
	}
	return "the deployments to staging"
}

// staging looks for a commit on the first page of the deployments to staging.
func (l *listing) staging(ctx context.Context, sha string) (StagingTold, error) {
	told := StagingTold{Environment: l.place.Staging, From: l.from}
	page, err := l.api.Page(ctx, Ask{Repository: l.place.Repository, Environment: l.place.Staging, From: l.from, To: l.window.To, Page: 1})
	if err != nil {
		return told, err
	}
	told.Partial = page.Next != 0
	for i := range page.Deployments {
		t := &page.Deployments[i]
		if !t.usable() || t.Environment != l.place.Staging || !t.CreatedAt.Before(l.window.To) {
			continue
		}
		if t.CreatedAt.Before(l.from) { // the list goes back far enough
			told.Partial = false
			continue
		}
		told.Listed++
		if strings.ToLower(t.Commit) != sha {
			continue
		}
		if len(told.Found) == maxStagingTold {
			told.Unread++
			continue
		}
		if err := l.api.Statuses(ctx, l.place.Repository, t); err != nil {
			return told, err
		}
		told.Found = append(told.Found, l.mask(l.place).deployment(*t))
	}
	return told, nil
}

// remember notes the commit of a deployment that was told.
func (l *listing) remember(sha string) {
	if sha != "" && !slices.Contains(l.commits, sha) {
		l.commits = append(l.commits, sha)
	}
}
