package alertmanager

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// over is a source over an Alertmanager with these silences and alerts.
func over(t *testing.T, silences, alerts []string) *Source {
	t.Helper()
	server := imitated()
	server.silences, server.alerts = "["+strings.Join(silences, ",")+"]", "["+strings.Join(alerts, ",")+"]"
	return sourceOf(t, sourcetest.Serve(t, server), "")
}

func instant(i *timeline.Instant) string {
	if i == nil {
		return "open"
	}
	return fmt.Sprintf("%s [%s, %s]", i.At.Format("15:04:05"), i.Earliest.Format("15:04:05"), i.Latest.Format("15:04:05"))
}

func TestSilences(t *testing.T) {
	const id = "85bef8c3-3390-47c2-94d0-06325dd7af83"
	one := func(start, end, updated float64) []string {
		return []string{stagedSilence(id, is("instance", "db2:9104"), start, end, updated)}
	}
	for name, tt := range map[string]struct {
		silences   []string
		now        float64 // minutes after 9:00
		start, end string  // "" where there is no event
		attributes map[string]string
	}{
		"expired by hand":      {one(5, 30, 30), 61, "09:05:00 [09:04:55, 09:05:05]", "09:30:00 [09:29:55, 09:30:05]", map[string]string{"ended": "expired by hand"}},
		"ended as planned":     {one(5, 30, 5), 61, "09:05:00 [09:04:55, 09:05:05]", "09:30:00 [09:29:55, 09:30:05]", map[string]string{"ended": "as planned"}},
		"in force":             {one(5, 120, 5), 61, "09:05:00 [09:04:55, 09:05:05]", "open", map[string]string{"until": "2026-11-21T11:00:00.000Z"}},
		"ended after":          {one(5, 90, 5), 120, "09:05:00 [09:04:55, 09:05:05]", "open", map[string]string{"until": "2026-11-21T10:30:00.000Z"}},
		"since long ago":       {one(-6000, 30, 30), 61, "05:00:00 [04:59:55, 05:00:05]", "09:30:00 [09:29:55, 09:30:05]", nil},
		"to come":              {one(20, 30, 5), 10, "", "", nil},
		"before":               {one(-20, -10, -10), 61, "", "", nil},
		"after":                {one(70, 80, 70), 90, "", "", nil},
		"removed while it was": {one(30, 30, 30), 61, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := found(t, over(t, tt.silences, nil), ask(hour, at(60*tt.now)))
			if tt.start == "" {
				if len(f.Events) > 0 || len(f.Checks) == 0 || !strings.Contains(f.Checks[0].LookedFor, "silences that overlapped the window") {
					t.Fatalf("got %+v, %+v", f.Events, f.Checks)
				}
				return
			}
			if len(f.Events) != 1 {
				t.Fatalf("got %+v", f.Events)
			}
			e := f.Events[0]
			if e.Kind != timeline.Silence || e.Grade != timeline.Logged || e.Target != "db2" || e.Key != id {
				t.Errorf("got %+v", e)
			}
			if got := instant(&e.Start); got != tt.start {
				t.Errorf("it starts %s, want %s", got, tt.start)
			}
			if got := instant(e.End); got != tt.end {
				t.Errorf("it ends %s, want %s", got, tt.end)
			}
			for name, want := range tt.attributes {
				if e.Attributes[name] != want {
					t.Errorf("%s is %q, want %q", name, e.Attributes[name], want)
				}
			}
			if want := `silence of instance="db2:9104": ask account-`; !strings.HasPrefix(e.Summary, want) || strings.Contains(e.Summary, pass) {
				t.Errorf("summary %q, want %q…", e.Summary, want)
			}
		})
	}
}

// TestPair: what both halves of a highly available pair tell is one event with two
// witnesses; of what only one has, the other's check says that it has none.
func TestPair(t *testing.T) {
	records := []timeline.Evidence{}
	for name, silences := range map[string][]string{
		"am1": {stagedSilence("85bef8c3-3390-47c2-94d0-06325dd7af83", is("instance", "db2:9104"), 5, 30, 30)},
		"am2": {stagedSilence("85bef8c3-3390-47c2-94d0-06325dd7af83", is("instance", "db2:9104"), 5, 500, 5)}, // it has not heard of the end
		"am3": nil,
	} {
		s := over(t, silences, nil)
		s.cfg.Name = name
		some, err := s.Gather(t.Context(), ask(hour, at(3600)))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, some...)
	}
	f, err := Interpret(hour, records)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Events) != 1 {
		t.Fatalf("got %+v", f.Events)
	}
	e := f.Events[0]
	if len(e.Evidence) != 2 || e.Attributes["told_by"] != "am1, am2" || instant(e.End) != "09:30:00 [09:29:55, 09:30:05]" || e.Attributes["planned_end"] != "2026-11-21T17:20:00.000Z" {
		t.Errorf("got %+v", e)
	}
	var none []string
	for _, c := range f.Checks {
		if strings.HasPrefix(c.LookedFor, "silences") {
			none = append(none, c.Target)
		}
	}
	if !slices.Equal(none, []string{"am3"}) {
		t.Errorf("none: %v", none)
	}
}

// TestRetention: what Alertmanager has forgotten is a gap, and no check says more than
// was looked at.
func TestRetention(t *testing.T) {
	for name, tt := range map[string]struct {
		now  time.Time
		from time.Time
		to   time.Time
	}{
		"all is kept":        {at(3600), time.Time{}, time.Time{}},
		"the end is kept":    {at(1800).Add(120 * time.Hour), at(0), at(1800)},
		"none of it is kept": {at(3600).Add(500 * time.Hour), at(0), at(3600)},
	} {
		t.Run(name, func(t *testing.T) {
			f := found(t, over(t, nil, nil), ask(hour, tt.now))
			if tt.from.IsZero() {
				if len(f.Gaps) > 0 {
					t.Errorf("got %+v", f.Gaps)
				}
				return
			}
			if len(f.Gaps) != 1 || !f.Gaps[0].From.Equal(tt.from) || !f.Gaps[0].To.Equal(tt.to) || !strings.Contains(f.Gaps[0].Reason, "keeps them for 5d") {
				t.Fatalf("got %+v", f.Gaps)
			}
			if len(f.Checks) != 1 || !strings.Contains(f.Checks[0].LookedFor, "and ended after") {
				t.Errorf("got %+v", f.Checks)
			}
		})
	}
}

// TestSuppressed: nobody was told of what is silenced or inhibited now. Of a window that
// has ended Alertmanager does not say it.
func TestSuppressed(t *testing.T) {
	s := sourceOf(t, sourcetest.Serve(t, imitated()), "")
	summaries := func(f timeline.Findings) (got []string) {
		for _, e := range f.Events {
			if e.Kind == timeline.Log {
				got = append(got, e.Summary+" @"+e.Target+" "+instant(&e.Start)+" "+instant(e.End))
			}
		}
		return got
	}
	f := found(t, s, ask(hour, at(3600)))
	want := []string{
		"nobody was told of alert CheckoutErrors: inhibited by alert PrimaryDown (db1) @ 09:21:00 [09:20:55, 09:21:05] open",
		"nobody was told of alert Other (db2): silenced by ee320043 (ask account-",
	}
	got := summaries(f)
	if len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, e := range f.Events {
		if e.Kind == timeline.Silence && strings.HasPrefix(e.Key, "ee32") && e.Attributes["suppressed"] != "Other (db2)" {
			t.Errorf("got %+v", e)
		}
		if e.Kind == timeline.Alert {
			t.Errorf("an alert that others tell: %s", e.Summary)
		}
	}
	f = found(t, s, ask(hour, at(3600+600)))
	if got := summaries(f); len(got) > 0 || len(f.Remarks) != 1 || !strings.Contains(f.Remarks[0].Text, "events_file") {
		t.Errorf("of a window of the past: %q, %+v", got, f.Remarks)
	}
	f = found(t, over(t, nil, nil), ask(hour, at(3600)))
	if len(f.Checks) != 2 || !strings.Contains(f.Checks[1].LookedFor, "among the 0 that it holds as firing") {
		t.Errorf("got %+v", f.Checks)
	}
}

// TestSuppressedStorm: many alerts of one name that one silence suppresses are one event.
func TestSuppressedStorm(t *testing.T) {
	var alerts []string
	for n := range 40 {
		alerts = append(alerts, fmt.Sprintf(`{"fingerprint":"%016x","labels":{"alertname":"Lag","instance":"db%d:9104"},"startsAt":%q,"status":{"state":"suppressed","silencedBy":["s"]}}`, n+1, n, stamp(10)))
	}
	f := found(t, over(t, nil, alerts), ask(hour, at(3600)))
	if len(f.Events) != 1 || f.Events[0].Summary != "nobody was told of 40 alerts Lag: silenced by s" || f.Events[0].Attributes["alerts"] != "40" {
		t.Errorf("got %+v", f.Events)
	}
}

func TestScope(t *testing.T) {
	silences := []string{
		stagedSilence("a", is("instance", "db2:9104"), 5, 30, 5),
		stagedSilence("b", is("cluster", "bank"), 5, 30, 5),
		stagedSilence("c", is("alertname", "Lag"), 5, 30, 5),
		stagedSilence("d", is("instance", "bank1:9104"), 5, 30, 5),
		stagedSilence("e", `{"name":"cluster","value":"sho.*","isRegex":true}`, 5, 30, 5),
		stagedSilence("f", `{"name":"instance","value":"db[1]:.*","isRegex":true,"isEqual":true}`, 5, 30, 5),
		stagedSilence("g", `{"name":"instance","value":"db.*","isRegex":true,"isEqual":true}`, 5, 30, 5),
	}
	for name, tt := range map[string]struct {
		scope timeline.Scope
		want  string
	}{
		"everything":  {timeline.Scope{}, "a@db2 b@ c@ d@bank1 e@ f@db1 g@"},
		"shop":        {timeline.Scope{Clusters: []string{"shop"}}, "a@db2 c@ e@ f@db1 g@"},
		"bank":        {timeline.Scope{Clusters: []string{"bank"}}, "b@ c@ d@bank1 g@"},
		"one of shop": {timeline.Scope{Clusters: []string{"shop"}, Targets: []string{"db1"}}, "c@ e@ f@db1 g@"},
	} {
		t.Run(name, func(t *testing.T) {
			req := ask(hour, at(3600))
			req.Scope = tt.scope
			var got []string
			for _, e := range found(t, over(t, silences, nil), req).Events {
				got = append(got, e.Key+"@"+e.Target)
			}
			if slices.Sort(got); strings.Join(got, " ") != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLeftOut: more than one draft keeps is a gap.
func TestLeftOut(t *testing.T) {
	var silences []string
	for n := range maxSilences + 7 {
		silences = append(silences, stagedSilence(fmt.Sprint(n), is("instance", "db2:9104"), 5, 30, 5))
	}
	server := imitated()
	server.silences, server.alerts = "["+strings.Join(silences, ",")+"]", "[]"
	s := sourceOf(t, sourcetest.Serve(t, server), "")
	f := found(t, s, ask(hour, at(3600)))
	if len(f.Events) != maxSilences || len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, "of 7 further silences") || len(f.Evidence) < 3 {
		t.Errorf("%d events, %d records, %+v", len(f.Events), len(f.Evidence), f.Gaps)
	}
}

// TestClock: the server's clock is told by ours, within the second of the Date header.
func TestClock(t *testing.T) {
	server := imitated()
	const ahead = time.Minute
	handler := func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(w, r)
	}
	s := sourceOf(t, sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(dated{w, time.Now().Add(ahead)}, r)
	})), "")
	for _, e := range found(t, s, ask(hour, at(3600))).Events {
		if e.Kind != timeline.Silence || !strings.HasPrefix(e.Key, "85be") {
			continue
		}
		// It began at 9:05 by a clock that is a minute ahead.
		if truth := at(4 * 60); e.Start.Earliest.After(truth) || e.Start.Latest.Before(truth) || e.Start.Latest.Sub(e.Start.Earliest) > 20*time.Second {
			t.Errorf("it starts %s, want 09:04:00", instant(&e.Start))
		}
		return
	}
	t.Error("no silence")
}

// dated gives an answer a date.
type dated struct {
	http.ResponseWriter
	at time.Time
}

func (d dated) Write(text []byte) (int, error) {
	d.Header().Set("Date", d.at.UTC().Format(http.TimeFormat))
	return d.ResponseWriter.Write(text)
}
