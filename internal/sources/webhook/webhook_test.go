package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

var at, window = sourcetest.Minutes, sourcetest.FirstHour()

// told is an alert from one minute to another, 0 for one that fires.
func told(start, end float64) Told {
	t := Told{
		Fingerprint: "3fa9c1d2e4b5a697", StartsAt: at(start), From: at(start), Received: at(start + 0.5), Repeated: at(start + 0.5), Group: "collector {}",
		Labels:      map[string]string{"alertname": "ReplicaLag", "severity": "page", "cluster": "shop", "instance": "db2:9104"},
		Annotations: map[string]string{"summary": "db2 is 95 s behind.", "description": "not kept"},
	}
	if end > 0 {
		t.EndsAt, t.Ended, t.Repeated = at(end), Resolved, at(end+0.5)
	}
	return t
}

func source(all ...Told) *Source {
	return New(Options{
		Targets:       sources.Targets{{Name: "db2", Cluster: "shop", Labels: map[string]string{"instance": "db2:9104"}}},
		ClusterLabels: []string{"cluster"},
		Read: func(_ context.Context, w timeline.Window) (in []Told, err error) {
			for _, t := range all {
				if t.From.Before(w.To) && (t.Ended == "" || !t.EndsAt.Before(w.From)) {
					in = append(in, t)
				}
			}
			return in, nil
		},
	})
}

func failing(read Read) func(*testing.T) sources.Source {
	return func(*testing.T) sources.Source { return New(Options{Read: read}) }
}

const alice = "alice.from.accounting"

func TestConformance(t *testing.T) {
	named := told(10, 20)
	named.Labels["user"] = alice
	named.Annotations["summary"] = alice + " is slow, ask " + alice + "@example.com"
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(*testing.T) sources.Source { return source(named, told(30, 0)) },
		Interpret: Interpret, Window: window, Secrets: []string{alice},
		Idle: timeline.Window{From: at(-60), To: at(-30)},
		Hanging: failing(func(ctx context.Context, _ timeline.Window) ([]Told, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}),
		Broken: map[string]func(*testing.T) sources.Source{
			"the book cannot be read": failing(func(context.Context, timeline.Window) ([]Told, error) { return nil, errors.New("disk I/O error") }),
		},
	})
}

// TestNothingWasEverReceived: who has not set the webhook up hears nothing of it.
func TestNothingWasEverReceived(t *testing.T) {
	s := New(Options{Read: func(context.Context, timeline.Window) ([]Told, error) { return nil, ErrNever }})
	records, err := s.Gather(t.Context(), sources.Request{Window: window, Now: time.Now, Notify: func(string) {}})
	if err != nil || len(records) > 0 {
		t.Errorf("%d records, %v", len(records), err)
	}
	if lines := s.Check(t.Context()); len(lines) != 1 || lines[0].Level != sources.OK {
		t.Errorf("the check says %+v", lines)
	}
}

// found is what a draft finds.
func found(t *testing.T, scope timeline.Scope, all ...Told) timeline.Findings {
	t.Helper()
	req := sourcetest.Request(window)
	req.Scope = scope
	return sourcetest.Ask(t, source(all...), Interpret, req)
}

func instant(i *timeline.Instant) string {
	if i == nil {
		return "open"
	}
	return fmt.Sprintf("%s [%s, %s]", i.At.Format("15:04:05"), i.Earliest.Format("15:04:05"), i.Latest.Format("15:04:05"))
}

func TestTimes(t *testing.T) {
	with := func(t Told, change func(*Told)) Told { change(&t); return t }
	tests := []struct {
		name       string
		told       []Told
		start, end string
		summary    string
	}{
		{"resolved", []Told{told(10, 20)}, "09:10:00 [09:09:55, 09:10:05]", "09:20:00 [09:19:55, 09:20:05]", "alert ReplicaLag fired: db2 is 95 s behind"},
		{"fires", []Told{told(10, 0)}, "09:10:00 [09:09:55, 09:10:05]", "open", "alert ReplicaLag fired: db2 is 95 s behind"},
		{"resolved after the window", []Told{told(10, 70)}, "09:10:00 [09:09:55, 09:10:05]", "open", "alert ReplicaLag fired: db2 is 95 s behind"},
		{"received at once", []Told{with(told(10, 0), func(x *Told) { x.Received = at(10) })}, "09:10:00 [09:09:55, 09:10:00]", "open", ""},
		{"a clock ahead", []Told{with(told(10, 0), func(x *Told) { x.From, x.Received = at(9), at(9) })}, "09:09:00 [09:08:00, 09:09:00]", "open", ""},
		{"firing for weeks when it was first told", []Told{with(told(-1, 0), func(x *Told) { x.From, x.Received = at(9), at(9) })}, "09:09:00 [08:59:00, 09:09:00]", "open", ""},
		{"no resolve was received", []Told{with(told(10, 20), func(x *Told) { x.Ended, x.Repeated = "no longer listed", at(16) })},
			"09:10:00 [09:09:55, 09:10:05]", "09:20:00 [09:16:00, 09:20:00]", ""},
		{"twice", []Told{told(30, 40), told(10, 20)}, "09:10:00 [09:09:55, 09:10:05]", "09:40:00 [09:39:55, 09:40:05]", "alert ReplicaLag fired 2 times: db2 is 95 s behind"},
		{"two servers with one rule", []Told{told(10, 20), told(11, 20)}, "09:10:00 [09:09:55, 09:10:05]", "09:20:00 [09:19:55, 09:20:05]", "alert ReplicaLag fired: db2 is 95 s behind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := found(t, timeline.Scope{}, tt.told...)
			if len(f.Events) != 1 {
				t.Fatalf("%d events", len(f.Events))
			}
			e := f.Events[0]
			if got := instant(&e.Start); got != tt.start {
				t.Errorf("it starts %s, want %s", got, tt.start)
			}
			if got := instant(e.End); got != tt.end {
				t.Errorf("it ends %s, want %s", got, tt.end)
			}
			if tt.summary != "" && e.Summary != tt.summary {
				t.Errorf("summary %q, want %q", e.Summary, tt.summary)
			}
			if e.Target != "db2" || e.Attributes["alertname"] != "ReplicaLag" || e.Attributes["label_instance"] != "db2:9104" || e.Grade != timeline.Logged {
				t.Errorf("the event is %+v", e)
			}
		})
	}
}

// TestPeopleAreMasked: who is named by a label is not named by the annotation either.
func TestPeopleAreMasked(t *testing.T) {
	a := told(10, 0)
	a.Labels["user"], a.Labels["client"] = "app", "laptop-7.example"
	a.Annotations["summary"] = "app on laptop-7.example is slow, the application is not; ask bob@example.com"
	e := found(t, timeline.Scope{}, a).Events[0]
	text := fmt.Sprint(e.Summary, e.Attributes)
	for _, secret := range []string{"laptop-7", "bob@", " app ", ":app"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in %s", secret, text)
		}
	}
	if !strings.Contains(e.Summary, "the application is not") {
		t.Errorf("the summary is %q", e.Summary)
	}
}

func TestScope(t *testing.T) {
	other := told(10, 0)
	other.Labels = map[string]string{"alertname": "Other", "cluster": "bank"}
	for cluster, want := range map[string]string{"shop": "ReplicaLag", "bank": "Other"} {
		f := found(t, timeline.Scope{Clusters: []string{cluster}}, told(10, 0), other)
		if len(f.Events) != 1 || f.Events[0].Attributes["alertname"] != want {
			t.Errorf("%s: %+v", cluster, f.Events)
		}
	}
	if f := found(t, timeline.Scope{}, told(10, 0), other); len(f.Events) != 2 {
		t.Errorf("everything: %+v", f.Events)
	}
}

// TestStorm: more alerts than one draft keeps become records of bearable size and a gap.
func TestStorm(t *testing.T) {
	var all []Told
	for n := range maxAlerts + 7 {
		a := told(10, 0)
		a.Labels["instance"], a.Truncated = fmt.Sprintf("db%d", n), 3
		all = append(all, a)
	}
	f := found(t, timeline.Scope{}, all...)
	if len(f.Events) != maxAlerts || len(f.Evidence) < 2 {
		t.Errorf("%d events, %d records", len(f.Events), len(f.Evidence))
	}
	for _, r := range f.Evidence {
		if len(r.Body) > 256<<10 {
			t.Errorf("a record has %d bytes", len(r.Body))
		}
	}
	var reasons []string
	for _, g := range f.Gaps {
		reasons = append(reasons, g.Reason)
	}
	text := strings.Join(reasons, "; ")
	if len(f.Gaps) != 2 || !strings.Contains(text, "of 7 further alerts") || !strings.Contains(text, "left out 3 further alerts") {
		t.Errorf("the gaps are %s", text)
	}
}

// FuzzAlert makes alerts of any texts and times: a valid event of bearable size, that
// does not name whom a label names.
func FuzzAlert(f *testing.F) {
	f.Add("ReplicaLag", "instance", "db2:9104", "db2 is 95 s behind.", int64(10), int64(20), int64(11))
	f.Add("", "user", "alice", "alice@example.com\n\x00", int64(-1<<50), int64(1<<50), int64(0))
	f.Add("a.\n", "\xff", "..", ". .", int64(70), int64(-5), int64(3))
	f.Fuzz(func(t *testing.T, alertname, label, value, summary string, start, end, received int64) {
		minute := func(n int64) time.Time { return at(0).Add(time.Duration(n%(1<<27)) * time.Minute) }
		a := Told{
			StartsAt: minute(start), From: minute(start), EndsAt: minute(end), Received: minute(received), Repeated: minute(received),
			Labels: map[string]string{"alertname": alertname, label: value}, Annotations: map[string]string{"summary": summary},
		}
		if end > 0 {
			a.Ended = Resolved
		}
		s := source()
		s.opt.Read = func(context.Context, timeline.Window) ([]Told, error) { return []Told{a}, nil }
		found := sourcetest.Ask(t, s, Interpret, sourcetest.Request(window))
		if len(found.Events) != 1 || len(found.Evidence) != 1 || len(found.Evidence[0].Body) > 256<<10 {
			t.Errorf("%d records, %+v", len(found.Evidence), found.Events)
		}
	})
}
