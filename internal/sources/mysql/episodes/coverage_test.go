package episodes

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

func TestGaps(t *testing.T) {
	tests := []struct {
		name   string
		world  world
		want   [][2]float64
		reason string
	}{
		{"missing heartbeats", world{off: []duration{{200, 260}}}, [][2]float64{{199, 260}}, "the recorder was not running, or was stuck, for 60 ticks"},
		{"one missing heartbeat is jitter", world{off: []duration{{200, 201}}}, nil, ""},
		{"before the recording", world{off: []duration{{-100, 200}}}, [][2]float64{{60, 200}}, "the recorder was not running, or was stuck, for 139 ticks"},
		{"after the recording", world{off: []duration{{500, 700}}}, [][2]float64{{499, 600}}, "the recorder was not running, or was stuck, for 100 ticks"},
		{"skipped", world{skipped: []duration{{200, 210}}}, [][2]float64{{199, 210}}, "the recorder left out 10 ticks, to spare the server"},
		{"denied", world{denied: []duration{{200, 210}}}, [][2]float64{{199, 210}}, "the server denied the recorder's login for 10 ticks (error 1045)"},
		{"one skipped tick is jitter", world{skipped: []duration{{200, 201}, {203, 204}, {206, 207}}}, nil, ""},
		{"near ones are one", world{skipped: []duration{{200, 202}, {204, 206}}}, [][2]float64{{199, 206}}, "the recorder left out 4 ticks, to spare the server"},
		{"far ones are two", world{skipped: []duration{{200, 203}, {230, 233}}}, [][2]float64{{199, 203}, {229, 233}}, "the recorder left out 3 ticks, to spare the server"},
		{"denied since before the window", world{denied: []duration{{30, 70}}}, [][2]float64{{60, 70}}, "the server denied the recorder's login for 10 ticks (error 1045)"},
		{"the processlist", world{blind: []duration{{200, 210}}}, [][2]float64{{199, 210}}, "the processlist was not sampled for 10 ticks, although the server answered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := watchWorld(t, tt.world)
			if len(f.Gaps) != len(tt.want) {
				t.Fatalf("gaps %v, want %d", f.Gaps, len(tt.want))
			}
			for i, g := range f.Gaps {
				if !g.From.Equal(at(tt.want[i][0])) || !g.To.Equal(at(tt.want[i][1])) {
					t.Errorf("gap from %v to %v, want %v to %v", g.From, g.To, at(tt.want[i][0]), at(tt.want[i][1]))
				}
				if g.Reason != tt.reason {
					t.Errorf("reason %q, want %q", g.Reason, tt.reason)
				}
				if len(g.Evidence) != 1 {
					t.Errorf("cites %v", g.Evidence)
				}
			}
		})
	}
}

func TestChecksSayHowMuchWasObserved(t *testing.T) {
	f := watchWorld(t, world{off: []duration{{200, 226}}}) // 27 of 540 s
	if !hasCheck(f, "restarts in the 95 % of the window that was observed") {
		t.Errorf("checks %v", f.Checks)
	}
	f = watchWorld(t, world{blind: []duration{{200, 226}}})
	if !hasCheck(f, "restarts") || !hasCheck(f, "statements of 10 s or more (longest seen: below 1 s) in the 95 % of the window that was observed") {
		t.Errorf("checks %v: a missing processlist concerns sessions only", f.Checks)
	}
}

func TestAServerWithoutSamples(t *testing.T) {
	f := findings(t, &tape{}, 60, 600)
	if len(f.Gaps) != 1 || len(f.Checks) != 0 || len(f.Events) != 0 || len(f.Evidence) != 1 {
		t.Fatalf("gaps %v, checks %v, want one gap only", f.Gaps, f.Checks)
	}
	g := f.Gaps[0]
	if !strings.HasPrefix(g.Reason, "no heartbeat of db1 is recorded") || !g.From.Equal(at(60)) || !g.To.Equal(at(600)) || g.Evidence[0] != f.Evidence[0].ID {
		t.Errorf("gap %v", g)
	}
}

func TestARecordingThatEndedBeforeTheWindow(t *testing.T) {
	var w world
	f := findings(t, w.record(0, 500), 520, 600)
	if len(f.Gaps) != 1 || len(f.Checks) != 0 {
		t.Errorf("gaps %v, checks %v: want one gap and no check", f.Gaps, f.Checks)
	}
}

func TestOutOfScopeIsNotAsked(t *testing.T) {
	req := request(60, 600)
	req.Scope = timeline.Scope{Targets: []string{"db2"}}
	records, err := Gather(t.Context(), &tape{}, db1, req)
	if err != nil || len(records) != 0 {
		t.Errorf("%v, %v; want nothing", records, err)
	}
}

// brokenReader fails in the middle of one stream.
type brokenReader struct{ *tape }

func (b brokenReader) Sessions(ctx context.Context, target string, w timeline.Window) iter.Seq2[store.SessionsAt, error] {
	return func(yield func(store.SessionsAt, error) bool) {
		n := 0
		for v := range b.tape.Sessions(ctx, target, w) {
			if n++; n > 200 {
				yield(store.SessionsAt{}, errors.New("block 7 is corrupt"))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

func TestABrokenStreamIsAGapAndLosesNothingElse(t *testing.T) {
	w := world{down: []duration{{400.3, 410.2}}, statements: []stmt{{id: 9, sql: report, from: 100.3, to: 130.2}}}
	f := findings(t, brokenReader{w.record(0, 600)}, 60, 600)
	only(t, f, timeline.MySQLDown)
	only(t, f, timeline.MySQLLongStatement)
	found := false
	for _, g := range f.Gaps {
		found = found || g.Reason == "the recorded processlist could not be read: block 7 is corrupt"
	}
	if !found {
		t.Errorf("gaps %v do not tell the broken stream", f.Gaps)
	}
}

func TestAReadThatIsCutShortClaimsNothingAfterwards(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var w world
	req := request(60, 600)
	records, err := Gather(ctx, cuttingReader{w.record(0, 600), cancel}, db1, req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Gaps {
		if strings.Contains(g.Reason, "the recorder was not running") {
			t.Errorf("gap %q blames the recorder", g.Reason)
		}
	}
	for _, c := range f.Checks {
		if !strings.Contains(c.LookedFor, "of the window that was observed") && !strings.Contains(c.LookedFor, "at most 301 s apart") {
			t.Errorf("check %q claims the whole window", c.LookedFor)
		}
	}
}

// cuttingReader cancels the context in the middle of the heartbeats.
type cuttingReader struct {
	*tape
	cancel func()
}

func (c cuttingReader) Heartbeats(ctx context.Context, target string, w timeline.Window) iter.Seq2[store.Heartbeat, error] {
	return func(yield func(store.Heartbeat, error) bool) {
		for v, err := range c.tape.Heartbeats(ctx, target, w) {
			if v.At.Equal(at(300)) {
				c.cancel()
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

func TestACancelledReadIsAGap(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var w world
	req := request(60, 600)
	records, err := Gather(ctx, w.record(0, 600), db1, req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(req.Window, records)
	if err != nil || len(f.Gaps) == 0 {
		t.Errorf("gaps %v, error %v; want a gap", f.Gaps, err)
	}
}

func TestTheIntervalMayChange(t *testing.T) {
	slow := world{interval: 10, statements: []stmt{{id: 9, sql: report, from: 430.6, to: 475.2}}, down: []duration{{520.3, 560.1}}}
	fast := world{statements: []stmt{{id: 8, sql: "b", from: 200.6, to: 232.2}}}
	joined := &tape{append(fast.record(0, 300).ticks, slow.record(300, 600).ticks...)}
	f := findings(t, joined, 60, 600)
	if len(f.Gaps) != 0 {
		t.Errorf("gaps %v, want none", f.Gaps)
	}
	got := ofKind(f, timeline.MySQLLongStatement)
	if len(got) != 2 {
		t.Fatalf("events %v", summaries(f))
	}
	brackets(t, "start", got[1].Start, 430.6, 1)
	brackets(t, "end", *got[1].End, 475.2, 10)
	e := only(t, f, timeline.MySQLDown)
	brackets(t, "start", e.Start, 520.3, 10)
	brackets(t, "end", *e.End, 560.1, 10)
}

func TestCoverageTellsTheRecordersCost(t *testing.T) {
	w := world{tweak: func(s float64, k *store.Tick) {
		if s == 300 {
			k.Heartbeat.Spent = 700 * time.Millisecond
		}
	}}
	f := findings(t, w.record(0, 600), 60, 600)
	for _, e := range f.Evidence {
		if strings.Contains(e.Body, kindCoverage) {
			for _, want := range []string{`"seen":540`, `"queries":2160`, `"worst_spent_ms":701`, `"worst_at":"2026-03-01T09:05:00.417Z"`} {
				if !strings.Contains(e.Body, want) {
					t.Errorf("coverage lacks %s: %s", want, e.Body)
				}
			}
		}
	}
	want := "recording db1 took 2160 queries in 540 ticks, 2856 ms of waiting for answers in all, at most 701 ms in one tick"
	if len(f.Remarks) != 1 || f.Remarks[0].Text != want || len(f.Remarks[0].Evidence) != 1 {
		t.Errorf("remarks %+v, want %q", f.Remarks, want)
	}
}
