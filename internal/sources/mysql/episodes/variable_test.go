package episodes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// factAt puts a fact into the tick of a second.
func factAt(second float64, kind string, body func(tick *store.Tick) any) func(float64, *store.Tick) {
	return func(t float64, tick *store.Tick) {
		if t != second {
			return
		}
		f, err := facts.New(kind, body(tick))
		if err != nil {
			panic(err)
		}
		tick.Facts = append(tick.Facts, f)
	}
}

// looking makes every tick look at some parts, and applies the rest.
func looking(parts store.Parts, more ...func(float64, *store.Tick)) func(float64, *store.Tick) {
	return func(t float64, tick *store.Tick) {
		if tick.Heartbeat.Outcome == store.Answered {
			tick.Heartbeat.Looked |= parts
		}
		for _, f := range more {
			f(t, tick)
		}
	}
}

// variablesAt is a look at the variables of server A.
func variablesAt(second float64, look facts.Variables) func(float64, *store.Tick) {
	return factAt(second, facts.KindVariables, func(*store.Tick) any {
		if look.Server == "" {
			look.Server = "A"
		}
		if look.Changes != nil && look.Since == nil {
			since := at(second - 1)
			look.Since = &since
		}
		return look
	})
}

func TestVariableChange(t *testing.T) {
	set := func(seconds float64) *time.Time { t := at(seconds); return &t }
	all := map[string]string{"innodb_flush_log_at_trx_commit": "1", "sql_mode": "A,B,C"}
	one := func(c facts.VariableChange) func(float64, *store.Tick) {
		return looking(store.PartVariables, variablesAt(0, facts.Variables{All: all}), variablesAt(200, facts.Variables{Changes: []facts.VariableChange{c}}))
	}
	flush := facts.VariableChange{Name: "innodb_flush_log_at_trx_commit", From: "1", To: "2", Origin: "SQL"}
	tests := []struct {
		name     string
		world    world
		summary  string
		truth    float64
		grade    timeline.Grade
		account  bool
		restart  string
		stopped  string
		interval float64
	}{
		{name: "seen between two looks", world: world{mariaDB: true, tweak: one(flush)}, truth: 199.6, grade: timeline.Measured,
			summary: "innodb_flush_log_at_trx_commit was changed from 1 to 2", interval: 1},
		{name: "the server knows when and who", truth: 199.25, grade: timeline.Logged, account: true, interval: 0.02,
			world:   world{offset: 3.5, tweak: one(facts.VariableChange{Name: flush.Name, From: "1", To: "2", Origin: "DYNAMIC", SetAt: set(202.75), SetBy: "root"})},
			summary: "innodb_flush_log_at_trx_commit was changed from 1 to 2 by account-4813"},
		{name: "sessions have it too", truth: 199.1, grade: timeline.Measured, interval: 1,
			world:   world{tweak: one(facts.VariableChange{Name: flush.Name, From: "1", To: "2", Origin: "DYNAMIC", SetAt: set(199.25), SetBy: "root", Shared: true})},
			summary: "innodb_flush_log_at_trx_commit was changed from 1 to 2"},
		{name: "the time is of another setting", truth: 199.6, grade: timeline.Measured, interval: 1,
			world:   world{tweak: one(facts.VariableChange{Name: flush.Name, From: "1", To: "2", Origin: "PERSISTED", SetAt: set(-5000), SetBy: "root"})},
			summary: "innodb_flush_log_at_trx_commit was changed from 1 to 2"},
		{name: "a value that is not recorded", truth: 199.6, grade: timeline.Measured, interval: 1,
			world:   world{tweak: one(facts.VariableChange{Name: "init_connect", From: facts.Hidden, To: facts.Hidden})},
			summary: "init_connect was changed (its value is not recorded)"},
		{name: "a part of a long list", truth: 199.6, grade: timeline.Measured, interval: 1,
			world: world{tweak: one(facts.VariableChange{Name: "optimizer_switch", From: strings.Repeat("a=on,", 20) + "mrr=on", To: strings.Repeat("a=on,", 20) + "mrr=off"})},

			summary: "optimizer_switch was changed from … mrr=on to … mrr=off"},
		{name: "another configuration file", truth: 197, grade: timeline.Measured, restart: "true", interval: 5,
			world: world{mariaDB: true, boots: []float64{-7200.3, 196.9}, down: []duration{{193.5, 197}}, tweak: looking(store.PartVariables,
				variablesAt(0, facts.Variables{All: all}), variablesAt(197, facts.Variables{Since: set(193), Changes: []facts.VariableChange{flush}}))},
			summary: "innodb_flush_log_at_trx_commit was changed from 1 to 2, with the restart"},
		{name: "while the recorder was stopped", truth: 170, grade: timeline.Measured, stopped: "true", interval: 60,
			world: world{off: []duration{{150, 200}}, tweak: looking(store.PartVariables, variablesAt(0, facts.Variables{All: all}),
				variablesAt(200, facts.Variables{All: map[string]string{"innodb_flush_log_at_trx_commit": "1", "sql_mode": "A,C"}}))},
			summary: "sql_mode was changed from A,B,C to A,C"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := only(t, watchWorld(t, tt.world), timeline.MySQLVariableChange)
			if e.Summary != tt.summary {
				t.Errorf("summary %q, want %q", e.Summary, tt.summary)
			}
			brackets(t, "the change", e.Start, tt.truth, tt.interval)
			if e.Grade != tt.grade || (e.Attributes["account"] != "") != tt.account {
				t.Errorf("grade %s, account %q", e.Grade, e.Attributes["account"])
			}
			attribute(t, e, "after_restart", tt.restart)
			attribute(t, e, "while_not_recorded", tt.stopped)
		})
	}
}

func TestManyVariablesAreFolded(t *testing.T) {
	var changes []facts.VariableChange
	for i := range 31 {
		origin := "CONFIG"
		if i < 11 {
			origin = "AUTO"
		}
		changes = append(changes, facts.VariableChange{Name: fmt.Sprintf("v%02d", i), From: "1", To: "2", Origin: origin})
	}
	f := watchWorld(t, world{tweak: looking(store.PartVariables, variablesAt(200, facts.Variables{Changes: changes}))})
	all := ofKind(f, timeline.MySQLVariableChange)
	if len(all) != variablesTold+1 {
		t.Fatalf("%d events, want %d", len(all), variablesTold+1)
	}
	found := ""
	for _, e := range all {
		if e.Attributes["origin"] == "auto" {
			t.Errorf("%s has its own event before what somebody set", e.Attributes["variable"])
		}
		found += e.Attributes["variables"]
	}
	if found != "v00, v01, v02, v03, v04, v05, v06, v07, v08, v09, v10" {
		t.Errorf("folded: %q", found)
	}
}

func TestVariablesAreQuiet(t *testing.T) {
	all := map[string]string{"a": "1"}
	for name, world := range map[string]world{
		"hourly snapshots": {tweak: looking(store.PartVariables, variablesAt(0, facts.Variables{All: all}), variablesAt(300, facts.Variables{All: all}))},
		"another version":  {tweak: looking(store.PartVariables, variablesAt(0, facts.Variables{All: all}), variablesAt(300, facts.Variables{All: map[string]string{"b": "2"}}))},
		"another server": {tweak: looking(store.PartVariables, variablesAt(0, facts.Variables{All: all}),
			variablesAt(300, facts.Variables{Server: "B", All: map[string]string{"a": "2"}}))},
	} {
		t.Run(name, func(t *testing.T) {
			f := watchWorld(t, world)
			if len(f.Events) != 0 || !hasCheck(f, "changed global variables (looked 540 times, at most 1 s apart)") {
				t.Errorf("events %v, checks %v", summaries(f), f.Checks)
			}
		})
	}
}
