package alertmanager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// recordedWindow is the minute in which a real Alertmanager 0.33.1 wrote
// testdata/events-0.33.jsonl: three alerts, of which one was inhibited, one silenced and
// one told of; a silence that was extended, replaced by another and expired by hand; a
// receiver of which the second integration refuses everything.
var recordedWindow = timeline.Window{
	From: time.Date(2026, 11, 21, 21, 21, 0, 0, time.UTC), To: time.Date(2026, 11, 21, 21, 22, 30, 0, time.UTC),
}

func ask(window timeline.Window, now time.Time) sources.Request {
	return sources.Request{
		Window: window, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
	}
}

// found is what a source finds, with its records.
func found(t *testing.T, s *Source, req sources.Request) timeline.Findings {
	t.Helper()
	records, err := s.Gather(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
	return f
}

// TestGolden shows what recorded answers and a recorded file become. A change of the
// records is a change of every draft that is derived again.
func TestGolden(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Chdir("testdata")
	for _, version := range []string{"0.25", "0.33"} {
		t.Run(version, func(t *testing.T) {
			server := imitation{
				status:   `{"uptime":"2026-11-21T21:21:36Z","versionInfo":{"version":"` + version + `"},"cluster":{"peers":[]}}`,
				silences: read("silences-" + version + ".json"), alerts: read("suppressed-" + version + ".json"),
			}
			// The older one was asked while its alerts were held; it has no event recorder.
			window := timeline.Window{From: recordedWindow.From.Add(time.Minute), To: recordedWindow.To.Add(time.Minute)}
			now, events := window.To, ""
			if version == "0.33" {
				window, now, events = recordedWindow, recordedWindow.To.Add(10*time.Minute), "events-0.33.jsonl"
			}
			f := found(t, sourceOf(t, sourcetest.Serve(t, server), events), ask(window, now))
			got := document(t, f)
			name := "golden-" + version + ".json"
			if *update {
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(name); string(got) != want {
				t.Errorf("%s differs (write it anew with -update):\n%s", name, got)
			}
			for _, private := range []string{"hunter2", "alice", "bob"} {
				if bytes.Contains(got, []byte(private)) {
					t.Errorf("%s is in the records", private)
				}
			}
		})
	}
}

func document(t *testing.T, f timeline.Findings) []byte {
	t.Helper()
	type record struct {
		ID, Query string
		Body      json.RawMessage
	}
	var bodies []record
	for _, e := range f.Evidence {
		bodies = append(bodies, record{e.ID, e.Query, json.RawMessage(e.Body)})
	}
	built := timeline.Build(timeline.Window{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, timeline.Scope{}, f)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"records": bodies, "events": built.Events, "gaps": built.Gaps, "checks": built.Checks, "remarks": fmt.Sprint(built.Remarks)}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
