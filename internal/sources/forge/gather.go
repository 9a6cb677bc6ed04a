package forge

import (
	"context"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// The budgets of one draft.
const (
	maxPages  = 10  // of one list: a thousand deployments to one environment
	maxTold   = 300 // deployments that are asked about one by one
	maxBefore = 20  // environments whose last deployment before the window is told
	maxTries  = 8   // deployments that are looked at for the history of one
)

// gathering is the work of one Gather.
type gathering struct {
	source *Source
	req    sources.Request
	window timeline.Window
	from   time.Time // from when on deployments are listed
	api    API
	left   int   // of maxTold
	stop   error // why nothing more is asked
	out    []timeline.Evidence
	err    error
}

var errBudget = fmt.Errorf("there are more than %d in one draft: name a shorter window, or fewer environments", maxTold)

// Gather asks for the deployments and returns one record for each that touches the
// window, one for each list, and one for each question that could not be answered.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Timeout)
	defer cancel()
	g := &gathering{source: s, req: req, window: req.Window.UTC(), left: maxTold, stop: s.client.unusable}
	g.from = g.window.From.Add(-max(s.settings.Lookback, s.settings.Lookaround))
	if g.stop == nil {
		g.api, g.stop = s.forge.Dial(s.client)
	}
	clusters := timeline.Scope{Clusters: req.Scope.Clusters} // scoped targets are servers; a service is none
	for _, p := range s.settings.Places {
		if clusters.Includes(p.Cluster, p.Service) {
			g.place(ctx, p)
		}
	}
	return g.out, g.err
}

func (g *gathering) mask(p Place) masker {
	return masker{roles: g.req.Roles, repository: p.Repository}
}

// place asks about one repository.
func (g *gathering) place(ctx context.Context, p Place) {
	environments := p.Environments
	if p.everywhere() {
		environments = []string{""}
	}
	l := &listing{gathering: g, place: p, seen: map[int64]bool{}, complete: map[int64]error{}}
	for _, environment := range environments {
		if err := l.read(ctx, environment); err != nil {
			failed := p
			if environment != "" {
				failed.Environments = []string{environment}
			}
			g.failList(failed, err)
			l.failed++
		}
	}
	newestFirst(l.found)
	l.tell(ctx)
	l.pasts(ctx)
	if l.failed < len(environments) {
		g.tellList(p, l.answer)
	}
}

// fails notes an error that ends all asking.
func (g *gathering) fails(err error) error {
	if final(err) {
		g.stop = err
	}
	return err
}

// listing is the work on one repository.
type listing struct {
	*gathering
	place    Place
	found    []Told // newest first, once all is read
	seen     map[int64]bool
	complete map[int64]error // deployments whose statuses were asked for
	answer   listAnswer
	failed   int      // lists that could not be read
	commits  []string // of the deployments that touch the window, newest first
}

// read lists the deployments to one environment, page by page.
func (l *listing) read(ctx context.Context, environment string) error {
	ask := Ask{Repository: l.place.Repository, Environment: environment, From: l.from, To: l.window.To.Add(l.source.settings.Lookaround), Page: 1}
	for pages := 0; ; pages++ {
		if l.stop != nil {
			return l.stop
		}
		if pages == maxPages {
			l.outOfPages(environment)
			return nil
		}
		page, err := l.api.Page(ctx, ask)
		if err != nil {
			return l.fails(err)
		}
		l.answer.Pages++
		l.answer.Unusable += page.Unusable
		for _, t := range page.Deployments {
			l.take(t)
		}
		if page.Next <= ask.Page { // also a forge that leads back
			return nil
		}
		ask.Page = page.Next
	}
}

// take keeps a listed deployment if it is meant.
func (l *listing) take(t Told) {
	switch {
	case !t.usable():
		l.answer.Unusable++
	case l.seen[t.ID]: // lists shift while they are read
	case !l.place.covers(t.Environment):
		l.seen[t.ID] = true
		l.answer.Elsewhere++
	case !t.CreatedAt.Before(l.window.To) || t.last().Before(l.from):
		l.seen[t.ID] = true
	default:
		l.seen[t.ID] = true
		l.answer.Deployments++
		if l.answer.Oldest == nil || t.CreatedAt.Before(*l.answer.Oldest) {
			l.answer.Oldest = When(t.CreatedAt)
		}
		l.found = append(l.found, t)
	}
}

// outOfPages notes how far back the list to an environment goes, when all of it could
// not be read.
func (l *listing) outOfPages(environment string) {
	var oldest *time.Time
	for _, t := range l.found {
		if (environment == "" || t.Environment == environment) && (oldest == nil || t.CreatedAt.Before(*oldest)) {
			oldest = When(t.CreatedAt)
		}
	}
	if oldest == nil { // only later ones were listed
		oldest = &l.window.To
	}
	if l.answer.Unread == nil || oldest.After(*l.answer.Unread) {
		l.answer.Unread = oldest
	}
}
