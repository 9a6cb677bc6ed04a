package timeline

import (
	"slices"
	"testing"
	"time"
)

func alertAt(start, end time.Duration) Event {
	e := episode(Alert, "shop", start, end)
	e.Attributes = map[string]string{"alertname": "ShopErrors", "pending_at": FormatTime(at(start - time.Minute))}
	return e
}

func keyed(e Event, key string) Event {
	e.Key = key
	return e
}

func deployAt(start, end time.Duration, outcome string) Event {
	e := episode(Deploy, "shop", start, end)
	e.Key = outcome
	e.Attributes = map[string]string{"outcome": outcome}
	return e
}

func columnAdded(target string, start, end time.Duration, replicatedFrom string) Event {
	e := episode(MySQLSchemaChange, target, start, end)
	e.Attributes = map[string]string{"operation": "add_column", "schema": "shop", "table": "orders", "column": "gift", "replicated_from": replicatedFrom}
	return e
}

func TestPhases(t *testing.T) {
	const m = time.Minute
	type want struct {
		at   time.Duration
		rule string
	}
	tests := []struct {
		name                                            string
		events                                          []Event
		onset, detected, mitigated, recovered, resolved *want
	}{
		{
			name: "nothing happened",
		},
		{
			name:   "actions alone are no incident",
			events: []Event{deployAt(m, 2*m, "finished"), deployAt(3*m, 4*m, "failed")},
		},
		{
			name: "the whole story",
			events: []Event{
				deployAt(5*m, 6*m, "finished"), episode(Signal, "shop", 6*m, 20*m), alertAt(8*m, 22*m),
				deployAt(15*m, 19*m, "finished"), deployAt(16*m, 17*m, "failed"),
			},
			onset: &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			mitigated: &want{19 * m, RuleLastActionBeforeRecovery},
			recovered: &want{20 * m, RuleLastHarmEnded}, resolved: &want{22 * m, RuleLastAlertResolved},
		},
		{
			name: "what was under way at the onset is no answer to it",
			events: []Event{
				deployAt(5*m, 10*m, "finished"), episode(Signal, "shop", 6*m, 20*m), alertAt(8*m, 22*m),
			},
			onset: &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{20 * m, RuleLastHarmEnded}, resolved: &want{22 * m, RuleLastAlertResolved},
		},
		{
			name: "what a replica repeats is nobody's deed",
			events: []Event{
				episode(Signal, "shop", 6*m, 20*m), columnAdded("db1", 7*m, 15*m, ""), columnAdded("db2", 15*m, 19*m, "server ID 1"),
			},
			onset:     &want{6 * m, RuleFirstHarmUnalerted},
			mitigated: &want{15 * m, RuleLastActionBeforeRecovery}, recovered: &want{20 * m, RuleLastHarmEnded},
		},
		{
			name:   "unless nobody saw the deed itself",
			events: []Event{episode(Signal, "shop", 6*m, 20*m), columnAdded("db2", 15*m, 19*m, "server ID 1")},
			onset:  &want{6 * m, RuleFirstHarmUnalerted}, mitigated: &want{19 * m, RuleLastActionBeforeRecovery}, recovered: &want{20 * m, RuleLastHarmEnded},
		},
		{
			name:   "still going on",
			events: []Event{episode(MySQLDown, "db1", 6*m, goesOn), alertAt(8*m, goesOn), deployAt(9*m, 10*m, "finished")},
			onset:  &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
		},
		{
			name:   "an alert without measured harm began when it became pending",
			events: []Event{alertAt(8*m, 9*m)},
			onset:  &want{7 * m, RuleAlertPending}, detected: &want{8 * m, RuleFirstAlert}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name:   "no alert: critical harm before earlier warnings",
			events: []Event{episode(Signal, "shop", 6*m, 7*m), episode(MySQLDown, "db1", 20*m, 21*m)},
			onset:  &want{20 * m, RuleFirstHarmUnalerted}, recovered: &want{21 * m, RuleLastHarmEnded},
		},
		{
			name:   "harm long before the alert is another story",
			events: []Event{episode(Signal, "shop", m, 2*m), episode(Signal, "db1", 30*m, 40*m), alertAt(31*m, 41*m)},
			onset:  &want{30 * m, RuleFirstHarm}, detected: &want{31 * m, RuleFirstAlert},
			recovered: &want{40 * m, RuleLastHarmEnded}, resolved: &want{41 * m, RuleLastAlertResolved},
		},
		{
			name: "harm that leads to the alert step by step",
			events: []Event{
				episode(MySQLLockWait, "db1", 20*m, 28*m), episode(Signal, "shop", 27*m, 40*m), alertAt(31*m, 41*m),
			},
			onset: &want{20 * m, RuleFirstHarm}, detected: &want{31 * m, RuleFirstAlert},
			recovered: &want{40 * m, RuleLastHarmEnded}, resolved: &want{41 * m, RuleLastAlertResolved},
		},
		{
			name:   "a failed scrape is no onset beside real harm",
			events: []Event{episode(ScrapeDown, "db2", 5*m, 6*m), episode(Signal, "shop", 6*m, 9*m), alertAt(8*m, 9*m), episode(ScrapeDown, "db1", 9*m, 20*m)},
			onset:  &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name: "an open transaction is no onset beside those who wait for it",
			events: []Event{
				episode(MySQLLongTransaction, "db1", 4*m, 20*m), episode(MySQLMetadataLockWait, "db1", 6*m, 9*m), alertAt(8*m, 9*m),
			},
			onset: &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name:   "an open transaction is the onset where it is all that was seen",
			events: []Event{episode(MySQLLongTransaction, "db1", 4*m, 9*m), alertAt(8*m, 9*m)},
			onset:  &want{4 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name:   "a failed scrape is the onset where it is all that was seen",
			events: []Event{episode(ScrapeDown, "db2", 5*m, 9*m), alertAt(8*m, 9*m)},
			onset:  &want{5 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name:   "harm that was there before the window does not start it",
			events: []Event{episode(MySQLReplicationLag, "db2", -30*m, goesOn), episode(Signal, "shop", 6*m, 9*m), alertAt(8*m, 9*m)},
			onset:  &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{9 * m, RuleLastAlertResolved},
		},
		{
			name: "an alert that fires for days neither detects nor resolves",
			events: []Event{
				keyed(alertAt(-48*time.Hour, goesOn), "chronic"), episode(Signal, "shop", 6*m, 9*m), alertAt(8*m, 10*m),
			},
			onset: &want{6 * m, RuleFirstHarm}, detected: &want{8 * m, RuleFirstAlert},
			recovered: &want{9 * m, RuleLastHarmEnded}, resolved: &want{10 * m, RuleLastAlertResolved},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := build(tt.events...).Phases
			for _, c := range []struct {
				name string
				got  *Phase
				want *want
			}{
				{"onset", p.Onset, tt.onset}, {"detected", p.Detected, tt.detected}, {"mitigated", p.Mitigated, tt.mitigated},
				{"recovered", p.Recovered, tt.recovered}, {"resolved", p.Resolved, tt.resolved},
			} {
				switch {
				case c.got == nil && c.want == nil:
				case c.got == nil:
					t.Errorf("%s not found, want %v by %q", c.name, c.want.at, c.want.rule)
				case c.want == nil:
					t.Errorf("%s at %v by %q, want none", c.name, c.got.At, c.got.Rule)
				case !c.got.At.Equal(at(c.want.at)) || c.got.Rule != c.want.rule:
					t.Errorf("%s at %v by %q, want %v by %q", c.name, c.got.At, c.got.Rule, at(c.want.at), c.want.rule)
				case c.got.Event == "":
					t.Errorf("%s names no event", c.name)
				}
			}
		})
	}
}

// TestOnsetNamesTheForemost: what cannot be told apart in time is told by what it
// is. A primary that died comes before the replicas that lost it, and before a
// metric whose wide error reaches further back.
func TestOnsetNamesTheForemost(t *testing.T) {
	around := func(e Event, seconds time.Duration) Event {
		e.Start = Around(e.Start.At, seconds*time.Second)
		return e
	}
	tl := build(
		around(episode(Signal, "shop", 59*time.Second, 2*time.Minute), 3),
		around(episode(MySQLReplicationStopped, "db2", time.Minute, 2*time.Minute), 1),
		around(episode(MySQLDown, "db1", time.Minute, 2*time.Minute), 1),
		alertAt(90*time.Second, 3*time.Minute),
	)
	for _, e := range tl.Events {
		if e.ID == tl.Phases.Onset.Event && e.Kind != MySQLDown {
			t.Errorf("the onset is %s of %s", e.Kind, e.Target)
		}
	}
	if !tl.Phases.Onset.At.Equal(at(time.Minute)) {
		t.Errorf("onset at %v", tl.Phases.Onset.At)
	}
}

// TestOnsetHadCertainlyBegun: of harm that is equally grave and cannot be told apart
// in time, the onset is what had certainly begun first, not what the widest error
// puts first; with an alert and without.
func TestOnsetHadCertainlyBegun(t *testing.T) {
	vague := episode(Signal, "db2", 59*time.Second, 2*time.Minute)
	vague.Start = Instant{at(59 * time.Second), at(55 * time.Second), at(65 * time.Second)}
	sharp := episode(MySQLLongStatement, "db1", time.Minute, 2*time.Minute)
	sharp.Start = Around(at(time.Minute), time.Second)
	for name, events := range map[string][]Event{
		"with an alert": {vague, sharp, alertAt(90*time.Second, 3*time.Minute)}, "without": {vague, sharp},
	} {
		tl := build(events...)
		i := slices.IndexFunc(tl.Events, func(e Event) bool { return e.ID == tl.Phases.Onset.Event })
		if i < 0 || tl.Events[i].Kind != MySQLLongStatement {
			t.Errorf("%s: the onset is %+v of %v", name, tl.Phases.Onset, tl.Events)
		}
	}
}
