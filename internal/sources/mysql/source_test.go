package mysql

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

func request(t *testing.T, w timeline.Window) sources.Request {
	return sources.Request{
		Window: w, Now: func() time.Time { return w.To }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Notify: func(string) {},
	}
}

func window() timeline.Window {
	from := time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)
	return timeline.Window{From: from, To: from.Add(time.Minute)}
}

// TestGatherWithoutStore makes a gap of a store that is not there.
func TestGatherWithoutStore(t *testing.T) {
	c := Config{Name: "db1", Cluster: "shop", Address: "db1:3306", User: "collector"}
	c.SetDefaults()
	s := New(c, filepath.Join(t.TempDir(), "none"))
	records, err := s.Gather(t.Context(), request(t, window()))
	if err != nil || len(records) == 0 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	found, err := Interpret(window(), records)
	if err != nil || len(found.Events) != 0 || !slices.ContainsFunc(found.Gaps, func(g timeline.Gap) bool { return strings.Contains(g.Reason, "nothing was recorded") }) {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestGatherOutOfScope(t *testing.T) {
	s := New(Config{Name: "db1", Cluster: "shop"}, t.TempDir())
	req := request(t, window())
	req.Scope = timeline.Scope{Clusters: []string{"other"}}
	if records, err := s.Gather(t.Context(), req); err != nil || len(records) != 0 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// TestGatherFromStore carries ticks through a real store to an event.
func TestGatherFromStore(t *testing.T) {
	path := t.TempDir()
	w := window()
	writer, err := store.Open(t.Context(), store.Options{Path: path, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		beat := store.Heartbeat{At: w.From.Add(time.Duration(i) * time.Second), Interval: time.Second, Version: "9.7.4", UptimeSec: uint64(1000 + i), RoundTrip: time.Millisecond, Spent: time.Millisecond}
		if i >= 20 && i < 30 {
			beat = store.Heartbeat{At: beat.At, Interval: time.Second, Outcome: store.Unreachable}
		}
		if err := writer.Append(t.Context(), "db1", store.Tick{Heartbeat: beat}); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	c := Config{Name: "db1", Address: "db1:3306", User: "collector"}
	c.SetDefaults()
	records, err := New(c, path).Gather(t.Context(), request(t, w))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Interpret(w, records)
	if err != nil || len(found.Events) != 1 || found.Events[0].Kind != timeline.MySQLDown {
		t.Errorf("%+v, %v", found.Events, err)
	}
}
