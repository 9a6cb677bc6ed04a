package episodes

import (
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

func TestOutages(t *testing.T) {
	tests := []struct {
		name      string
		world     world
		want      [][2]float64 // true start and end of each
		cause     string
		restarted string
		gaps      int
	}{
		{"a crash with a restart", world{down: []duration{{200.3, 215.6}}, boots: []float64{-100, 213.2}}, [][2]float64{{200.3, 215.6}}, "unreachable", "true", 0},
		{"a network outage", world{down: []duration{{200.3, 215.6}}}, [][2]float64{{200.3, 215.6}}, "unreachable", "false", 0},
		{"one failed tick is a gap", world{down: []duration{{200.3, 201.2}}}, nil, "", "", 1},
		{"one failed tick and a restart", world{down: []duration{{200.3, 201.2}}, boots: []float64{-100, 200.5}}, [][2]float64{{200.3, 201.2}}, "unreachable", "true", 0},
		{"three timeouts are a slow server", world{hung: []duration{{200.3, 203.2}}}, nil, "", "", 1},
		{"a server that hangs", world{hung: []duration{{200.3, 209.2}}}, [][2]float64{{200.3, 209.2}}, "timed out", "false", 1},
		{"refused logins are no outage", world{refused: []duration{{200.3, 209.2}}}, nil, "", "", 1},
		{"denied logins are no outage", world{denied: []duration{{200.3, 209.2}}}, nil, "", "", 1},
		{"back-off inside an outage", world{down: []duration{{200.3, 260.4}}, skipped: []duration{{210, 220}, {230, 240}}}, [][2]float64{{200.3, 260.4}}, "unreachable", "false", 0},
		{"two outages", world{down: []duration{{200.3, 215.6}, {220.2, 233.9}}}, [][2]float64{{200.3, 215.6}, {220.2, 233.9}}, "unreachable", "false", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := watchWorld(t, tt.world)
			got := ofKind(f, timeline.MySQLDown)
			if len(got) != len(tt.want) {
				t.Fatalf("%d outages, want %d: %v", len(got), len(tt.want), summaries(f))
			}
			for i, e := range got {
				brackets(t, "start", e.Start, tt.want[i][0], 1)
				brackets(t, "end", *e.End, tt.want[i][1], 1)
				attribute(t, e, "cause", tt.cause)
				attribute(t, e, "restarted", tt.restarted)
			}
			if len(f.Gaps) != tt.gaps {
				t.Errorf("gaps %v, want %d", f.Gaps, tt.gaps)
			}
		})
	}
}

func TestAFlapOfOneTickIsOneOutage(t *testing.T) {
	e := only(t, watchWorld(t, world{down: []duration{{200.3, 210.5}, {211.5, 220.6}}}), timeline.MySQLDown)
	attribute(t, e, "flaps", "2")
	brackets(t, "start", e.Start, 200.3, 1)
	brackets(t, "end", *e.End, 220.6, 1)
}

func TestAnOutageThatGoesOn(t *testing.T) {
	e := only(t, watchWorld(t, world{down: []duration{{500, 700}}}), timeline.MySQLDown)
	if e.End != nil {
		t.Errorf("ends at %v, want no end", e.End)
	}
}

func TestAnOutageFromLongBeforeTheWindow(t *testing.T) {
	w := world{down: []duration{{100.2, 3650.5}}}
	e := only(t, findings(t, w.record(0, 4000), 3600, 4000), timeline.MySQLDown)
	brackets(t, "start", e.Start, 100.2, 1)
	brackets(t, "end", *e.End, 3650.5, 1)
}

func TestAnOutageWithoutAnyEarlierSample(t *testing.T) {
	w := world{down: []duration{{-5, 100.5}}}
	e := only(t, findings(t, w.record(0, 600), 0, 600), timeline.MySQLDown)
	if e.Attributes["began_before"] == "" || !e.Start.Earliest.Before(at(-3600)) {
		t.Errorf("start %v, attributes %v: want one that may have begun long before", e.Start, e.Attributes)
	}
}

func TestAHoleInsideAnOutageIsSaid(t *testing.T) {
	f := watchWorld(t, world{down: []duration{{200.3, 300.6}}, off: []duration{{220, 260}}})
	e := only(t, f, timeline.MySQLDown)
	if e.Attributes["unobserved_seconds"] == "" {
		t.Errorf("attributes %v do not tell the hole", e.Attributes)
	}
	if len(f.Gaps) != 1 {
		t.Errorf("gaps %v, want one", f.Gaps)
	}
}

func TestShutdownErrorIsDown(t *testing.T) {
	e := only(t, watchWorld(t, world{denied: []duration{{200.3, 205.5}}, tweak: func(_ float64, k *store.Tick) {
		if k.Heartbeat.Outcome == store.Denied {
			k.Heartbeat.ErrorNumber = 1053
		}
	}}), timeline.MySQLDown)
	attribute(t, e, "error_code", "1053")
}

func TestRestarts(t *testing.T) {
	tests := []struct {
		name  string
		world world
		want  float64
	}{
		{"after an outage", world{down: []duration{{200.3, 215.6}}, boots: []float64{-100, 213.2}}, 213.2},
		{"between two ticks", world{boots: []float64{-100, 200.4}}, 200.4},
		{"of a server that was young", world{boots: []float64{55, 70.4}, down: []duration{{65, 71}}}, 70.4},
		{"with a clock ahead", world{down: []duration{{200.3, 215.6}}, boots: []float64{-100, 213.2}, offset: 3605.3}, 213.2},
		{"with a clock behind, drifting", world{down: []duration{{200.3, 215.6}}, boots: []float64{-100, 213.2}, offset: -33.7, drift: 0.0003}, 213.2},
		{"within a hole", world{boots: []float64{-100, 213.2}, off: []duration{{205, 230}}}, 213.2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := only(t, watchWorld(t, tt.world), timeline.MySQLRestart)
			brackets(t, "start", e.Start, tt.want, 1)
			if e.End == nil || !e.End.At.Equal(e.Start.At) {
				t.Errorf("end %v, want the start: a restart is an instant", e.End)
			}
			attribute(t, e, "version", "9.7.4")
		})
	}
}

func TestASetBackClockIsNoRestart(t *testing.T) {
	f := watchWorld(t, world{boots: []float64{-100}, tweak: func(s float64, k *store.Tick) {
		if s > 200 {
			k.Heartbeat.ClockOffset -= 90 * time.Second
			k.Heartbeat.UptimeSec -= 90
		}
	}})
	if len(f.Events) != 0 {
		t.Errorf("events %v, want none", summaries(f))
	}
}

func TestRoleChanges(t *testing.T) {
	f := watchWorld(t, world{readOnly: []duration{{200.5, 300.2}, {400.5, 401.3}}})
	got := ofKind(f, timeline.MySQLRoleChange)
	want := []float64{200.5, 300.2, 400.5, 401.3}
	if len(got) != len(want) {
		t.Fatalf("%v, want %d changes", summaries(f), len(want))
	}
	for i, e := range got {
		brackets(t, "start", e.Start, want[i], 1)
	}
	attribute(t, got[0], "to", "read-only")
	attribute(t, got[1], "to", "writable")
	// Build must not merge a flip with the flip back.
	built := timeline.Build(request(60, 600).Window, timeline.Scope{}, f)
	if len(built.Events) != 4 {
		t.Errorf("%d events after Build, want 4", len(built.Events))
	}
}
