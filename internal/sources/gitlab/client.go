package gitlab

import (
	"context"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"collector/internal/sources/forge"
)

// api asks one GitLab for the time of one draft or check.
type api struct {
	*forge.Client
	library *gitlab.Client
	web     string // where people look
}

// unhurried lets every request pass: the library's own limiter would wait in silence.
type unhurried struct{}

func (unhurried) Wait(context.Context) error { return nil }

// dial makes what asks one GitLab. The token, the retries and the limits are the
// transport's, not the library's.
func dial(c *forge.Client) (forge.API, error) {
	library, err := gitlab.NewAuthSourceClient(gitlab.Unauthenticated{},
		gitlab.WithURLWarningLogger(slog.New(slog.DiscardHandler)), gitlab.WithBaseURL(c.URL.String()), gitlab.WithHTTPClient(c.Library),
		gitlab.WithoutRetries(), gitlab.WithCustomLimiter(unhurried{}), gitlab.WithUserAgent("collector"))
	if err != nil {
		return nil, err
	}
	return &api{Client: c, library: library, web: strings.TrimSuffix(c.URL.String(), "/api/v4")}, nil
}

// perPage is the most that GitLab gives at once.
const perPage = 100

// Page lists deployments, newest change first.
func (a *api) Page(ctx context.Context, ask forge.Ask) (forge.Page, error) {
	from, to := ask.From.UTC(), ask.To.UTC()
	options := &gitlab.ListProjectDeploymentsOptions{
		ListOptions: gitlab.ListOptions{Page: int64(ask.Page), PerPage: perPage},
		OrderBy:     gitlab.Ptr("updated_at"), Sort: gitlab.Ptr("desc"), UpdatedAfter: &from, UpdatedBefore: &to,
	}
	if ask.Environment != "" {
		options.Environment = &ask.Environment
	}
	found, resp, err := a.library.Deployments.ListProjectDeployments(ask.Repository, options, gitlab.WithContext(ctx))
	if err != nil {
		return forge.Page{}, a.explain(ctx, ask.Repository, err)
	}
	if found == nil { // null
		return forge.Page{}, a.Unlike()
	}
	page := forge.Page{Next: int(min(resp.NextPage, 1<<20))}
	for _, d := range found {
		if d == nil {
			page.Unusable++
			continue
		}
		page.Deployments = append(page.Deployments, a.told(ask.Repository, d))
	}
	return page, nil
}

// told is what is kept of a deployment.
func (a *api) told(project string, d *gitlab.Deployment) forge.Told {
	job := d.Deployable
	t := forge.Told{Deployment: forge.Deployment{
		ID: d.ID, Ref: d.Ref, Tag: job.Tag, Commit: d.SHA, Status: d.Status,
		CreatedAt: value(d.CreatedAt), UpdatedAt: believed(d.UpdatedAt), StartedAt: believed(job.StartedAt), FinishedAt: believed(job.FinishedAt),
	}}
	if d.Environment != nil {
		t.Environment = d.Environment.Name
	}
	page := "/-/environments"
	if job.ID > 0 {
		page = "/-/jobs/" + strconv.FormatInt(job.ID, 10)
	}
	t.URL = a.web + "/" + (&url.URL{Path: project}).EscapedPath() + page
	t.People = append(t.People, person(d.User))
	if job.User != nil {
		t.People = append(t.People, forge.Person{job.User.Username, job.User.Name, job.User.Email})
	}
	if c := job.Commit; c != nil {
		t.Message = c.Title
		t.People = append(t.People, forge.Person{c.AuthorEmail, c.AuthorName}, forge.Person{c.CommitterEmail, c.CommitterName})
	}
	return t
}

// person is whoever deployed; nobody where GitLab does not say.
func person(u *gitlab.ProjectUser) forge.Person {
	if u == nil {
		return forge.Person{}
	}
	return forge.Person{u.Username, u.Name}
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func believed(t *time.Time) *time.Time { return forge.When(value(t)) }

// Statuses has nothing to add: the list says it all.
func (*api) Statuses(context.Context, string, *forge.Told) error { return nil }
