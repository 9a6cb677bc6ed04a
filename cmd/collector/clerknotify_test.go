package main

import (
	"io"
	"slices"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
)

// TestToldDrafted: who is told of which draft. A final one that is made again only for
// the snapshots that Grafana still owes is told when they are there.
func TestToldDrafted(t *testing.T) {
	c, err := config.Parse("test.yaml", []byte("mysql: [{name: db1, address: 'db1:3306', user: c}]\n"+
		"notify: [{name: chat, url: 'http://127.0.0.1:1', on: [drafted, final, closed]}, {name: log, url: 'http://127.0.0.1:2', on: [refreshed]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDaemon(c, nil, newLog(io.Discard))
	p, err := d.prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	d.adopt(p)
	clerk := &clerk{daemon: d, app: app{now: time.Now}}
	now := time.Now()
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	rules := incident.DefaultConfig()
	closed := incident.Derive(incident.Ledger{Episodes: []incident.Episode{{
		Fingerprint: "a", StartsAt: ago(60), First: incident.Words{Labels: map[string]string{"alertname": "Slow"}},
		Received: ago(60), Repeated: ago(50), FiredAt: ago(60), ResolvedAt: ago(50), EndsAt: ago(50),
	}}}, &rules, now)[0]
	was := incident.Draft{Final: true, Version: closed.Version(), Last: now, SnapshotPending: true}
	asked, older := was, was
	asked.Asked, older.Version = now.Add(time.Second), "another"
	for name, tt := range map[string]struct {
		step    incident.Step
		was     incident.Draft
		pending bool
		want    []string
	}{
		"the first one":                  {incident.FirstDraft, incident.Draft{}, false, []string{"chat drafted"}},
		"refreshed":                      {incident.RefreshDraft, incident.Draft{}, false, []string{"log refreshed"}},
		"the final one":                  {incident.FinalDraft, incident.Draft{}, false, []string{"chat final", "chat closed"}},
		"the final one, owing snapshots": {incident.FinalDraft, incident.Draft{}, true, []string{"chat final", "chat closed"}},
		"still owing them":               {incident.FinalDraft, was, true, nil},
		"they are there":                 {incident.FinalDraft, was, false, []string{"chat final", "chat closed"}},
		"somebody has asked for it":      {incident.FinalDraft, asked, true, []string{"chat final", "chat closed"}},
		"the incident has changed since": {incident.FinalDraft, older, true, []string{"chat final", "chat closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			i := closed
			i.Draft = tt.was
			var got []string
			for _, n := range clerk.toldDrafted(d.log, incident.Work{Incident: i, Step: tt.step}, drafted{dir: "/out/1", title: "slow"}, tt.pending) {
				got = append(got, n.Notifier+" "+n.Kind)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("told are %v, want %v", got, tt.want)
			}
		})
	}
}
