package alertmanager

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// imitation answers as an Alertmanager does: with two silences, of which one has ended,
// and three alerts. The forms are those of the recorded answers in testdata.
type imitation struct{ silences, alerts, status string }

const (
	author = "alice.from.accounting@example.com"
	pass   = "correct-horse-battery"
)

// stagedSilence is a silence in the API's form. By the clock of the tests it is 9:00.
func stagedSilence(id, matchers string, start, end, updated float64) string {
	return fmt.Sprintf(`{"id":%q,"status":{"state":"expired"},"createdBy":%q,"comment":"ask %s, password=%s","matchers":[%s],"startsAt":%q,"endsAt":%q,"updatedAt":%q}`,
		id, author, author, pass, matchers, stamp(start), stamp(end), stamp(updated))
}

// is is a matcher in the API's form.
func is(name, value string) string {
	return fmt.Sprintf(`{"name":%q,"value":%q,"isRegex":false,"isEqual":true}`, name, value)
}

// stamp is a time of the tests, in minutes after 9:00.
func stamp(minutes float64) string { return at(60 * minutes).Format(time.RFC3339Nano) }

func imitated() imitation {
	return imitation{
		status: `{"uptime":"2026-11-20T09:00:00Z","versionInfo":{"version":"0.33.1"},"cluster":{"status":"ready","peers":[]}}`,
		silences: "[" + stagedSilence("85bef8c3-3390-47c2-94d0-06325dd7af83", is("instance", "db2:9104"), 5, 30, 30) + "," +
			stagedSilence("ee320043-5444-479f-935c-f2d95e18ffb1", is("alertname", "Other")+","+is("user", author), 10, 900, 10) + "]",
		alerts: `[{"fingerprint":"6325814f12969bf0","labels":{"alertname":"PrimaryDown","instance":"db1:9104","cluster":"shop"},"startsAt":"` + stamp(20) + `","updatedAt":"` + stamp(20) + `","status":{"state":"active","silencedBy":[],"inhibitedBy":[]}},
			{"fingerprint":"1c5103eac9d788e3","labels":{"alertname":"CheckoutErrors","cluster":"shop","user":"` + author + `"},"startsAt":"` + stamp(21) + `","updatedAt":"` + stamp(21) + `","status":{"state":"suppressed","silencedBy":[],"inhibitedBy":["6325814f12969bf0"]}},
			{"fingerprint":"93237a702d5f25d6","labels":{"alertname":"Other","cluster":"shop","instance":"db2:9104"},"startsAt":"` + stamp(22) + `","updatedAt":"` + stamp(22) + `","status":{"state":"suppressed","silencedBy":["ee320043-5444-479f-935c-f2d95e18ffb1"],"inhibitedBy":[]}}]`,
	}
}

// ServeHTTP tells no time: the clock of the tests is not that of the machine.
func (i imitation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil
	w.Header().Set("Content-Type", "application/json")
	switch filepath.Base(r.URL.Path) {
	case "status":
		fmt.Fprint(w, i.status)
	case "silences":
		fmt.Fprint(w, i.silences)
	case "alerts":
		fmt.Fprint(w, i.alerts)
	default:
		http.NotFound(w, r)
	}
}

// hour is the window of most tests.
var hour = timeline.Window{From: at(0), To: at(3600)}

func shopTargets() sources.Targets {
	return sources.Targets{
		{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}},
		{Name: "db2", Cluster: "shop", Labels: map[string]string{"instance": "db2:9104"}},
		{Name: "bank1", Cluster: "bank", Labels: map[string]string{"instance": "bank1:9104"}},
	}
}

// sourceOf is a source over a server, for half a MiB at most.
func sourceOf(t *testing.T, url, events string) *Source {
	t.Helper()
	s, err := newSource(Config{
		URL: strings.Replace(url, "://", "://me:"+secret+"@", 1) + "?token=" + secret, Timeout: model.Duration(10 * time.Second), EventsFile: events,
	}, Options{Targets: shopTargets(), ClusterLabels: []string{"cluster"}}, 512<<10)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(t *testing.T) sources.Source { return sourceOf(t, sourcetest.Serve(t, imitated()), "") },
		Interpret: Interpret, Window: hour, Idle: timeline.Window{From: at(-7200), To: at(-3600)},
		Secrets: []string{secret, author, "alice.from.accounting", pass},
		HTTP: &sourcetest.HTTP{
			New:     func(t *testing.T, url string) sources.Source { return sourceOf(t, url, "") },
			Handler: imitated(), MaxBody: 512 << 10,
		},
	})
}

// TestConformanceOfFiles: the same with the event recorder's file, whatever becomes of it.
func TestConformanceOfFiles(t *testing.T) {
	recorded, err := filepath.Abs("testdata/events-0.33.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	gone := func(t *testing.T) sources.Source {
		return sourceOf(t, "http://127.0.0.1:1", filepath.Join(t.TempDir(), "events.jsonl"))
	}
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(t *testing.T) sources.Source { return sourceOf(t, sourcetest.Serve(t, imitated()), recorded) },
		Interpret: Interpret, Window: recordedWindow, Idle: timeline.Window{From: recordedWindow.To.Add(24 * time.Hour), To: recordedWindow.To.Add(25 * time.Hour)},
		Secrets: []string{secret, "alice@example.com", "hunter2"},
		Broken: map[string]func(*testing.T) sources.Source{
			"no file":     gone,
			"a directory": func(t *testing.T) sources.Source { return sourceOf(t, "http://127.0.0.1:1", t.TempDir()) },
			"another file": func(t *testing.T) sources.Source {
				file := filepath.Join(t.TempDir(), "events.jsonl")
				if err := os.WriteFile(file, []byte("level=info msg=\"this is a log\"\n{\"time\":\"2026-11-21T21:21:40Z\"}\n\x00\xff\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return sourceOf(t, "http://127.0.0.1:1", file)
			},
		},
	})
}
