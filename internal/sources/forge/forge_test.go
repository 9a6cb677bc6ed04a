package forge

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

var window, at = sourcetest.Morning(), sourcetest.At

// The commits of the tests.
const (
	commitA = "aaaaaaa111111111111111111111111111111111"
	commitB = "bbbbbbb222222222222222222222222222222222"
)

// plain reads statuses as a forge with the plainest of rules would.
func plain(d Deployment) Course {
	c := Course{Start: d.CreatedAt, Outcome: Unfinished, Started: len(d.Statuses) > 0}
	for _, s := range d.Statuses {
		switch s.State {
		case "waiting":
			c.Waits = true
		case stateSuccess, "failure":
			c.End, c.Outcome, c.Message, c.URL = s.At, Finished, s.Message, s.URL
			if s.State == "failure" {
				c.Outcome = Failed
			}
			return c
		}
	}
	return c
}

// fakeAPI is a forge in memory. It is a stand-in for the rules of this package; the
// forges' own answers are tested with their packages.
type fakeAPI struct {
	list     []Told // newest first
	perPage  int
	statuses map[int64][]Status
	fail     func(what string, id int64) error
	asked    []string
}

func (f *fakeAPI) Page(_ context.Context, ask Ask) (Page, error) {
	f.asked = append(f.asked, "page "+ask.Repository+" "+ask.Environment)
	if f.fail != nil {
		if err := f.fail("page", int64(ask.Page)); err != nil {
			return Page{}, err
		}
	}
	size := f.perPage
	if size == 0 {
		size = 100
	}
	var meant []Told
	for _, t := range f.list {
		if ask.Environment == "" || t.Environment == ask.Environment {
			meant = append(meant, t)
		}
	}
	from := min((ask.Page-1)*size, len(meant))
	to := min(from+size, len(meant))
	page := Page{Deployments: slices.Clone(meant[from:to])}
	if to < len(meant) {
		page.Next = ask.Page + 1
	}
	return page, nil
}

func (f *fakeAPI) Statuses(_ context.Context, _ string, t *Told) error {
	f.asked = append(f.asked, "statuses")
	if f.fail != nil {
		if err := f.fail("statuses", t.ID); err != nil {
			return err
		}
	}
	t.Statuses = f.statuses[t.ID]
	return nil
}

func (f *fakeAPI) Account(context.Context) (Account, error) {
	return Account{Text: "fine", Date: at("10:00:00")}, nil
}

// deployment adds a deployment that succeeded after a minute, unless statuses say otherwise.
func (f *fakeAPI) deployment(id int64, clock, commit string, statuses ...Status) {
	t := Told{
		Deployment: Deployment{ID: id, Environment: DefaultEnvironment, Ref: "main", Commit: commit, Task: "deploy", CreatedAt: at(clock)},
		People:     []Person{{"mallory"}},
	}
	if len(statuses) == 0 {
		statuses = []Status{{State: stateSuccess, At: at(clock).Add(time.Minute)}}
	}
	if f.statuses == nil {
		f.statuses = map[int64][]Status{}
	}
	f.statuses[id] = statuses
	f.list = append(f.list, t)
	newestFirst(f.list)
}

func forgeOf(f *fakeAPI) Forge {
	return Forge{
		Kind: "github", Label: "GitHub", Course: plain, Query: func(repository string, _ int64) string { return "GET " + repository },
		Dial: func(*Client) (API, error) { return f, nil },
	}
}

func sourceOf(t testing.TB, f *fakeAPI, places ...Place) *Source {
	t.Helper()
	if len(places) == 0 {
		places = []Place{{Repository: "acme/shop", Service: "checkout", Cluster: "shop"}}
	}
	s := Settings{
		Kind: "github", Name: "github", API: "http://127.0.0.1:1", Timeout: time.Minute,
		Lookaround: time.Duration(DefaultLookaround), Lookback: time.Duration(DefaultLookback),
	}
	for _, p := range places {
		s.Places = append(s.Places, p.Complete())
	}
	source, err := New(forgeOf(f), s, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	source.now = func() time.Time { return at("10:00:00") }
	return source
}

func request(t testing.TB, w timeline.Window) sources.Request {
	t.Helper()
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: `^carol`, Role: "the release engineer"}})
	if err != nil {
		t.Fatal(err)
	}
	return sources.Request{
		Window: w, Roles: roles, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
		Now: func() time.Time { return w.To.Add(time.Hour) },
	}
}

// ask gathers and interprets.
func ask(t testing.TB, f *fakeAPI, w timeline.Window, places ...Place) timeline.Findings {
	t.Helper()
	records, err := sourceOf(t, f, places...).Gather(t.Context(), request(t, w))
	if err != nil {
		t.Fatal(err)
	}
	found, err := forgeOf(f).Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// summaries is what the events say, and why the gaps are there.
func summaries(f timeline.Findings) string {
	var out []string
	for _, e := range f.Events {
		out = append(out, e.Summary)
	}
	for _, g := range f.Gaps {
		out = append(out, "gap: "+g.Reason)
	}
	for _, c := range f.Checks {
		out = append(out, "none: "+c.LookedFor)
	}
	return strings.Join(out, "\n")
}
