package github

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v83/github"

	"collector/internal/sources/forge"
)

// api asks one GitHub for the time of one draft or check.
type api struct {
	*forge.Client
	library *github.Client
	web     string // where people look
}

// dial makes what asks the GitHub that people reach at an address.
func dial(web string) func(*forge.Client) (forge.API, error) {
	return func(c *forge.Client) (forge.API, error) {
		base, err := url.Parse(c.Address)
		if err != nil {
			return nil, err
		}
		base = base.JoinPath("/") // the library wants a slash at the end
		library := github.NewClient(c.Library)
		library.BaseURL = base
		library.UserAgent = "collector"
		return &api{Client: c, library: library, web: strings.TrimRight(web, "/")}, nil
	}
}

// perPage is the most that GitHub gives at once.
const perPage = 100

// Page lists deployments, newest first. GitHub cannot be asked for a range of time: the
// list ends, for us, with the first page on which all are older.
func (a *api) Page(ctx context.Context, ask forge.Ask) (forge.Page, error) {
	owner, repo, _ := strings.Cut(ask.Repository, "/")
	found, resp, err := a.library.Repositories.ListDeployments(ctx, owner, repo, &github.DeploymentsListOptions{
		Environment: ask.Environment, ListOptions: github.ListOptions{Page: ask.Page, PerPage: perPage},
	})
	if err != nil {
		return forge.Page{}, a.explain(ctx, ask.Repository, resp, err)
	}
	if found == nil { // an empty answer, or null
		return forge.Page{}, a.Unlike()
	}
	page := forge.Page{Next: resp.NextPage}
	older := 0
	for _, d := range found {
		if d == nil {
			page.Unusable++
			continue
		}
		if d.GetCreatedAt().Before(ask.From) {
			older++
		}
		page.Deployments = append(page.Deployments, a.told(ask.Repository, d))
	}
	if older == len(found) {
		page.Next = 0
	}
	return page, nil
}

// told is what is kept of a listed deployment.
func (a *api) told(repository string, d *github.Deployment) forge.Told {
	return forge.Told{
		Deployment: forge.Deployment{
			ID: d.GetID(), Environment: d.GetEnvironment(), Ref: d.GetRef(), Commit: d.GetSHA(), Task: d.GetTask(),
			Message: d.GetDescription(), CreatedAt: d.GetCreatedAt().Time, UpdatedAt: forge.When(d.GetUpdatedAt().Time),
			URL: a.web + "/" + repository + "/deployments/" + url.PathEscape(d.GetEnvironment()),
		},
		People: person(nil, d.Creator),
	}
}

// person adds a user to those that a deployment mentions. The first is who deployed,
// and stands there even where GitHub does not name anybody.
func person(people []forge.Person, u *github.User) []forge.Person {
	p := forge.Person{}
	for _, form := range []string{u.GetLogin(), u.GetName(), u.GetEmail()} {
		if form != "" {
			p = append(p, form)
		}
	}
	if len(p) == 0 && len(people) > 0 {
		return people
	}
	return append(people, p)
}

// maxStatusPages bounds the statuses of one deployment to a few hundred.
const maxStatusPages = 3

// Statuses asks what was reported about a deployment, oldest first.
func (a *api) Statuses(ctx context.Context, repository string, t *forge.Told) error {
	owner, repo, _ := strings.Cut(repository, "/")
	options := github.ListOptions{Page: 1, PerPage: perPage}
	var all []*github.DeploymentStatus
	for range maxStatusPages {
		found, resp, err := a.library.Repositories.ListDeploymentStatuses(ctx, owner, repo, t.ID, &options)
		if err != nil {
			return a.explain(ctx, repository, resp, err)
		}
		if found == nil {
			return a.Unlike()
		}
		all = append(all, found...)
		if resp.NextPage <= options.Page {
			break
		}
		options.Page = resp.NextPage
	}
	slices.Reverse(all) // they come newest first
	t.Statuses = nil
	for _, s := range all {
		if s == nil {
			continue
		}
		link := s.GetLogURL()
		if link == "" {
			link = s.GetTargetURL()
		}
		t.Statuses = append(t.Statuses, forge.Status{State: s.GetState(), At: s.GetCreatedAt().Time, Message: s.GetDescription(), URL: link})
		t.People = person(t.People, s.Creator)
	}
	return nil
}

// dateOf is GitHub's own time of an answer; zero where it does not tell.
func dateOf(resp *github.Response) time.Time {
	if resp == nil || resp.Response == nil {
		return time.Time{}
	}
	return forge.Date(resp.Header)
}
