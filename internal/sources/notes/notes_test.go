package notes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/store"
	"collector/internal/timeline"
)

func at(minutes float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

var window = timeline.Window{From: at(0), To: at(60)}

// written is what the journal has of a note about a minute; pairs are its other fields.
func written(minute float64, text string, pairs ...string) store.Entry {
	e := store.Entry{Kind: store.NoteEntry, At: at(minute), Until: at(minute + 1), Received: at(58), Fields: map[string]string{store.NoteText: text}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Fields[pairs[i]] = pairs[i+1]
	}
	return e
}

// journal reads entries as the store does.
func journal(all ...store.Entry) Read {
	return func(_ context.Context, w timeline.Window, most int) (found store.Entries, err error) {
		found.Ever = len(all) > 0
		for n, e := range all {
			if e.Number = int64(n + 1); e.At.Before(w.To) && !e.Until.Before(w.From) {
				found.List = append(found.List, e)
			}
		}
		if len(found.List) > most {
			found.List, found.More = found.List[:most], len(found.List)-most
		}
		return found, nil
	}
}

func fails(err error) Read {
	return func(context.Context, timeline.Window, int) (store.Entries, error) { return store.Entries{}, err }
}

const secret = "hunter2"

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		New: func(*testing.T) sources.Source {
			return New(journal(written(10, "Mallory Doe failed over, ask mallory@example.com, password="+secret, store.NoteAuthor, "Mallory Doe"), written(20, "it works\n\nagain.")))
		},
		Interpret: Interpret, Window: window, Idle: timeline.Window{From: at(120), To: at(180)},
		Secrets: []string{secret, "allory"},
		Hanging: func(*testing.T) sources.Source {
			return New(func(ctx context.Context, _ timeline.Window, _ int) (store.Entries, error) {
				<-ctx.Done()
				return store.Entries{}, ctx.Err()
			})
		},
		Broken: map[string]func(*testing.T) sources.Source{
			"the journal cannot be read": func(*testing.T) sources.Source { return New(fails(errors.New("disk I/O error"))) },
		},
	})
}

// findings are what a draft finds.
func findings(t *testing.T, req sources.Request, read Read) timeline.Findings {
	t.Helper()
	req.Window, req.Now, req.Log, req.Notify = window, func() time.Time { return at(61) }, slog.New(slog.DiscardHandler), func(string) {}
	records, err := New(read).Gather(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(window, records)
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

func TestEvents(t *testing.T) {
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "^Ann", Role: "the on-call DBA"}})
	if err != nil {
		t.Fatal(err)
	}
	undated := written(30, "now")
	undated.Undated, undated.Until = true, undated.At
	for _, tt := range []struct {
		name  string
		entry store.Entry
		want  string
	}{
		{"as exact as it is written", written(14, "failed over to db2. "), "[09:14:00 09:15:00] failed over to db2"},
		{"nobody said when", undated, "[09:30:00 09:30:00] now; time=when the note was written"},
		{"a role", written(14, "Ann Lee restarted it; the announcement by ann lee said so", store.NoteAuthor, "Ann Lee"),
			"[09:14:00 09:15:00] the on-call DBA restarted it; the announcement by the on-call DBA said so; author=the on-call DBA"},
		{"a dispute", written(14, "that was the backup", store.NoteDisputes, "e-1f3c9a02", store.NoteTarget, "db1", store.NoteCluster, "shop", store.NoteIncident, "I-1"),
			"[09:14:00 09:15:00] disputes e-1f3c9a02: that was the backup; cluster=shop disputes=e-1f3c9a02 incident=I-1 on db1"},
		{"of several lines", written(14, "a\n- b\n\n# c"), "[09:14:00 09:15:00] a - b # c"},
		{"a long one", written(14, strings.Repeat("é", 300)), "[09:14:00 09:15:00] " + strings.Repeat("é", 98) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := findings(t, sources.Request{Roles: roles}, journal(tt.entry))
			if len(f.Events) != 1 || len(f.Checks)+len(f.Gaps) > 0 {
				t.Fatalf("%+v", f)
			}
			if got := sketch(f.Events[0]); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// sketch is an event in one line.
func sketch(e timeline.Event) string {
	line := fmt.Sprintf("[%s %s] %s", e.Start.Earliest.Format("15:04:05"), e.Start.Latest.Format("15:04:05"), e.Summary)
	before := "; "
	for _, name := range []string{"author", "cluster", "disputes", "incident", "time"} {
		if value := e.Attributes[name]; value != "" {
			line += before + name + "=" + value
			before = " "
		}
	}
	if e.Target != "" {
		line += " on " + e.Target
	}
	if e.Kind != timeline.Note || e.Grade != timeline.Reported || e.Attributes["text"] == "" || e.Attributes["written_at"] == "" {
		line += fmt.Sprintf(" (%+v)", e)
	}
	return line
}

// TestNobodyWrote: who was never told anything says nothing; else it says that it looked.
func TestNobodyWrote(t *testing.T) {
	for name, read := range map[string]Read{"no journal": fails(store.ErrMissing), "an empty one": journal()} {
		if f := findings(t, sources.Request{}, read); len(f.Evidence)+len(f.Gaps)+len(f.Checks) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := findings(t, sources.Request{}, journal(written(-90, "x"))); len(f.Checks) != 1 || f.Checks[0].LookedFor != "notes of people" {
		t.Errorf("checks %+v", f.Checks)
	}
}

func TestScope(t *testing.T) {
	all := journal(written(10, "a", store.NoteCluster, "shop"), written(20, "b", store.NoteCluster, "bank"), written(30, "c"), written(40, "d", store.NoteTarget, "db1"))
	for _, tt := range []struct {
		scope timeline.Scope
		want  int
	}{
		{timeline.Scope{}, 4}, {timeline.Scope{Clusters: []string{"shop"}}, 3}, {timeline.Scope{Targets: []string{"db2"}}, 3}, {timeline.Scope{Clusters: []string{"shop"}, Targets: []string{"db2"}}, 2},
	} {
		if f := findings(t, sources.Request{Scope: tt.scope}, all); len(f.Events) != tt.want {
			t.Errorf("%+v: %d events, want %d", tt.scope, len(f.Events), tt.want)
		}
	}
}

// TestTooMany: what is beyond the limit, or cannot be read, is a gap.
func TestTooMany(t *testing.T) {
	var all []store.Entry
	for range maxNotes + 3 {
		all = append(all, written(10, "x"))
	}
	read := journal(all...)
	f := findings(t, sources.Request{}, func(ctx context.Context, w timeline.Window, most int) (store.Entries, error) {
		found, err := read(ctx, w, most)
		found.Damaged = 2
		return found, err
	})
	if len(f.Events) != maxNotes || len(f.Gaps) != 2 || !strings.Contains(f.Gaps[0].Reason, "of 3 further notes") || !strings.Contains(f.Gaps[1].Reason, "2 rows") {
		t.Errorf("%d events, gaps %+v", len(f.Events), f.Gaps)
	}
}

// FuzzNote makes notes of any texts: a valid event that does not name its author.
func FuzzNote(f *testing.F) {
	f.Add("Ann restarted it", "Ann Lee", "e-1f3c9a02", "db1")
	f.Add("0", "\xff\xa8\x7f", "\n", "")
	f.Add("<script>\x00\xff. . ", "\xff", "\n", "")
	f.Add("UPDATE t SET a='x' -- y\n.", "a.", ".", ".")
	f.Fuzz(func(t *testing.T, text, author, disputes, target string) {
		e := written(10, text, store.NoteAuthor, author, store.NoteDisputes, disputes, store.NoteTarget, target)
		records, err := New(journal(e)).Gather(t.Context(), sources.Request{Window: window, Now: time.Now})
		if err != nil || len(records) != 2 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		found, err := Interpret(window, records)
		if err != nil || len(found.Events) != 1 {
			t.Fatalf("%+v, %v", found.Events, err)
		}
		event := found.Events[0]
		if err := event.Validate(); err != nil || strings.ContainsAny(event.Summary, "\n\r") || strings.HasSuffix(event.Summary, ".") {
			t.Errorf("%q, %v", event.Summary, err)
		}
	})
}
