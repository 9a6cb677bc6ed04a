package prometheus

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// draftOf gathers and interprets.
func draftOf(t testing.TB, src sources.Source, w timeline.Window, scope timeline.Scope) timeline.Findings {
	t.Helper()
	records, err := src.Gather(t.Context(), sources.Request{
		Window: w, Scope: scope, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestStory checks what the fake's story becomes, word for word.
func TestStory(t *testing.T) {
	f := draftOf(t, fakeSource(t, sourcetest.Serve(t, fakePrometheus())), story, timeline.Scope{Clusters: []string{"shop"}})
	if len(f.Events) != 2 {
		t.Fatalf("%d events: %+v", len(f.Events), f.Events)
	}
	signal, alert := f.Events[0], f.Events[1]
	if signal.Summary != "threads_running rose from its normal 3 threads to 100 threads" || signal.Attributes["peak_at"] != "2024-07-12T09:10:00.000Z" ||
		signal.Target != "db1" || signal.Key != "threads_running{cluster=shop,instance=db1:9104,job=mysql}" {
		t.Errorf("%+v", signal)
	}
	if alert.Summary != "alert TooBusy fired: db1:9104 is busy: …" || alert.Attributes["pending_at"] != "2024-07-12T09:11:00.000Z" || alert.Attributes["for"] != "1m0s" {
		t.Errorf("%+v", alert)
	}
	if len(f.Impact) != 1 || f.Impact[0].Value != 4711 {
		t.Errorf("impact %+v", f.Impact)
	}
	if len(f.Gaps) != 1 || !strings.HasPrefix(f.Gaps[0].Reason, "no series of node_exporter") {
		t.Errorf("gaps %+v, want one for the whole pack", f.Gaps)
	}
	if len(f.Series) != 1 || f.Series[0].Baseline != 3 || len(f.Series[0].Points) != 481 {
		t.Errorf("%d series", len(f.Series))
	}
}

// TestScope leaves out what belongs to another cluster.
func TestScope(t *testing.T) {
	f := draftOf(t, fakeSource(t, sourcetest.Serve(t, fakePrometheus())), story, timeline.Scope{Clusters: []string{"billing"}})
	if len(f.Events) != 0 || len(f.Series) != 0 {
		t.Errorf("%d events and %d series of cluster shop in a draft of billing", len(f.Events), len(f.Series))
	}
}

// TestStorm has more alerts than fit into one record.
func TestStorm(t *testing.T) {
	mux := http.NewServeMux()
	calm := fakePrometheus()
	mux.HandleFunc("/", calm.ServeHTTP)
	mux.HandleFunc("/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.FormValue("query"), "count_over_time(ALERTS") {
			calm.ServeHTTP(w, r)
			return
		}
		var result []any
		for i := range 2000 {
			labels := map[string]string{"alertname": "Storm", "alertstate": "firing", "instance": fmt.Sprintf("db%d:9104", i), "note": strings.Repeat("x", 100)}
			result = append(result, map[string]any{"metric": labels, "values": [][2]any{{float64(storyFrom.Unix() + 600), "1"}, {float64(storyFrom.Unix() + 615), "1"}}})
		}
		succeed(w, map[string]any{"resultType": "matrix", "result": result})
	})
	f := draftOf(t, fakeSource(t, sourcetest.Serve(t, mux)), story, timeline.Scope{})
	if n := len(eventsOf(f, timeline.Alert)); n != 2000 {
		t.Errorf("%d alerts, want 2000", n)
	}
	for _, e := range f.Evidence {
		if len(e.Body) > 256<<10 {
			t.Errorf("a record of %d bytes", len(e.Body))
		}
	}
}

// TestNothingThere tells a Prometheus without any data from a quiet one.
func TestNothingThere(t *testing.T) {
	calm := fakePrometheus()
	empty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/query_range" {
			succeed(w, map[string]any{"resultType": "matrix", "result": []any{}})
			return
		}
		calm.ServeHTTP(w, r)
	})
	f := draftOf(t, fakeSource(t, sourcetest.Serve(t, empty)), story, timeline.Scope{})
	for _, c := range f.Checks {
		t.Errorf("looked for %s: none, in a Prometheus that has nothing at all", c.LookedFor)
	}
	found := false
	for _, g := range f.Gaps {
		found = found || strings.Contains(g.Reason, "there is no sample of any target")
	}
	if !found {
		t.Errorf("gaps %+v", f.Gaps)
	}
}
