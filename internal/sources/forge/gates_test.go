package forge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

func pointer(t time.Time) *time.Time { return &t }

func TestReviewed(t *testing.T) {
	deployed := at("09:10:00")
	for name, c := range map[string]struct {
		told MergeTold
		want string
	}{
		"no request":             {MergeTold{}, "missing"},
		"no approval":            {MergeTold{Number: 7}, "skipped"},
		"the last one before":    {MergeTold{Number: 7, Approvals: 3, ApprovedAt: []time.Time{at("08:00:00"), at("09:00:00"), at("09:30:00")}}, "passed 2024-07-12T09:00:00.000Z"},
		"only after the deploy":  {MergeTold{Number: 7, Approvals: 2, ApprovedAt: []time.Time{at("09:40:00"), at("09:30:00")}}, "passed 2024-07-12T09:30:00.000Z"},
		"without times (GitLab)": {MergeTold{Number: 7, Approvals: 1}, "passed"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, note := reviewed(c.told, deployed); got != c.want || note == "" {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}

func TestChecked(t *testing.T) {
	deployed := at("09:10:00")
	run := func(state, clock string) Run { return Run{state, pointer(at(clock))} }
	for name, c := range map[string]struct {
		told ChecksTold
		want string
	}{
		"none":                              {ChecksTold{}, ""},
		"all passed":                        {ChecksTold{Runs: []Run{run(RunPassed, "08:00:00"), run(RunPassed, "08:05:00"), run(RunSkipped, "08:01:00")}}, "passed 2024-07-12T08:05:00.000Z"},
		"one failed":                        {ChecksTold{Runs: []Run{run(RunPassed, "08:00:00"), run(RunFailed, "08:02:00")}}, "failed 2024-07-12T08:02:00.000Z"},
		"all skipped":                       {ChecksTold{Runs: []Run{run(RunSkipped, "08:00:00")}}, "skipped 2024-07-12T08:00:00.000Z"},
		"what ends after the deploy":        {ChecksTold{Runs: []Run{run(RunFailed, "09:20:00"), run(RunPassed, "09:30:00"), {State: RunOther}}}, ""},
		"a pipeline with the deploy in it":  {ChecksTold{Whole: true, Runs: []Run{run(RunPassed, "09:20:00")}}, "passed"},
		"a pipeline that failed afterwards": {ChecksTold{Whole: true, Runs: []Run{run(RunFailed, "09:20:00")}}, ""},
		"a pipeline that was run again":     {ChecksTold{Whole: true, Runs: []Run{run(RunFailed, "08:20:00"), run(RunPassed, "08:40:00")}}, "passed 2024-07-12T08:40:00.000Z"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, note := checked(c.told, deployed, false); got != c.want || (note == "") != (got == "") {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}

func TestStaged(t *testing.T) {
	deployed := at("09:10:00")
	there := func(state, clock string) Deployment {
		return Deployment{ID: 1, Environment: DefaultStaging, CreatedAt: at(clock), Statuses: []Status{{State: state, At: at(clock)}}}
	}
	for name, c := range map[string]struct {
		told StagingTold
		want string
	}{
		"before":                      {StagingTold{Listed: 1, Found: []Deployment{there(stateSuccess, "08:00:00")}}, "passed 2024-07-12T08:00:00.000Z"},
		"failed, then not again":      {StagingTold{Listed: 1, Found: []Deployment{there("failure", "08:00:00")}}, "failed 2024-07-12T08:00:00.000Z"},
		"only afterwards":             {StagingTold{Listed: 1, Found: []Deployment{there(stateSuccess, "09:50:00")}}, "passed 2024-07-12T09:50:00.000Z"},
		"before and afterwards":       {StagingTold{Listed: 2, Found: []Deployment{there(stateSuccess, "09:50:00"), there(stateSuccess, "08:00:00")}}, "passed 2024-07-12T08:00:00.000Z"},
		"other commits only":          {StagingTold{Listed: 4}, "skipped"},
		"nothing is deployed there":   {StagingTold{}, ""},
		"not all of them were listed": {StagingTold{Listed: 100, Partial: true}, ""},
		"it waits there":              {StagingTold{Listed: 1, Found: []Deployment{there("waiting", "08:00:00")}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.told.Environment, c.told.From = DefaultStaging, at("00:00:00")
			if got, note := forgeOf(nil).staged(c.told, deployed, false); got != c.want {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}

// fakeHistory is a forge in memory that knows the past of every commit.
type fakeHistory struct {
	*fakeAPI
	fails error
}

func (f *fakeHistory) Commit(context.Context, string, string) (CommitTold, error) {
	f.asked = append(f.asked, "commit")
	return CommitTold{CommittedAt: pointer(at("08:00:00"))}, f.fails
}

func (f *fakeHistory) Merge(context.Context, string, string) (MergeTold, error) {
	f.asked = append(f.asked, "merge")
	return MergeTold{Number: 128, MergedAt: pointer(at("08:30:00"))}, f.fails
}

func (f *fakeHistory) Checks(context.Context, string, string) (ChecksTold, error) {
	f.asked = append(f.asked, "checks")
	return ChecksTold{Runs: []Run{{RunPassed, pointer(at("08:20:00"))}}}, f.fails
}

// gatesOf gathers with gates: true.
func gatesOf(t *testing.T, f *fakeHistory, gates bool) timeline.Findings {
	t.Helper()
	source := sourceOf(t, f.fakeAPI, Place{Repository: "acme/shop", Service: "checkout", Gates: gates})
	source.forge.Dial = func(*Client) (API, error) { return f, nil }
	records, err := source.Gather(t.Context(), request(t, window))
	if err != nil {
		t.Fatal(err)
	}
	found, err := source.forge.Interpret(window, records)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestGates: a deploy has what its commit went through, and cites each record.
func TestGates(t *testing.T) {
	f := &fakeHistory{fakeAPI: &fakeAPI{}}
	f.deployment(1, "08:40:00", commitA)
	f.deployment(2, "09:10:00", commitB)
	f.list[1].Environment = DefaultStaging // the other commit's
	found := gatesOf(t, f, true)
	if len(found.Events) != 1 || len(found.Gaps) != 0 {
		t.Fatalf("%d events, %v", len(found.Events), found.Gaps)
	}
	e := found.Events[0]
	for name, want := range map[string]string{
		"commit_time": "2024-07-12T08:00:00.000Z", "pull_request": "128", "pull_request_merged": "2024-07-12T08:30:00.000Z",
		"gates.review": "skipped", "gates.ci": "passed 2024-07-12T08:20:00.000Z", "gates.staging": "",
	} {
		if e.Attributes[name] != want {
			t.Errorf("%s is %q, want %q", name, e.Attributes[name], want)
		}
	}
	if len(e.Evidence) != 5 {
		t.Errorf("it cites %v, want its own record and four more", e.Evidence)
	}
}

// TestGatesAreAskedForOnlyWhereTheyAreWanted: they need more permissions.
func TestGatesAreAskedForOnlyWhereTheyAreWanted(t *testing.T) {
	f := &fakeHistory{fakeAPI: &fakeAPI{}}
	f.deployment(2, "09:10:00", commitB)
	found := gatesOf(t, f, false)
	if asked := strings.Join(f.asked, " "); strings.Contains(asked, "commit") || strings.Contains(asked, "staging") {
		t.Errorf("asked %s", asked)
	}
	if found.Events[0].Attributes["gates.review"] != "" {
		t.Error("a gate without a question")
	}
}

// TestGatesRefused: the deploys are told all the same, and each question is a gap.
func TestGatesRefused(t *testing.T) {
	f := &fakeHistory{fakeAPI: &fakeAPI{}, fails: errors.New("the token may not")}
	f.deployment(2, "09:10:00", commitB)
	found := gatesOf(t, f, true)
	if len(found.Events) != 1 || len(found.Gaps) != 3 {
		t.Fatalf("%d events, gaps %v", len(found.Events), found.Gaps)
	}
	for _, g := range found.Gaps {
		if !strings.Contains(g.Reason, "before it was deployed") || len(g.Evidence) != 1 {
			t.Errorf("gap %+v", g)
		}
	}
}

// TestGatesOfManyDeploys: the budget of commits, and a gap beyond it.
func TestGatesOfManyDeploys(t *testing.T) {
	f := &fakeHistory{fakeAPI: &fakeAPI{}}
	for i := range maxPasts + 3 {
		f.deployment(int64(i+1), at("09:10:00").Add(time.Duration(i)*time.Minute).Format("15:04:05"), strings.Repeat(string("0123456789abcdef"[i]), 40))
	}
	found := gatesOf(t, f, true)
	if n := strings.Count(strings.Join(f.asked, " "), "merge"); n != maxPasts {
		t.Errorf("%d commits were asked about", n)
	}
	if len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Reason, "more than 8 commits") {
		t.Errorf("gaps %v", found.Gaps)
	}
}

// FuzzPast: whatever a record says of a commit's past, it is told without a panic, in
// words that the document knows.
func FuzzPast(f *testing.F) {
	f.Add(mergeAsked, `{"number":128,"created_at":"2024-07-11T08:10:00Z","approvals":1,"approved_at":["2024-07-11T08:30:00Z"]}`, 1)
	f.Add(mergeAsked, `{"number":128,"merged_at":"2024-07-11T09:00:00Z","approvals":0,"reviews":[{"by":1,"state":"approved","at":"2024-07-11T08:30:00Z","dismissed":true,"dismissed_at":"2024-07-13T08:30:00Z"},{"by":0,"at":"0001-01-01T00:00:00Z","dismissed":true}]}`, 1)
	f.Add(checksAsked, `{"runs":[{"state":"passed","end_at":"2024-07-11T08:30:00Z"},{"state":"failed"}],"whole":true}`, 1)
	f.Add(stagingAsked, `{"environment":"staging","from":"2024-07-05T09:00:00Z","listed":3,"found":[{"id":1,"environment":"staging","created_at":"2024-07-11T08:30:00Z","statuses":[{"state":"success","at":"2024-07-11T08:31:00Z"}]}]}`, 1)
	f.Add(commitAsked, `{"committed_at":"0001-01-01T00:00:00Z"}`, 1)
	f.Add(commitAsked, `null`, 1)
	f.Fuzz(func(t *testing.T, kind, answer string, rules int) {
		p := &past{}
		if !pastAsked(kind) || p.read(question{Kind: kind, Rules: rules}, []byte(answer), "github-00000001") != nil {
			return
		}
		e := timeline.Event{Start: timeline.Exactly(at("09:10:00")), Attributes: map[string]string{}}
		forgeOf(nil).told(&e, p)
		for _, gate := range []string{gateReview, gateCI, gateStaging} {
			word, _, _ := strings.Cut(e.Attributes[gate], " ")
			if word != "" && word != passed && word != skipped && word != missing && word != failed {
				t.Errorf("%s is %q", gate, e.Attributes[gate])
			}
		}
	})
}
