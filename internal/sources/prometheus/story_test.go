package prometheus

import (
	"encoding/json"
	"log/slog"
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

func TestStory(t *testing.T) {
	f := draftOf(t, fakeSource(t, sourcetest.Serve(t, fakePrometheus())), story, timeline.Scope{})
	for _, e := range f.Events {
		text, _ := json.Marshal(e)
		t.Log(string(text))
	}
	for _, c := range f.Checks {
		t.Log("check", c)
	}
	for _, g := range f.Gaps {
		t.Log("gap", g)
	}
	t.Log(f.Impact, len(f.Series))
	for _, r := range f.Evidence {
		t.Logf("%s %s %d", r.ID, r.Query, len(r.Body))
	}
}
