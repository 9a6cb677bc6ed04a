package forge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

func TestWhatIsTold(t *testing.T) {
	long := Status{State: stateSuccess, At: at("09:30:00")}
	tests := []struct {
		name string
		make func(f *fakeAPI)
		want string
	}{
		{"one in the window", func(f *fakeAPI) { f.deployment(1, "09:10:00", commitA) },
			"deploy of checkout aaaaaaa to production finished after 60 s"},
		{"one that runs into the window", func(f *fakeAPI) { f.deployment(1, "08:50:00", commitA, long) },
			"deploy of checkout aaaaaaa to production finished after 40 min"},
		{"one that failed", func(f *fakeAPI) {
			f.deployment(1, "09:10:00", commitA, Status{State: "failure", At: at("09:10:30"), Message: "No space left on device."})
		}, "deploy of checkout aaaaaaa to production failed after 30 s: No space left on device"},
		{"one that nothing was reported about", func(f *fakeAPI) { f.deployment(1, "09:10:00", commitA, Status{}) },
			"deploy of checkout aaaaaaa to production was created, and nothing else was reported about it"},
		{"one whose end nobody reported", func(f *fakeAPI) {
			f.deployment(1, "08:30:00", commitA, Status{State: "in_progress", At: at("08:31:00")})
		}, "deploy of checkout aaaaaaa to production started, and no end was reported"},
		{"one that waits is none", func(f *fakeAPI) {
			f.deployment(1, "09:10:00", commitA, Status{State: "waiting", At: at("09:10:00")})
		}, "none: deploys and rollbacks of checkout to production"},
		{"an end before the start", func(f *fakeAPI) {
			f.deployment(1, "09:10:00", commitA, Status{State: stateSuccess, At: at("09:09:59")})
		}, "deploy of checkout aaaaaaa to production finished after less than 1 s"},
		{"only later ones", func(f *fakeAPI) { f.deployment(1, "10:00:00", commitA) },
			"none: deploys and rollbacks of checkout to production"},
		{"only earlier ones", func(f *fakeAPI) { f.deployment(1, "07:00:00", commitA); f.deployment(2, "08:00:00", commitB) },
			"none: deploys and rollbacks of checkout to production (last before the window: deploy of checkout bbbbbbb to production finished at 2024-07-12T08:01:00.000Z)"},
		{"nothing", func(*fakeAPI) {}, "none: deploys and rollbacks of checkout to production"},
		{"a rollback", func(f *fakeAPI) {
			f.deployment(1, "07:00:00", commitA)
			f.deployment(2, "09:00:00", commitB)
			f.deployment(3, "09:10:00", commitA)
		}, "deploy of checkout bbbbbbb to production finished after 60 s\nrollback of checkout to aaaaaaa in production finished after 60 s"},
		{"the same again", func(f *fakeAPI) { f.deployment(1, "07:00:00", commitA); f.deployment(2, "09:10:00", commitA) },
			"deploy of checkout aaaaaaa to production finished after 60 s"},
		{"back to what had failed", func(f *fakeAPI) {
			f.deployment(1, "07:00:00", commitA, Status{State: "failure", At: at("07:01:00")})
			f.deployment(2, "08:00:00", commitB)
			f.deployment(3, "09:10:00", commitA)
		}, "deploy of checkout aaaaaaa to production finished after 60 s"},
		{"after a failed attempt at another", func(f *fakeAPI) {
			f.deployment(1, "07:00:00", commitA)
			f.deployment(2, "08:00:00", commitB, Status{State: "failure", At: at("08:01:00")})
			f.deployment(3, "09:10:00", commitA)
		}, "deploy of checkout aaaaaaa to production finished after 60 s"},
		{"twice at once", func(f *fakeAPI) { f.deployment(1, "09:10:00", commitA); f.deployment(2, "09:10:30", commitA) },
			"deploy of checkout aaaaaaa to production finished after 60 s\ndeploy of checkout aaaaaaa to production finished after 60 s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAPI{}
			tt.make(f)
			found := ask(t, f, window)
			if got := summaries(found); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if n := len(timeline.Build(window, timeline.Scope{}, found).Events); n != len(found.Events) {
				t.Errorf("%d of %d events stand in the timeline", n, len(found.Events))
			}
		})
	}
}

// TestOnlyWhatMatters: other environments are not told, and all of them where that is asked for.
func TestOnlyWhatMatters(t *testing.T) {
	f := &fakeAPI{}
	f.deployment(1, "09:10:00", commitA)
	f.list[0].Environment = "preview/7"
	if got := summaries(ask(t, f, window)); got != "none: deploys and rollbacks of checkout to production" {
		t.Errorf("got %s", got)
	}
	all := Place{Repository: "acme/shop", Service: "checkout", Environments: []string{Everywhere}}
	if got := summaries(ask(t, f, window, all)); got != "deploy of checkout aaaaaaa to preview/7 finished after 60 s" {
		t.Errorf("got %s", got)
	}
}

// TestScope: another cluster's repository is not asked.
func TestScope(t *testing.T) {
	for name, c := range map[string]struct {
		scope timeline.Scope
		some  bool
	}{
		"all": {timeline.Scope{}, true}, "own": {timeline.Scope{Clusters: []string{"shop"}}, true},
		"another": {timeline.Scope{Clusters: []string{"billing"}}, false}, "server": {timeline.Scope{Targets: []string{"db1"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, window)
			req.Scope = c.scope
			records, err := sourceOf(t, &fakeAPI{}).Gather(t.Context(), req)
			if err != nil || (len(records) > 0) != c.some {
				t.Errorf("%d records, %v", len(records), err)
			}
		})
	}
}

// TestPages: a list that is longer than its budget is a gap where it is not known.
func TestPages(t *testing.T) {
	f := &fakeAPI{perPage: 2}
	for i := range int64(2*maxPages + 5) {
		f.deployment(i+1, at("09:20:00").Add(time.Duration(i)*time.Second).Format("15:04:05"), commitA)
	}
	found := ask(t, f, window)
	if len(found.Events) != 2*maxPages || len(found.Checks) != 0 {
		t.Errorf("%d events, %d checks", len(found.Events), len(found.Checks))
	}
	if len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Reason, "older deployments than of 2024-07-12T09:20:05.000Z were not listed: 10 pages") {
		t.Errorf("gaps %+v", found.Gaps)
	}
	before := timeline.Window{From: at("20:00:00"), To: at("21:00:00")} // all that is missing lies too far back
	if gaps := ask(t, f, before).Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

// TestBudget: more deployments than a draft tells are a gap.
func TestBudget(t *testing.T) {
	f := &fakeAPI{perPage: 200}
	for i := range int64(maxTold + 7) {
		f.deployment(i+1, at("09:20:00").Add(time.Duration(i)*time.Second).Format("15:04:05"), commitA)
	}
	found := ask(t, f, window)
	if len(found.Events) != maxTold || len(found.Gaps) != 1 || !found.Gaps[0].To.Equal(at("09:20:06")) {
		t.Errorf("%d events, gaps %+v", len(found.Events), found.Gaps)
	}
}

// TestFailures: what could not be asked is a gap that says why, and never an absence.
func TestFailures(t *testing.T) {
	limited := Limited("the limit is used up", at("11:00:00"))
	two := []Place{{Repository: "acme/shop", Service: "checkout"}, {Repository: "acme/bill", Service: "billing"}}
	tests := []struct {
		name  string
		fail  func(what string, id int64) error
		want  string
		pages int
	}{
		{"a repository that may not be read", func(what string, _ int64) error {
			if what == "page" {
				return &Refusal{Reason: "no"}
			}
			return nil
		}, "gap: deployments of billing to production could not be listed: no\ngap: deployments of checkout to production could not be listed: no", 2},
		{"a limit ends all asking", func(what string, _ int64) error { return limited },
			"gap: deployments of billing to production could not be listed: the limit is used up, until 2024-07-12T11:00:00Z\n" +
				"gap: deployments of checkout to production could not be listed: the limit is used up, until 2024-07-12T11:00:00Z", 1},
		{"a limit halfway", func(what string, _ int64) error {
			if what == "statuses" {
				return limited
			}
			return nil
		}, "gap: deployments of billing to production could not be listed: the limit is used up, until 2024-07-12T11:00:00Z\n" +
			"gap: deployments of checkout to production created up to 2024-07-12T09:20:00.000Z cannot be told: the limit is used up, until 2024-07-12T11:00:00Z", 1},
		{"one deployment", func(what string, id int64) error {
			if what == "statuses" && id == 2 {
				return errors.New("broken")
			}
			return nil
		}, "deploy of billing aaaaaaa to production finished after 60 s\ndeploy of checkout aaaaaaa to production finished after 60 s\n" +
			"gap: deployment 2 of billing to production cannot be told: broken\ngap: deployment 2 of checkout to production cannot be told: broken", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAPI{fail: tt.fail}
			f.deployment(1, "09:10:00", commitA)
			f.deployment(2, "09:20:00", commitB)
			found := ask(t, f, window, two...)
			if got := summaries(found); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if n := strings.Count(fmt.Sprint(f.asked), "page"); n != tt.pages {
				t.Errorf("asked %v", f.asked)
			}
		})
	}
}

// TestIDsAreStable: the same deployment is the same record in another draft.
func TestIDsAreStable(t *testing.T) {
	f := &fakeAPI{}
	f.deployment(1, "09:10:00", commitA)
	wide := timeline.Window{From: window.From.Add(-time.Hour), To: window.To.Add(time.Hour)}
	first, second := ask(t, f, window).Events[0], ask(t, f, wide).Events[0]
	if first.Evidence[0] != second.Evidence[0] {
		t.Errorf("%v, then %v", first.Evidence, second.Evidence)
	}
}
