package forge

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestPartialReviews: what was not read is neither skipped nor missing nor late.
func TestPartialReviews(t *testing.T) {
	for name, c := range map[string]struct {
		told MergeTold
		want string
	}{
		"requests":                {MergeTold{Partial: true}, ""},
		"no approval among those": {MergeTold{Number: 7, Partial: true}, ""},
		"an approval afterwards":  {MergeTold{Number: 7, Partial: true, Approvals: 1, ApprovedAt: []time.Time{at("09:30:00")}}, ""},
		"an approval before":      {MergeTold{Number: 7, Partial: true, Approvals: 1, ApprovedAt: []time.Time{at("09:00:00")}}, "passed 2024-07-12T09:00:00.000Z"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, note := reviewed(c.told, at("09:10:00")); got != c.want || !strings.Contains(note, "not all") {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}

// TestCheckedWithinBounds: what ended after the deploy is not counted before it, and what
// an unlisted run could change is not said.
func TestCheckedWithinBounds(t *testing.T) {
	run := func(state, clock string) Run { return Run{state, pointer(at(clock))} }
	late := ChecksTold{Whole: true, Runs: []Run{run(RunPassed, "09:20:00")}}
	for name, c := range map[string]struct {
		told       ChecksTold
		rules      bool
		want, note string
	}{
		"a pipeline with the deploy in it":         {late, true, "passed", "pipelines before the deploy: 0 passed, 0 failed, 0 skipped; 1 passed that did not end before it"},
		"the same in an old record":                {late, false, "passed", "pipelines before the deploy: 1 passed, 0 failed, 0 skipped"},
		"checks that passed, not all listed":       {ChecksTold{Partial: true, Runs: []Run{run(RunPassed, "08:00:00")}}, true, "", "checks before the deploy of those that were listed: 1 passed, 0 failed, 0 skipped; there are more"},
		"the same in one":                          {ChecksTold{Partial: true, Runs: []Run{run(RunPassed, "08:00:00")}}, false, "passed 2024-07-12T08:00:00.000Z", "checks before the deploy of those that were listed: 1 passed, 0 failed, 0 skipped"},
		"a check that failed, not all listed":      {ChecksTold{Partial: true, Runs: []Run{run(RunFailed, "08:00:00")}}, true, "failed 2024-07-12T08:00:00.000Z", "checks before the deploy of those that were listed: 0 passed, 1 failed, 0 skipped"},
		"pipelines that were skipped, not all":     {ChecksTold{Whole: true, Partial: true, Runs: []Run{run(RunSkipped, "08:00:00")}}, true, "", "pipelines before the deploy of those that were listed: 0 passed, 0 failed, 1 skipped; there are more"},
		"a pipeline that passed, not all are read": {ChecksTold{Whole: true, Partial: true, Runs: []Run{run(RunPassed, "08:00:00")}}, true, "passed 2024-07-12T08:00:00.000Z", "pipelines before the deploy of those that were listed: 1 passed, 0 failed, 0 skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, note := checked(c.told, at("09:10:00"), c.rules); got != c.want || note != c.note {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}

// TestStagedWithinBounds: nobody looked at what is older than the list.
func TestStagedWithinBounds(t *testing.T) {
	there := func(state, clock string) Deployment {
		return Deployment{ID: 1, Environment: DefaultStaging, CreatedAt: at(clock), Statuses: []Status{{State: state, At: at(clock)}}}
	}
	for name, c := range map[string]struct {
		told       StagingTold
		want, note string
	}{
		"before":                      {StagingTold{Listed: 1, Found: []Deployment{there(stateSuccess, "08:00:00")}}, "passed 2024-07-12T08:00:00.000Z", "deployed to staging"},
		"failed, then not again":      {StagingTold{Listed: 1, Found: []Deployment{there("failure", "08:00:00")}}, "failed 2024-07-12T08:00:00.000Z", "failed"},
		"only afterwards":             {StagingTold{Listed: 1, Found: []Deployment{there(stateSuccess, "09:50:00")}}, "", "not seen in staging from 2024-07-12T00:00:00.000Z until the deploy, but at 2024-07-12T09:50:00.000Z"},
		"failed only afterwards":      {StagingTold{Listed: 1, Found: []Deployment{there("failure", "09:50:00")}}, "", "not seen in staging since 2024-07-12T00:00:00.000Z"},
		"other commits only":          {StagingTold{Listed: 4}, "", "not seen in staging since 2024-07-12T00:00:00.000Z, others were; older deployments were not looked for"},
		"nothing is deployed there":   {StagingTold{}, "", ""},
		"not all of them were listed": {StagingTold{Listed: 100, Partial: true}, "", "not all deployments there could be listed"},
		"not all of them were read":   {StagingTold{Listed: 4, Unread: 1, Found: []Deployment{there("failure", "08:00:00")}}, "", "not all deployments of this commit"},
	} {
		t.Run(name, func(t *testing.T) {
			c.told.Environment, c.told.From = DefaultStaging, at("00:00:00")
			got, note := forgeOf(nil).staged(c.told, at("09:10:00"), true)
			if got != c.want || !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}

// TestPagesOfAPast: a list ends at its last page, or at the bound, which is told.
func TestPagesOfAPast(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		next    func(page int) (int, error)
		read    int
		partial bool
		err     error
	}{
		"one":      {func(int) (int, error) { return 0, nil }, 1, false, nil},
		"as many":  {func(p int) (int, error) { return (p + 1) % (maxPastPages + 1), nil }, maxPastPages, false, nil},
		"more":     {func(p int) (int, error) { return p + 1, nil }, maxPastPages, true, nil},
		"a circle": {func(int) (int, error) { return 1, nil }, 1, true, nil},
		"broken":   {func(int) (int, error) { return 0, broken }, 1, false, broken},
	} {
		t.Run(name, func(t *testing.T) {
			read := 0
			partial, err := Pages(func(page int) (int, error) { read++; return c.next(page) })
			if read != c.read || partial != c.partial || !errors.Is(err, c.err) {
				t.Errorf("%d pages, partial %v, %v", read, partial, err)
			}
		})
	}
}
