package notes

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/sources/journal/journaltest"
	"collector/internal/sources/sourcetest"
	"collector/internal/store"
	"collector/internal/timeline"
)

var at, window = sourcetest.Minutes, sourcetest.FirstHour()

// written is what the journal has of a note about a minute; pairs are its other fields.
func written(minute float64, text string, pairs ...string) store.Entry {
	e := store.Entry{Kind: store.NoteEntry, At: at(minute), Until: at(minute + 1), Received: at(58), Fields: map[string]string{store.NoteText: text}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Fields[pairs[i]] = pairs[i+1]
	}
	return e
}

// noted reads entries as the store does.
func noted(all ...store.Entry) journal.Read {
	return journaltest.Of(func(w timeline.Window, e store.Entry) bool { return e.At.Before(w.To) && !e.Until.Before(w.From) }, all...)
}

const secret = "hunter2"

func TestConformance(t *testing.T) {
	journaltest.Run(t, sourcetest.Suite{
		New: func(*testing.T) sources.Source {
			return New(noted(written(10, "Mallory Doe failed over, ask mallory@example.com, password="+secret, store.NoteAuthor, "Mallory Doe"), written(20, "it works\n\nagain.")))
		},
		Interpret: Interpret, Window: window, Idle: timeline.Window{From: at(120), To: at(180)},
		Secrets: []string{secret, "allory"},
	}, func(read journal.Read) sources.Source { return New(read) })
}

// findings are what a draft finds.
func findings(t *testing.T, scope timeline.Scope, roles sources.Roles, read journal.Read) timeline.Findings {
	t.Helper()
	req := sourcetest.Request(window)
	req.Scope, req.Roles = scope, roles
	return sourcetest.Ask(t, New(read), Interpret, req)
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
			f := findings(t, timeline.Scope{}, roles, noted(tt.entry))
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
	for name, read := range map[string]journal.Read{"no journal": journaltest.Fails(store.ErrMissing), "an empty one": noted()} {
		if f := findings(t, timeline.Scope{}, sources.Roles{}, read); len(f.Evidence)+len(f.Gaps)+len(f.Checks) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := findings(t, timeline.Scope{}, sources.Roles{}, noted(written(-90, "x"))); len(f.Checks) != 1 || f.Checks[0].LookedFor != "notes of people" {
		t.Errorf("checks %+v", f.Checks)
	}
}

func TestScope(t *testing.T) {
	all := noted(written(10, "a", store.NoteCluster, "shop"), written(20, "b", store.NoteCluster, "bank"), written(30, "c"), written(40, "d", store.NoteTarget, "db1"))
	for _, tt := range []struct {
		scope timeline.Scope
		want  int
	}{
		{timeline.Scope{}, 4}, {timeline.Scope{Clusters: []string{"shop"}}, 3}, {timeline.Scope{Targets: []string{"db2"}}, 3}, {timeline.Scope{Clusters: []string{"shop"}, Targets: []string{"db2"}}, 2},
	} {
		if f := findings(t, tt.scope, sources.Roles{}, all); len(f.Events) != tt.want {
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
	read := noted(all...)
	f := findings(t, timeline.Scope{}, sources.Roles{}, func(ctx context.Context, w timeline.Window, most int) (store.Entries, error) {
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
		f := sourcetest.Ask(t, New(noted(e)), Interpret, sourcetest.Request(window))
		if len(f.Evidence) != 2 || len(f.Events) != 1 {
			t.Errorf("%d records, %+v", len(f.Evidence), f.Events)
		}
	})
}
