package mysql

import (
	"testing"
	"time"

	"collector/internal/store"
	"collector/lab/servers"
)

// TestHurriedDue: how soon a part is due again during an incident, by what it took.
func TestHurriedDue(t *testing.T) {
	end := time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		hurried time.Duration
		took    time.Duration
		want    time.Duration // from the beginning of the reading to the tick of the next
	}{
		{"cheap", hurriedDigests, time.Millisecond, 2 * time.Second},
		{"a hundredth of the time", hurriedDigests, 40 * time.Millisecond, 4 * time.Second},
		{"a server in trouble is not asked more often", hurriedDigests, 150 * time.Millisecond, 10 * time.Second},
		{"rests as ever", hurriedDigests, 3 * time.Second, 15*time.Second + earlyTurn},
		{"a part that does not hurry", 0, time.Millisecond, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &pace{part: &part{every: digestsEvery}, hurried: tt.hurried}
			p.due = end.Add(max(min(restFactor*tt.took, maxRest), p.every-tt.took-earlyTurn))
			p.asked(end, tt.took)
			if got := p.soon.Sub(end.Add(-tt.took)) + earlyTurn; got != tt.want {
				t.Errorf("due after %v, want %v", got, tt.want)
			}
			if p.soon.After(p.due) {
				t.Errorf("an incident makes it later: %v, not %v", p.soon, p.due)
			}
			if p.ready(end, true) || !p.ready(p.soon, true) || p.ready(p.due.Add(-time.Millisecond), false) {
				t.Error("it is ready too early, or too late")
			}
		})
	}
}

// TestPlansHurry: during an incident a plan is taken of what runs for a second, and
// again after two minutes.
func TestPlansHurry(t *testing.T) {
	c := Config{}
	c.SetDefaults()
	p := newPlanReader(c)
	usual := p.after
	now := time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)
	running := []store.Session{{ID: 7, Command: "Query", SQL: "SELECT * FROM orders", Elapsed: 1500 * time.Millisecond}}
	taken := func() bool { return p.due(MySQL, running, now) != nil }
	if taken() {
		t.Error("taken after 1.5 s without an incident")
	}
	p.planPace(true, usual, now)
	if !taken() {
		t.Error("not taken after 1.5 s during an incident")
	}
	p.taken[running[0].SQL] = now.Add(-time.Minute)
	if p.planPace(true, usual, now); taken() {
		t.Error("taken again after a minute of an incident")
	}
	p.taken[running[0].SQL] = now.Add(-3 * time.Minute)
	p.planPace(true, usual, now)
	if !taken() {
		t.Error("not taken again after three minutes of an incident")
	}
	p.taken[running[0].SQL] = now.Add(-3 * time.Minute)
	p.planPace(false, usual, now)
	running[0].Elapsed = time.Minute
	if taken() {
		t.Error("taken again after three minutes without an incident")
	}
}

// TestRealTempo: the digests of a real server are read more often while an incident
// is open, and then as ever.
func TestRealTempo(t *testing.T) {
	t.Parallel()
	onBothWithDigests(t, func(t *testing.T, db *servers.DB) {
		w, r, _ := startRecorder(t, configFor(t, db))
		read := func(tick store.Tick) bool { return tick.Heartbeat.Looked.Has(store.PartDigests) }
		before := w.await(t, "the digests", time.Time{}, read).Heartbeat.At
		r.Incident(true)
		// How soon it reads again depends on what a reading costs on this machine.
		soon := w.await(t, "two readings that are close to each other", before, func(tick store.Tick) bool {
			if !read(tick) {
				return false
			}
			apart := tick.Heartbeat.At.Sub(before)
			before = tick.Heartbeat.At
			return apart > 0 && apart < digestsEvery/2
		}).Heartbeat.At
		r.Incident(false)
		last := w.await(t, "a reading after the incident", soon, read).Heartbeat.At
		if apart := w.await(t, "the next one", last, read).Heartbeat.At.Sub(last); apart < digestsEvery-time.Second {
			t.Errorf("%v apart after the incident", apart)
		}
	})
}
