package forge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
)

// clockTolerance is the offset from which Check warns; the Date of an answer has whole
// seconds.
const clockTolerance = 2 * time.Second

// Check tries what a draft needs: is the token good, is enough of the rate limit left,
// can each repository be read, and is there a deployment where one is expected.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Timeout)
	defer cancel()
	e := &examination{Source: s}
	if !e.account(ctx) {
		return e.lines
	}
	for _, p := range s.settings.Places {
		if !e.place(ctx, p) {
			break
		}
	}
	return e.lines
}

// examination is one Check.
type examination struct {
	*Source
	api   API
	lines []sources.Diagnosis
}

func (e *examination) say(level sources.Level, text string, fix ...string) {
	e.lines = append(e.lines, sources.Diagnosis{Source: e.Kind() + "/" + e.Name(), Level: level, Text: e.client.Text(text), Fix: fix})
}

// fail says what went wrong, and what to do about it.
func (e *examination) fail(what string, err error) {
	var refusal *Refusal
	var fix []string
	if errors.As(err, &refusal) {
		fix = refusal.Fix
	}
	e.say(sources.Failed, what+": "+err.Error(), fix...)
}

func (e *examination) account(ctx context.Context) bool {
	where := e.client.URL.String()
	if err := e.client.unusable; err != nil {
		e.fail(where+" cannot be asked", err)
		return false
	}
	var err error
	if e.api, err = e.forge.Dial(e.client); err != nil {
		e.fail(where+" cannot be asked", err)
		return false
	}
	sent := e.now()
	account, err := e.api.Account(ctx)
	if err != nil {
		e.fail(where+" cannot be asked", err)
		return false
	}
	e.say(sources.OK, where+": "+account.Text)
	for _, w := range account.Warnings {
		e.say(sources.Degraded, w.Text, w.Fix...)
	}
	if account.Date.IsZero() {
		return true
	}
	// The answer was written between the two readings of our clock, and its second cut off.
	if ahead, behind := account.Date.Sub(e.now()), sent.Sub(account.Date.Add(time.Second)); ahead > clockTolerance || behind > clockTolerance {
		e.say(sources.Degraded, fmt.Sprintf("its clock is %s off: deploys stand in the wrong place of the timeline", max(ahead, behind).Truncate(time.Second)), "run NTP on this machine")
	}
	return true
}

// place looks for the newest deployment of a repository and, where there is none, for the
// environments that there are. It is false when asking on is of no use.
func (e *examination) place(ctx context.Context, p Place) bool {
	environments := p.Environments
	if p.everywhere() {
		environments = []string{""}
	}
	var last time.Time
	for _, environment := range environments {
		newest, err := e.newest(ctx, p, environment)
		if err != nil {
			e.fail(p.Repository+" cannot be read", err)
			return !final(err)
		}
		for _, at := range newest {
			if at.After(last) {
				last = at
			}
		}
	}
	to := question{Environments: p.Environments}.to()
	if !last.IsZero() {
		e.say(sources.OK, fmt.Sprintf("%s: the last deployment of %s to %s is of %s", p.Repository, p.Service, to, last.UTC().Format(time.RFC3339)))
		return true
	}
	others, err := e.newest(ctx, p, "")
	switch {
	case err != nil:
		e.fail(p.Repository+" cannot be read", err)
		return !final(err)
	case len(others) > 0:
		e.say(sources.Degraded, fmt.Sprintf("%s: of late there is no deployment to %s", p.Repository, to),
			"name the ones that matter in environments; there are "+some(slices.Sorted(maps.Keys(others))))
	default:
		e.say(sources.Degraded, p.Repository+" has no deployments of late: if its pipelines declare no environment, nothing of them is seen",
			"give the deploying job an environment, or let the deploy write a log and name that in deploys")
	}
	return true
}

// newest is when the newest deployment to each environment was created, on the first
// page of the list to one or to all.
func (e *examination) newest(ctx context.Context, p Place, environment string) (map[string]time.Time, error) {
	now := e.now()
	page, err := e.api.Page(ctx, Ask{Repository: p.Repository, Environment: environment, From: now.Add(-e.settings.Lookback), To: now, Page: 1})
	if err != nil {
		return nil, err
	}
	newest := map[string]time.Time{}
	for _, t := range page.Deployments {
		name := line(t.Environment, deployline.MaxName)
		if t.usable() && (environment == "" || t.Environment == environment) && newest[name].Before(t.CreatedAt) {
			newest[name] = t.CreatedAt
		}
	}
	return newest, nil
}

// maxShown is how many names of environments are shown.
const maxShown = 12

func some(names []string) string {
	if more := len(names) - maxShown; more > 0 {
		return strings.Join(names[:maxShown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
