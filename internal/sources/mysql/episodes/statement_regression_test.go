package episodes

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// behaviour is a statement in truth: how often it ends and what one execution
// takes, in phases from a time on.
type behaviour struct {
	id, sql string
	first   float64 // first seen by the server, seconds; 0: long ago
	phases  []phase
}

type phase struct {
	from      float64
	perSecond float64
	seconds   float64
	rows      float64
	noIndex   bool
}

// between adds up what a statement did in an interval, in steps of 0.1 s.
func (b behaviour) between(from, to float64) store.Digest {
	d := store.Digest{ID: b.id, DB: "shop", SQL: b.sql, FirstSeen: at(b.first).Truncate(time.Millisecond)}
	if b.first == 0 {
		d.FirstSeen = at(-1e6)
	}
	var count, busy, rows, noIndex float64
	for t := from; t < to-0.05; t += 0.1 {
		for i := len(b.phases) - 1; i >= 0; i-- {
			if p := b.phases[i]; t >= p.from {
				n := p.perSecond / 10
				count, busy, rows = count+n, busy+n*p.seconds, rows+n*p.rows
				if p.noIndex {
					noIndex += n
				}
				break
			}
		}
	}
	d.Count, d.Time = int64(math.Round(count)), time.Duration(busy*float64(time.Second)).Truncate(time.Microsecond)
	d.RowsExamined, d.NoIndex = int64(math.Round(rows)), int64(math.Round(noIndex))
	return d
}

// digestWorld reads the digests every 10 s, at seconds 4, 14, 24 ...
func digestWorld(w world, list ...behaviour) world {
	more := w.tweak
	w.tweak = func(t float64, tick *store.Tick) {
		if n := int(math.Round(t)); (n-4)%10 == 0 && tick.Heartbeat.Outcome == store.Answered {
			tick.Digests = []store.Digest{}
			for _, b := range list {
				if d := b.between(t-10, t); d.Count > 0 && n > 4 {
					tick.Digests = append(tick.Digests, d)
				}
			}
		}
		if more != nil {
			more(t, tick)
		}
	}
	return w
}

// usual is a healthy application: short statements by index, and a report.
func usual() []behaviour {
	return []behaviour{
		{id: "a1", sql: "SELECT * FROM `orders` WHERE `id` = ?", phases: []phase{{-1e6, 200, 0.0005, 1, false}}},
		{id: "a2", sql: "UPDATE `orders` SET `status` = ? WHERE `id` = ?", phases: []phase{{-1e6, 50, 0.002, 1, false}}},
		{id: "a3", sql: "INSERT INTO `orders` VALUES ( ? )", phases: []phase{{-1e6, 50, 0.001, 0, false}}},
		{id: "a4", sql: "SELECT COUNT ( * ) FROM `orders` WHERE `day` = ?", phases: []phase{{-1e6, 0.3, 0.3, 40_000, false}}},
		{id: "a5", sql: "SELECT * FROM `customers` WHERE `id` = ?", phases: []phase{{-1e6, 100, 0.0004, 1, false}}},
	}
}

const history = "SELECT * FROM `orders` WHERE `customer` = ?"

// watchDigests records 20 minutes and asks about the last ones.
func watchDigests(t *testing.T, w world, list ...behaviour) timeline.Findings {
	t.Helper()
	w = digestWorld(w, list...)
	return findings(t, w.record(0, 1500), 900, 1500)
}

func TestRegressions(t *testing.T) {
	normal := phase{-1e6, 20, 0.001, 10, false}
	for _, tc := range []struct {
		name    string
		one     behaviour
		rule    string
		start   float64
		end     float64 // 0: goes on
		summary string
		noIndex string
	}{
		{"an index is dropped", behaviour{id: "b", sql: history, phases: []phase{normal, {1001.3, 20, 0.004, 5000, true}, {1061.2, 20, 0.001, 10, false}}},
			"rows examined", 1001.3, 1061.2, "a statement examined 5,000 rows per execution instead of 10, without an index: SELECT", "true"},
		{"it begins to scan", behaviour{id: "b", sql: history, phases: []phase{{-1e6, 20, 0.001, 900, false}, {1008.9, 20, 0.004, 3000, true}}},
			"no index", 1008.9, 0, "a statement began to scan without an index: 3,000 rows per execution instead of 900: SELECT", "true"},
		{"it gets slow", behaviour{id: "b", sql: history, phases: []phase{normal, {1003.1, 20, 0.2, 10, false}, {1055, 20, 0.001, 10, false}}},
			"latency", 1003.1, 1055, "a statement took ", ""},
		{"a new statement that scans", behaviour{id: "b", sql: history, first: 1003.5, phases: []phase{{0, 0, 0, 0, false}, {1001, 0.5, 2, 90_000, true}, {1046, 0, 0, 0, false}}},
			"new statement", 1001.5, 1046, "a statement that the server had not seen before took 2", "true"},
	} {
		for _, offset := range []float64{0, -4000.8} {
			t.Run(fmt.Sprintf("%s, offset %v", tc.name, offset), func(t *testing.T) {
				one := tc.one
				if one.first != 0 {
					one.first += offset // the server's clock says so
				}
				f := watchDigests(t, world{offset: offset}, append(usual(), one)...)
				e := only(t, f, timeline.MySQLStatementRegression)
				attribute(t, e, "rule", tc.rule)
				attribute(t, e, "digest", "b")
				if got := e.Attributes["no_index"]; got != tc.noIndex {
					t.Errorf("no_index %q", got)
				}
				if !strings.HasPrefix(e.Summary, tc.summary) {
					t.Errorf("summary %q", e.Summary)
				}
				brackets(t, "start", e.Start, tc.start, 10.2) // two readings, and one execution
				if off := e.Start.At.Sub(at(tc.start)); off.Abs() > 10*time.Second {
					t.Errorf("the start is %v off", off)
				}
				switch {
				case tc.end == 0 && e.End != nil:
					t.Errorf("it ends at %v, and goes on", e.End)
				case tc.end != 0:
					brackets(t, "end", *e.End, tc.end, 10)
				}
				if e.Grade != timeline.Measured {
					t.Errorf("grade %v", e.Grade)
				}
			})
		}
	}
}

func TestNoRegression(t *testing.T) {
	normal := phase{-1e6, 20, 0.001, 10, false}
	slow := func(b []behaviour, from, to, factor float64) []behaviour {
		for i := range b {
			p := b[i].phases[0]
			changed := p
			changed.from, changed.seconds = from, p.seconds*factor
			p.from = to
			b[i].phases = append(b[i].phases, changed, p)
		}
		return b
	}
	var waiters []stmt
	for i := range 5 {
		waiters = append(waiters, stmt{id: uint64(50 + i), sql: history, from: 1000, to: 1030, state: "Waiting for table metadata lock"})
	}
	for _, tc := range []struct {
		name  string
		world world
		list  []behaviour
	}{
		{"a quiet server", world{}, usual()},
		{"one slow reading", world{}, append(usual(), behaviour{id: "b", sql: history, phases: []phase{normal, {1004, 20, 0.4, 10, false}, {1014, 20, 0.001, 10, false}}})},
		{"more rows, but few", world{}, append(usual(), behaviour{id: "b", sql: history, phases: []phase{normal, {1004, 20, 0.001, 900, true}}})},
		{"more rows, but rarely", world{}, append(usual(), behaviour{id: "b", sql: history, phases: []phase{normal, {1004, 0.2, 0.001, 5000, true}}})},
		{"all statements slow down together", world{}, slow(usual(), 1000, 1100, 200)},
		{"behind a lock", world{statements: waiters}, append(usual(), behaviour{id: "b", sql: history, phases: []phase{normal, {1000, 20, 0.8, 10, false}, {1034, 20, 0.001, 10, false}}})},
		{"a new statement that does not matter", world{}, append(usual(), behaviour{id: "b", sql: history, first: 1003, phases: []phase{{1003, 20, 0.002, 10, false}}})},
		{"new, after a restart", world{boots: []float64{-7200, 940}}, append(usual(), behaviour{id: "b", sql: history, first: 1003, phases: []phase{{1003, 20, 2, 90_000, true}}})},
		{"a slow schema change", world{}, append(usual(), behaviour{id: "b", sql: "ALTER TABLE `orders` ADD `a` INT", first: 1003, phases: []phase{{1003, 0.2, 20, 90_000, true}}})},
		{"the rest and the unlisted", world{}, append(usual(),
			behaviour{id: store.DigestRest, sql: history, phases: []phase{normal, {1003, 20, 2, 90_000, true}}},
			behaviour{id: store.DigestUnlisted, sql: history, phases: []phase{normal, {1003, 20, 2, 90_000, true}}})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := watchDigests(t, tc.world, tc.list...)
			for _, e := range ofKind(f, timeline.MySQLStatementRegression) {
				t.Errorf("false: %s %v", e.Summary, e.Attributes)
			}
		})
	}
}

func TestWhatWasLookedForInDigests(t *testing.T) {
	f := watchDigests(t, world{}, usual()...)
	if !hasLookedFor(f, "statements that are new, slower, or examine more rows than before (looked ") {
		t.Errorf("checks %v", f.Checks)
	}
	full := behaviour{id: store.DigestUnlisted, sql: "(others)", phases: []phase{{-1e6, 1, 0.001, 1, false}}}
	w := digestWorld(world{}, append(usual(), full)...)
	f = findings(t, w.record(0, 600), 60, 600)
	for _, want := range []string{"new ones have no baseline: digests are recorded only since ", "the server's digest table is full: 590 executions"} {
		if !hasLookedFor(f, want) {
			t.Errorf("no %q in %v", want, f.Checks)
		}
	}
}

func hasLookedFor(f timeline.Findings, part string) bool {
	for _, c := range f.Checks {
		if strings.Contains(c.LookedFor, part) {
			return true
		}
	}
	return false
}

// planFact is the plan of a full scan.
func planFact(t *testing.T, statement string) store.Fact {
	t.Helper()
	fact, err := facts.New(facts.KindPlan, facts.Plan{Statement: statement, Session: 9, Asked: "EXPLAIN", Tables: []facts.PlanTable{
		{Table: "c", Access: "eq_ref", Key: "PRIMARY", PossibleKeys: []string{"PRIMARY"}, Rows: 1},
		{Table: "o", Access: "ALL", Rows: 2_100_000, Filesort: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return fact
}

const joined = "SELECT * FROM orders AS o JOIN customers c ON c.id = o.customer WHERE o.note LIKE ? AND o.day IN ( ? )"

func TestPlansAreTold(t *testing.T) {
	const plan = "full scan of orders, about 2,100,000 rows, no possible key, filesort"
	digest := "SELECT * FROM `orders` AS `o` JOIN `customers` `c` ON `c` . `id` = `o` . `customer` WHERE `o` . `note` LIKE ? AND `o` . `day` IN ( ... )"
	w := world{statements: []stmt{{id: 9, sql: joined, from: 1001, to: 1041}}, tweak: func(at float64, tick *store.Tick) {
		if int(math.Round(at)) == 1010 {
			tick.Facts = append(tick.Facts, planFact(t, joined))
		}
	}}
	f := watchDigests(t, w, append(usual(), behaviour{id: "b", sql: digest, first: 1041, phases: []phase{{0, 0, 0, 0, false}, {1034, 0.1, 40, 90_000, true}, {1044, 0, 0, 0, false}}})...)
	for _, kind := range []timeline.Kind{timeline.MySQLStatementRegression, timeline.MySQLLongStatement} {
		e := only(t, f, kind)
		attribute(t, e, "plan", plan)
		if !strings.HasSuffix(e.Summary, "(plan: "+plan+")") {
			t.Errorf("summary %q", e.Summary)
		}
	}
	e := only(t, f, timeline.MySQLStatementRegression)
	if off := e.Start.At.Sub(at(1001)); off.Abs() > 50*time.Millisecond {
		t.Errorf("its one execution began %v off", off)
	}
}

// TestARefusedPlanIsAGap: the configuration asks for plans and the server refuses
// them, which matters only where one is missing.
func TestARefusedPlanIsAGap(t *testing.T) {
	refusal, err := facts.New(facts.KindUnread, facts.Unread{Part: "plans", Number: 1142, Reason: "no privilege SELECT on the tables of a long statement"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		long bool
		want int
	}{"a long statement without its plan": {true, 1}, "nothing ran for long": {false, 0}} {
		t.Run(name, func(t *testing.T) {
			w := world{tweak: func(at float64, tick *store.Tick) {
				if int(math.Round(at)) == 700 {
					tick.Facts = append(tick.Facts, refusal)
				}
			}}
			if tc.long {
				w.statements = []stmt{{id: 9, sql: joined, from: 1001, to: 1041}}
			}
			got := 0
			for _, g := range findings(t, w.record(600, 1500), 900, 1500).Gaps {
				if g.Reason == "could not look for the plans of the statements that ran for long: no privilege SELECT on the tables of a long statement (error 1142)" {
					got++
				}
			}
			if got != tc.want {
				t.Errorf("%d gaps, want %d", got, tc.want)
			}
		})
	}
}

func TestAStatementTakesOverInTheSamples(t *testing.T) {
	var scans []stmt
	for i := range 40 { // two sessions, one after the other
		from := 1003.2 + float64(i/2)*3 + float64(i%2)
		scans = append(scans, stmt{id: uint64(80 + i%2), sql: history, from: from, to: from + 2.9})
	}
	f := findings(t, (&world{mariaDB: true, statements: scans}).record(600, 1500), 900, 1500)
	e := only(t, f, timeline.MySQLStatementRegression)
	attribute(t, e, "rule", "samples")
	attribute(t, e, "sessions", "2")
	brackets(t, "start", e.Start, 1003.2, 10)
	brackets(t, "end", *e.End, 1003.2+60+1, 10)
	if e.Grade != timeline.Derived {
		t.Errorf("grade %v", e.Grade)
	}
	for i := range scans {
		scans[i].state = "Waiting for table metadata lock"
	}
	f = findings(t, (&world{mariaDB: true, statements: scans}).record(600, 1500), 900, 1500)
	if got := ofKind(f, timeline.MySQLStatementRegression); len(got) != 0 {
		t.Errorf("false: %v", summaries(f))
	}
	if f = findings(t, (&world{mariaDB: true, statements: scans[:2]}).record(600, 1500), 900, 1500); len(ofKind(f, timeline.MySQLStatementRegression)) != 0 {
		t.Errorf("false: %v", summaries(f))
	}
}

func TestTableNames(t *testing.T) {
	for _, tc := range []struct{ statement, alias, want string }{
		{"SELECT * FROM `orders` `o` WHERE o.a = ?", "o", "orders"}, {"SELECT * FROM orders AS o", "o", "orders"},
		{"SELECT * FROM orders", "orders", "orders"}, {"SELECT * FROM a x, shop.b y", "y", "shop.b"},
		{"SELECT * FROM a t UNION SELECT * FROM b t", "t", "t"}, {"SELECT * FROM orders", "<derived2>", "<derived2>"},
	} {
		if got := tableName(tc.statement, tc.alias); got != tc.want {
			t.Errorf("%s: %s is %s, want %s", tc.statement, tc.alias, got, tc.want)
		}
	}
}
