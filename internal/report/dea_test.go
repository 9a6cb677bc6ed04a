package report

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"collector/internal/timeline"
)

// escapedDefect is a small incident whose deploy tells of its gates.
func escapedDefect(t testing.TB) Draft {
	return deployedWith(t, map[string]string{
		"commit": "9f1c2abd07e1", "commit_time": "2024-07-11T14:20:00Z", "pull_request": "128",
		"pull_request_created": "2024-07-11T14:31:00Z", "pull_request_merged": "2024-07-11T15:02:00Z",
		"gates.review": "passed 2024-07-11T15:00:00Z", "gates.tests": "passed", "gates.ci": "2024-07-11T15:20:00Z",
		"gates.staging": "skipped", "gates.staging_note": "hotfix lane", "gates.scale_test": "missing", "gates.approval": "approved 2024-07-12T07:30:00Z",
		"dba_review": "see ticket",
	})
}

// deployedWith is an incident half a minute after a deploy with some fields.
func deployedWith(t testing.TB, fields map[string]string) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	deploys := f.record("deploylog", "releases", "/var/log/deploy/shop.log", "2 lines")
	sessions := f.record("mysql", "db1", "information_schema.processlist", "samples")
	alerts := f.record("prometheus", "main", "ALERTS", "1 series")
	attributes := map[string]string{"service": "shop", "version": "1.4.2", "environment": "production", "outcome": "finished"}
	for key, value := range fields {
		attributes[key] = value
	}
	at := func(i timeline.Instant) *timeline.Instant { return &i }
	f.event(timeline.Deploy, timeline.Logged, "deploylog", "shop", f.exactly("07:12:10"), at(f.exactly("07:13:25")), "deploy of shop 1.4.2 to production finished after 75 s", attributes, deploys)
	f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db1", f.exactly("07:13:20"), at(f.exactly("07:13:20")),
		"ALTER TABLE shop.orders dropped column customer_ref", map[string]string{"operation": "drop_column", "schema": "shop", "table": "orders"}, sessions)
	f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.sampled("07:14:00"), at(f.sampled("07:31:00")), "14 sessions waited for row locks", nil, sessions)
	f.event(timeline.Alert, timeline.Measured, "prometheus", "db1", f.exactly("07:16:00"), at(f.exactly("07:33:00")), "alert CheckoutSlow fired", map[string]string{"alertname": "CheckoutSlow", "severity": "page"}, alerts)
	f.found.Checks = []timeline.Check{{Source: "mysql", Target: "db1", LookedFor: "restarts", Evidence: []string{sessions}}}
	d := f.draft()
	d.Templates, d.DEA = []string{DEATemplate}, "DEA-2024-001"
	return d
}

// deaDrafts are the drafts whose analyses are golden.
func deaDrafts() map[string]func(testing.TB) Draft {
	return map[string]func(testing.TB) Draft{"escaped": escapedDefect, "rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet}
}

func TestDEAGolden(t *testing.T) {
	for name, build := range deaDrafts() {
		t.Run(name, func(t *testing.T) {
			d := build(t)
			d.Templates = []string{DEATemplate}
			text, err := markdown(d.normal(), DEATemplate)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "dea", name+".md"), []byte(text))
		})
	}
}

// TestDEASections: every section of the field's template is there, in its order.
func TestDEASections(t *testing.T) {
	d := escapedDefect(t)
	text, err := markdown(d.normal(), DEATemplate)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, part := range []string{
		"| ID | DEA-2024-001 |", "| Date introduced | 2024-07-11", "| Date escaped to prod | 2024-07-12", "| Date detected | 2024-07-12", "| Component |", "| Owner |", "| Status | Draft |",
		"## Summary", "## Escape Timeline", "| Introduced |", "| Code review |", "| Automated tests / CI |", "| Staging |", "| DBA / DBRE review |", "| Change approval |", "| Escaped to production |", "| Detected |",
		"## Gate Analysis", "| Staging environment | yes | skipped: “hotfix lane” |", "| Production-scale data test | no | missing |", "| Unit / integration tests | ☐ | ☐ |",
		"**Escape point (gate that should have caught it):**", "**Root cause (why that gate failed):**", "## Impact", "## Corrective Actions", "| 2 | Escape point |", "## Lessons Learned", "## Approval", "| Approver (role) |",
	} {
		i := strings.Index(text[at:], part)
		if i < 0 {
			t.Fatalf("%q is not there, or out of order", part)
		}
		at += i
	}
	if n := strings.Count(text, "<!-- Ask: "); n < 10 {
		t.Errorf("only %d questions to people", n)
	}
}

// deaBlocks are the building blocks of the analysis alone.
func deaBlocks(d *document) map[string]func() ([]Statement, []Row) {
	say := func(f func() []Statement) func() ([]Statement, []Row) {
		return func() ([]Statement, []Row) { return f(), nil }
	}
	rows := func(f func() []Row) func() ([]Statement, []Row) {
		return func() ([]Statement, []Row) { return nil, f() }
	}
	return map[string]func() ([]Statement, []Row){
		"header": rows(d.DEAHeader), "summary": say(d.DEASummary), "fits": say(d.Fits), "searched": say(d.Searched), "escape rows": rows(d.EscapeRows),
		"gate rows": rows(d.GateRows), "escape point": say(d.EscapePoint), "impact rows": rows(d.EscapeImpactRows),
		"action rows": rows(d.EscapeActionRows), "no actions": say(d.NoEscapeActions), "lessons": say(d.GateLessons),
	}
}

// TestEveryDEABlockIsCited proves of each line that it cites known records, and is not
// printed without them.
func TestEveryDEABlockIsCited(t *testing.T) {
	seen := map[string]int{}
	for name, build := range deaDrafts() {
		draft := build(t).normal()
		doc, err := newDocument(draft, DEATemplate)
		if err != nil {
			t.Fatal(err)
		}
		known, nobody := cites{known: map[string]bool{}}, cites{known: map[string]bool{}}
		for _, e := range draft.Timeline.Evidence {
			known.known[e.ID] = true
		}
		for part, f := range deaBlocks(doc) {
			statements, rows := f()
			seen[part] += len(statements) + len(rows)
			for _, s := range statements {
				if _, err := known.say(s); err != nil {
					t.Errorf("%s, %s: %v", name, part, err)
				}
				if _, err := nobody.say(s); !errors.Is(err, ErrUncited) {
					t.Errorf("%s, %s: %q was printed without its record", name, part, s.Text)
				}
			}
			for _, r := range rows {
				if _, err := known.row(r); err != nil {
					t.Errorf("%s, %s: %v", name, part, err)
				}
				if _, err := nobody.row(r); !errors.Is(err, ErrUncited) {
					t.Errorf("%s, %s: %q was printed without its record", name, part, r.Cells)
				}
			}
		}
	}
	for part, n := range seen {
		if n == 0 {
			t.Errorf("no draft of this test has a line in %s", part)
		}
	}
}

func TestParseGate(t *testing.T) {
	day := func(text string) time.Time { m, _ := parseMoment(text); return m.at }
	for _, c := range []struct {
		value string
		state gateState
		at    time.Time
		ok    bool
	}{
		{"passed", gatePassed, time.Time{}, true},
		{"Approved", gatePassed, time.Time{}, true},
		{"skipped", gateSkipped, time.Time{}, true},
		{"missing", gateMissing, time.Time{}, true},
		{"failed", gateFailed, time.Time{}, true},
		{"2024-07-11", gatePassed, day("2024-07-11"), true},
		{"2024-07-11T16:20:00+02:00", gatePassed, day("2024-07-11T14:20:00Z"), true},
		{"passed 2024-07-11T14:20:00Z", gatePassed, day("2024-07-11T14:20:00Z"), true},
		{"passed at 1720707600", gatePassed, day("2024-07-11T14:20:00Z"), true},
		{"skipped@2024-07-11", gateSkipped, day("2024-07-11"), true},
		{"passed because it is small", gatePassed, time.Time{}, false},
		{"not passed", gateUnknown, time.Time{}, false},
		{"true", gateUnknown, time.Time{}, false},
		{"see ticket", gateUnknown, time.Time{}, false},
		{"", gateUnknown, time.Time{}, false},
		{strings.Repeat("passed ", 100), gateUnknown, time.Time{}, false},
		{"3024-07-11", gateUnknown, time.Time{}, false},
	} {
		t.Run(c.value[:min(len(c.value), 30)], func(t *testing.T) {
			state, when, ok := parseGate(c.value)
			if ok != c.ok || ok && (state != c.state || !when.at.Equal(c.at)) {
				t.Errorf("%q %v %v, want %q %v %v", state, when.at, ok, c.state, c.at, c.ok)
			}
		})
	}
}

func FuzzParseGate(f *testing.F) {
	for _, seed := range []string{"passed", "skipped 2024-07-11", "2024-07-11T14:20:00Z", "missing@1720707600", "passed at 2024-07-11T16:20:00+02:00", "☐", "passed  ", "@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		state, when, ok := parseGate(value)
		if ok && state == gateUnknown {
			t.Errorf("%q was understood as nothing", value)
		}
		if !when.at.IsZero() && (when.at.Before(firstMoment) || !when.at.Before(lastMoment)) {
			t.Errorf("%q is at %s", value, when.at)
		}
	})
}

// TestFindGates: which field tells, what is late, and what stays unknown.
func TestFindGates(t *testing.T) {
	escaped := timeline.Exactly(time.Date(2024, 7, 12, 7, 12, 10, 0, time.UTC))
	for name, c := range map[string]struct {
		attributes map[string]string
		gate, want string
		suspect    bool
	}{
		"the dotted name":           {map[string]string{"gates.staging": "skipped"}, "Staging environment", "skipped", true},
		"the plain name":            {map[string]string{"staging": "missing"}, "Staging environment", "missing", true},
		"the dotted name counts":    {map[string]string{"gates.ci": "failed", "ci": "passed"}, "CI pipeline", "failed", true},
		"the next that can be read": {map[string]string{"gates.ci": "buildkite", "ci": "passed"}, "CI pipeline", "passed", false},
		"a name that was taken":     {map[string]string{"log_review": "skipped"}, "Code review", "skipped", true},
		"no field":                  {map[string]string{"other": "skipped"}, "Code review", "no record says", false},
		"no known word":             {map[string]string{"review": "by hand"}, "Code review", "not known: the value of review is none of the known words", false},
		"why it is not known":       {map[string]string{"gates.review_note": "not all were read"}, "Code review", "not known", false},
		"passed too late":           {map[string]string{"gates.approval": "passed 2024-07-12T07:30:00Z"}, "Change approval / runbook", "passed only after it was in production", true},
		"passed in time":            {map[string]string{"gates.approval": "passed 2024-07-12T07:12:00Z"}, "Change approval / runbook", "passed", false},
		"passed on that day":        {map[string]string{"gates.approval": "passed 2024-07-12"}, "Change approval / runbook", "passed", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range findGates(c.attributes, escaped) {
				if f.name == c.gate && (f.verdict() != c.want || f.suspect() != c.suspect) {
					t.Errorf("%q, suspect %v", f.verdict(), f.suspect())
				}
				if note := c.attributes["gates.review_note"]; f.name == c.gate && f.note != note {
					t.Errorf("the note is %q", f.note)
				}
				if f.name != c.gate && f.state != gateUnknown {
					t.Errorf("%s is %s", f.name, f.state)
				}
			}
		})
	}
}

// TestGatesRanked: skipped and missing come first, then failed and late, unknown, passed.
func TestGatesRanked(t *testing.T) {
	c, ok := findEscape(deployedWith(t, map[string]string{
		"gates.review": "passed", "gates.tests": "failed", "gates.staging": "missing", "gates.dba_review": "skipped", "gates.approval": "passed 2024-07-12T08:00:00Z",
	}).Timeline)
	if !ok {
		t.Fatal("no change was found")
	}
	var got []string
	for _, f := range c.ranked() {
		got = append(got, f.name)
	}
	want := "DBA / DBRE review, Staging environment, Unit / integration tests, Change approval / runbook, CI pipeline, Production-scale data test, Code review"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestCarrier: a schema change has the gates of the deploy that it was a part of.
func TestCarrier(t *testing.T) {
	for name, c := range map[string]struct {
		deployFrom, deployTo string
		carried              bool
	}{
		"it ran":                    {"07:10:00", "07:30:00", true},
		"it had just ended":         {"07:05:00", "07:06:00", true},
		"it had ended long before":  {"07:01:00", "07:02:00", false},
		"it began after the change": {"07:13:30", "07:13:40", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			id := f.record("mysql", "db1", "samples", "x")
			at := func(i timeline.Instant) *timeline.Instant { return &i }
			f.event(timeline.Deploy, timeline.Logged, "deploylog", "shop", f.exactly(c.deployFrom), at(f.exactly(c.deployTo)), "deploy", map[string]string{"service": "shop", "gates.ci": "skipped"}, id)
			f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db1", f.exactly("07:13:20"), at(f.exactly("07:13:20")), "ALTER TABLE", nil, id)
			f.event(timeline.MySQLDown, timeline.Measured, "mysql", "db1", f.sampled("07:13:50"), nil, "down", nil, id)
			tl := f.draft().Timeline
			list := candidates(tl)
			for _, x := range list {
				if x.Kind == timeline.MySQLSchemaChange {
					if got := carrierOf(x.Event, list); (got != nil) != c.carried {
						t.Errorf("carrier %v, want %v", got, c.carried)
					}
				}
			}
		})
	}
}

// TestFits is the template's table, as rules.
func TestFits(t *testing.T) {
	type step struct {
		kind     timeline.Kind
		at, ends string
		fields   map[string]string
	}
	deploy := func(at string, fields map[string]string) step {
		all := map[string]string{"service": "shop", "version": "1.4.2", "outcome": "finished"}
		for key, value := range fields {
			all[key] = value
		}
		return step{timeline.Deploy, at, at, all}
	}
	for name, c := range map[string]struct {
		steps           []step
		dea, postmortem bool
		says            string
	}{
		"a deploy, then a server is down":   {[]step{deploy("07:10:00", nil), {timeline.MySQLDown, "07:12:00", "07:20:00", nil}}, true, true, "server down"},
		"a schema change, then lock waits":  {[]step{{timeline.MySQLSchemaChange, "07:10:00", "07:10:00", nil}, {timeline.MySQLLockWait, "07:12:00", "07:20:00", nil}}, true, false, "harm followed"},
		"a deploy, lock waits and an alert": {[]step{deploy("07:10:00", nil), {timeline.MySQLLockWait, "07:12:00", "07:20:00", nil}, {timeline.Alert, "07:13:00", "07:21:00", map[string]string{"alertname": "Slow"}}}, true, true, "alert fired"},
		"a deploy long before":              {[]step{deploy("07:01:00", nil), {timeline.MySQLDown, "07:40:00", "07:45:00", nil}}, false, true, "farther than 30 min"},
		"long before, with a skipped gate":  {[]step{deploy("07:01:00", map[string]string{"gates.staging": "skipped"}), {timeline.MySQLLockWait, "07:40:00", "07:45:00", nil}}, true, false, "“Staging environment” was skipped"},
		"replication lag alone":             {[]step{{timeline.MySQLReplicationLag, "07:12:00", "07:20:00", nil}}, false, true, "no deploy"},
		"a failover":                        {[]step{{timeline.MySQLRoleChange, "07:11:00", "07:11:00", nil}, {timeline.MySQLDown, "07:12:00", "07:20:00", nil}}, false, true, "no deploy"},
		"a deploy after the harm":           {[]step{{timeline.MySQLDown, "07:12:00", "07:20:00", nil}, deploy("07:30:00", nil)}, false, true, "no deploy"},
		"no harm":                           {[]step{deploy("07:10:00", nil)}, false, true, "no harm"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			id := f.record("mysql", "db1", "samples", "x")
			for _, s := range c.steps {
				end := f.exactly(s.ends)
				f.event(s.kind, timeline.Measured, "mysql", "db1", f.exactly(s.at), &end, string(s.kind), s.fields, id)
			}
			d := f.draft()
			doc, err := newDocument(d.normal(), DEATemplate)
			if err != nil {
				t.Fatal(err)
			}
			got := doc.fits()
			if got.dea != c.dea || got.postmortem != c.postmortem || !strings.Contains(strings.Join(got.why, "; "), c.says) {
				t.Errorf("dea %v, postmortem %v: %s", got.dea, got.postmortem, strings.Join(got.why, "; "))
			}
			if line := Fitting(d); !strings.Contains(line, c.says) || strings.ContainsAny(line, "\n\\") {
				t.Errorf("on the terminal: %q", line)
			}
		})
	}
}

// TestUnmarked: a terminal shows what people wrote, not what Markdown needs.
func TestUnmarked(t *testing.T) {
	same := func(text string) bool { return unmarked(markup(plain(text, 200))) == plain(text, 200) }
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

// TestDEAIsNoVerdict: the document never calls the change the cause.
func TestDEAIsNoVerdict(t *testing.T) {
	text, err := markdown(escapedDefect(t).normal(), DEATemplate)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"caused by", "was caused", "the cause was", "human error", "to blame"} {
		if strings.Contains(strings.ToLower(text), word) {
			t.Errorf("it says %q", word)
		}
	}
}
