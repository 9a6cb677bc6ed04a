package history

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// window is an hour of a day of July 2024.
func window(day int) timeline.Window {
	from := time.Date(2024, 7, day, 9, 0, 0, 0, time.UTC)
	return timeline.Window{From: from, To: from.Add(time.Hour)}
}

// draft writes a draft with an alert of each name.
func draft(t testing.TB, out, name string, w timeline.Window, alerts ...string) {
	t.Helper()
	tl := timeline.Timeline{Window: w, Title: "Ann Lee dropped it"}
	for _, alert := range alerts {
		at := timeline.Exactly(w.From)
		tl.Events = append(tl.Events, timeline.Event{
			Kind: timeline.Alert, Start: at, End: &at, Summary: "alert told by Ann Lee", Evidence: []string{"prometheus-00000001"},
			Attributes: map[string]string{"alertname": alert, "annotation_summary": "call Ann Lee"},
		})
	}
	text, err := json.Marshal(tl)
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, name, string(text))
}

func write(t testing.TB, out, name, timeline string) {
	t.Helper()
	dir := filepath.Join(out, name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"timeline.json": timeline, "postmortem.md": "# x"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// look gathers and interprets as a draft does.
func look(t testing.TB, out string, most int, w timeline.Window) (*timeline.History, []timeline.Evidence) {
	t.Helper()
	records, err := New(out, Config{Drafts: most}).Gather(t.Context(), sources.Request{
		Window: w, Now: func() time.Time { return w.To }, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(w, records)
	if err != nil || f.History == nil || len(f.Events)+len(f.Checks)+len(f.Gaps) > 0 {
		t.Fatalf("%+v %v", f, err)
	}
	return f.History, records
}

func TestConformance(t *testing.T) {
	out := t.TempDir()
	draft(t, out, "2024-07-01T0900Z-a", window(1), "A", "B")
	file := filepath.Join(out, "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(*testing.T) sources.Source { return New(out, DefaultConfig()) },
		Interpret: Interpret, Window: window(3), Secrets: []string{"Ann Lee"},
		Broken: map[string]func(*testing.T) sources.Source{
			"the directory is a file": func(*testing.T) sources.Source { return New(file, DefaultConfig()) },
		},
	})
}

func TestWhichDrafts(t *testing.T) {
	out := t.TempDir()
	draft(t, out, "first", window(1), "A")
	draft(t, out, "second", window(2), "A", "B", "A")
	draft(t, out, "third", timeline.Window{From: window(2).To, To: window(3).From}, "C") // ends when the window begins
	reaches := timeline.Window{From: window(2).From, To: window(3).To}
	draft(t, out, "reaches-in", reaches, "A")
	draft(t, out, "itself", window(3), "A")
	draft(t, out, "later", window(4), "A")
	write(t, out, "damaged", "{")
	h, records := look(t, out, 200, window(3))
	if got := names(h.Drafts); !slices.Equal(got, []string{"third", "second", "first"}) {
		t.Errorf("compared with %v", got)
	}
	want := []timeline.Feature{{Kind: timeline.FeatureAlert, Name: "A"}, {Kind: timeline.FeatureAlert, Name: "B"}}
	if d := h.Drafts[1]; !slices.Equal(d.Features, want) || d.Document != "postmortem.md" || d.Window != window(2) {
		t.Errorf("%+v", d)
	}
	if got := names(h.Overlapping); !slices.Equal(got, []string{"reaches-in"}) || h.LeftOut != 0 || !slices.Equal(h.Unreadable, []string{"damaged"}) {
		t.Errorf("%+v", h)
	}
	for _, r := range records {
		if strings.Contains(r.Body, "Ann") || strings.Contains(r.Body, out) {
			t.Errorf("the record holds people's words or paths: %s", r.Body)
		}
	}
	if h, _ := look(t, out, 1, window(3)); len(h.Drafts) != 1 || h.Drafts[0].Name != "third" || h.LeftOut != 2 {
		t.Errorf("with one draft at most: %+v", h)
	}
	if h, _ := look(t, filepath.Join(out, "nowhere"), 9, window(3)); len(h.Drafts)+h.LeftOut+len(h.Unreadable) > 0 {
		t.Errorf("nowhere: %+v", h)
	}
}

func names(drafts []timeline.EarlierDraft) (names []string) {
	for _, d := range drafts {
		names = append(names, d.Name)
	}
	return names
}

// TestBounds: what many large drafts hold does not make a draft's evidence large, and
// what is not compared is counted.
func TestBounds(t *testing.T) {
	out := t.TempDir()
	for i := range 60 {
		var alerts []string
		for j := range 100 {
			alerts = append(alerts, fmt.Sprintf("an alert with a long name, number %d of %d %s", j, i, strings.Repeat("x", 60)))
		}
		draft(t, out, fmt.Sprintf("d%03d", i), timeline.Window{From: window(1).From.Add(time.Duration(i) * time.Minute), To: window(1).From.Add(time.Duration(i+1) * time.Minute)}, alerts...)
	}
	h, records := look(t, out, 200, window(3))
	size := 0
	for _, r := range records {
		size += len(r.Body)
	}
	if len(h.Drafts)+h.LeftOut != 60 || h.LeftOut == 0 || len(h.Drafts) < 10 || h.Cut != 20*len(h.Drafts) || size > 300<<10 || len(records) < 2 || len(h.Evidence) != len(records) {
		t.Errorf("%d drafts, %d left out, %d features cut, %d bytes in %d records", len(h.Drafts), h.LeftOut, h.Cut, size, len(records))
	}
	if h.Drafts[0].Name != "d059" {
		t.Errorf("the first is %s, want the latest", h.Drafts[0].Name)
	}
	slices.Reverse(records)
	if again, err := Interpret(window(3), records); err != nil || !reflect.DeepEqual(again.History, h) {
		t.Errorf("the order of the records matters: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	out := t.TempDir()
	draft(t, out, "first", window(1), "A")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	records, err := New(out, DefaultConfig()).Gather(ctx, sources.Request{Window: window(3), Now: time.Now})
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if f, err := Interpret(window(3), records); err != nil || len(f.Gaps) != 1 || f.History != nil {
		t.Errorf("%+v %v, want a gap", f, err)
	}
}

func TestConfig(t *testing.T) {
	for n, want := range map[int]int{-1: 1, 0: 0, 200: 0, 1000: 0, 1001: 1} {
		if got := (&Config{Drafts: n}).Validate(); len(got) != want {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// FuzzInterpret: whatever stands in a record is an error, or a history that can be shown.
func FuzzInterpret(f *testing.F) {
	out := f.TempDir()
	draft(f, out, "first", window(1), "A")
	_, records := look(f, out, 9, window(3))
	f.Add(records[0].Body)
	f.Add(`{"question":{"kind":"earlier_drafts","window":{"from":"2024-07-01T09:00:00Z","to":"2024-07-01T10:00:00Z"}},"error":"no"}`)
	f.Fuzz(func(t *testing.T, body string) {
		record := timeline.Evidence{Source: Kind, Target: name, Body: body}.Seal()
		found, err := Interpret(window(3), []timeline.Evidence{record})
		if err != nil {
			return
		}
		tl := timeline.Build(window(3), timeline.Scope{}, found)
		_ = tl.Alike()
		if found.History == nil && len(found.Gaps) == 0 {
			t.Error("neither a history nor a gap")
		}
	})
}
