package timeline

import (
	"testing"
	"time"
)

// TestOneDeployTwoWitnesses: one saw it from start to end, the other was told, to the
// millisecond, of its end, its start, or of nothing else than that it runs.
func TestOneDeployTwoWitnesses(t *testing.T) {
	const second = time.Second
	whole := func() Event {
		e := episode(Deploy, "shop", 10*second, 50*second)
		e.Start.Latest, e.End.Latest = e.Start.At.Add(second), e.End.At.Add(second)
		e.Key, e.Source, e.Evidence = "shop/2", "deploylog", []string{"deploylog-00000001"}
		e.Attributes = map[string]string{"outcome": "finished"}
		return e
	}
	told := func(at time.Duration) Event {
		e := episode(Deploy, "shop", at, at)
		e.Start = Exactly(e.Start.At)
		end := e.Start
		e.End, e.Key, e.Source, e.Evidence = &end, "shop/2", "pushed", []string{"pushed-00000002"}
		e.Attributes = map[string]string{"outcome": "finished", "start_logged": "no", "url": "u"}
		return e
	}
	for _, tt := range []struct {
		name       string
		at         time.Duration
		start, end time.Duration
	}{
		{"of its end", 50*second + 315*time.Millisecond, 10 * second, 50*second + 315*time.Millisecond},
		{"of its start", 10*second + 200*time.Millisecond, 10*second + 200*time.Millisecond, 50 * second},
		{"of a moment between", 30 * second, 10 * second, 50 * second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, events := range [][]Event{{whole(), told(tt.at)}, {told(tt.at), whole()}} {
				got := build(events...).Events
				if len(got) != 1 {
					t.Fatalf("%d events", len(got))
				}
				e := got[0]
				if !e.Start.At.Equal(at(tt.start)) || !e.End.At.Equal(at(tt.end)) || len(e.Evidence) != 2 {
					t.Errorf("from %s to %s, citing %v", FormatTime(e.Start.At), FormatTime(e.End.At), e.Evidence)
				}
				if e.Attributes["start_logged"] != "" || e.Attributes["url"] != "u" {
					t.Errorf("attributes %v", e.Attributes)
				}
			}
		})
	}
}

// TestWhatOneWitnessAdds: the sharper one tells when, the other one what of.
func TestWhatOneWitnessAdds(t *testing.T) {
	const second = time.Second
	event := func(start time.Duration, summary string) Event {
		e := episode(MySQLSchemaChange, "db1", start, start)
		e.Start = Around(e.Start.At, second)
		end := e.Start
		e.End, e.Key, e.Summary, e.Evidence = &end, "modify_column shop.stock n", summary, []string{"mysql-00000001"}
		return e
	}
	const said = "column n of shop.stock was modified on db1"
	for _, more := range []string{": int became bigint", " by account-cb7f, in 8 s"} {
		for _, events := range [][]Event{{event(10*second, said), event(11*second, said+more)}, {event(10*second, said+more), event(11*second, said)}} {
			got := build(events...).Events
			if len(got) != 1 || got[0].Summary != said+more {
				t.Errorf("%d events, the first: %s", len(got), got[0].Summary)
			}
		}
	}
	got := build(event(10*second, said+" by a person"), event(11*second, said+": int became bigint")).Events
	if len(got) != 1 || got[0].Summary != said+" by a person" {
		t.Errorf("%d events, the first: %s", len(got), got[0].Summary)
	}
}
