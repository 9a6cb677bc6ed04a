package forge

import (
	"fmt"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	listAsked       = "deployments" // which there are
	deploymentAsked = "deployment"  // one of them
	limitFailed     = "limit"       // those that could not be asked about any more

	// What happened to a commit before it was deployed.
	commitAsked  = "commit"
	mergeAsked   = "merge"
	checksAsked  = "checks"
	stagingAsked = "staging"
)

// question stands in every record. A deployment's names no window, so that its ID stays
// the same from draft to draft, as long as nothing happens to it.
type question struct {
	Kind         string   `json:"kind"`
	Instance     string   `json:"instance"` // the forge's name in the configuration
	Repository   string   `json:"repository"`
	Service      string   `json:"service"`
	Cluster      string   `json:"cluster,omitempty"`
	Environments []string `json:"environments"`
	Version      string   `json:"version"`    // how it is named
	Lookaround   string   `json:"lookaround"` // a duration: 6h0m0s

	From *time.Time `json:"from,omitempty"` // of a list: the range
	To   *time.Time `json:"to,omitempty"`

	Deployment int64      `json:"deployment,omitempty"` // of one that could not be asked about
	Created    *time.Time `json:"created,omitempty"`    // when that was, or the newest that was left out

	SHA     string `json:"of_commit,omitempty"`           // of the commit that is asked about
	Staging string `json:"staging_environment,omitempty"` // where it should have been before
	Rules   int    `json:"rules,omitempty"`               // by which the answer is read, see boundedRules
}

// listAnswer is the answer to listAsked.
type listAnswer struct {
	Pages       int        `json:"pages"`
	Deployments int        `json:"deployments"`         // within the range
	Oldest      *time.Time `json:"oldest,omitempty"`    // when that was created
	Unread      *time.Time `json:"unread,omitempty"`    // older ones are there and were not listed: the budget of pages
	Unusable    int        `json:"unusable,omitempty"`  // without a time, a number or an environment
	Elsewhere   int        `json:"elsewhere,omitempty"` // to environments that are not meant
	Waiting     int        `json:"waiting,omitempty"`   // that have not begun
}

// deploymentAnswer is the answer to deploymentAsked.
type deploymentAnswer struct {
	Deployment Deployment `json:"deployment"`
	// Again is the last successful deployment of the same commit to the same environment
	// that Other, a successful one of another commit, came after. Either both are there
	// or none.
	Again *Deployment `json:"same_commit_before,omitempty"`
	Other *Deployment `json:"other_commit_between,omitempty"`
}

func (g *gathering) question(p Place, kind string) question {
	return question{
		Kind: kind, Instance: g.source.settings.Name, Repository: p.Repository, Service: p.Service, Cluster: p.Cluster,
		Environments: p.Environments, Version: p.Version, Lookaround: g.source.settings.Lookaround.String(),
	}
}

func (g *gathering) ask(q question, query string, observed timeline.Window) sources.Ask {
	return sources.Ask{Source: g.source.forge.Kind, Target: q.Repository, Query: query, Question: q, Observed: observed}
}

// listQuery is the question for the list, for people.
func (g *gathering) listQuery(p Place) string {
	to := "any environment"
	if !p.everywhere() {
		to = strings.Join(p.Environments, ", ")
	}
	return fmt.Sprintf("deployments of %s to %s from %s to %s", p.Repository, to, timeline.FormatTime(g.from), timeline.FormatTime(g.window.To))
}

func (g *gathering) keep(e timeline.Evidence, err error) {
	if err != nil {
		g.err = err
		return
	}
	g.out = append(g.out, e)
}

// tellList records what was listed.
func (g *gathering) tellList(p Place, answer listAnswer) {
	q := g.question(p, listAsked)
	q.From, q.To = &g.from, &g.window.To
	g.keep(sources.Answer(g.ask(q, g.listQuery(p), timeline.Window{From: g.from, To: g.window.To}), answer, g.req.Now()))
}

// failList records why a list, or a part of it, could not be had.
func (g *gathering) failList(p Place, reason error) {
	q := g.question(p, listAsked)
	q.From, q.To = &g.from, &g.window.To
	g.keep(sources.Failure(g.ask(q, g.listQuery(p), g.window), reason, g.req.Now()))
}

// failOne records why one deployment could not be told.
func (g *gathering) failOne(p Place, d Told, reason error) {
	q := g.question(p, deploymentAsked)
	q.Environments, q.Deployment, q.Created = []string{g.mask(p).deployment(d).Environment}, d.ID, When(d.CreatedAt)
	g.keep(sources.Failure(g.ask(q, g.source.forge.Query(p.Repository, d.ID), g.window), reason, g.req.Now()))
}

// failLimit records that older deployments than those that were told were left out, the
// newest of them created at a time.
func (g *gathering) failLimit(p Place, newest time.Time, reason error) {
	q := g.question(p, limitFailed)
	q.Created = When(newest)
	g.keep(sources.Failure(g.ask(q, g.listQuery(p), g.window), reason, g.req.Now()))
}

// tellOne records a deployment.
func (g *gathering) tellOne(p Place, answer deploymentAnswer) {
	d := answer.Deployment
	start, end, _ := g.source.forge.Course(d).span()
	observed := timeline.Window{From: start.Earliest, To: start.Latest}
	if end != nil {
		observed.To = end.Latest
	}
	ask := g.ask(g.question(p, deploymentAsked), g.source.forge.Query(p.Repository, d.ID), observed)
	ask.URL = d.URL
	g.keep(sources.Answer(ask, answer, g.req.Now()))
}
