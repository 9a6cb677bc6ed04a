package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// TestCheck: what a witness says of the last day.
func TestCheck(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	words := Words{
		Kind: "notes", Name: "people", What: "the notes", Never: "nobody wrote one", Most: 7, Ahead: time.Minute,
		Tell: func(found store.Entries) string { return fmt.Sprintf("%d notes", len(found.List)) },
	}
	two := []store.Entry{{}, {}}
	for _, tt := range []struct {
		name  string
		found store.Entries
		err   error
		want  string
	}{
		{"there is no journal", store.Entries{}, fmt.Errorf("opening: %w", store.ErrMissing), "ok nobody wrote one"},
		{"nobody ever wrote", store.Entries{}, nil, "ok nobody wrote one"},
		{"notes", store.Entries{List: two, Ever: true}, nil, "ok 2 notes"},
		{"damaged rows", store.Entries{List: two, Ever: true, Damaged: 3}, nil, "degraded 2 notes; 3 rows of journal.db cannot be read"},
		{"the disk", store.Entries{}, errors.New("disk I/O error"), "failed the notes cannot be read: disk I/O error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked timeline.Window
			w := New(words, func(_ context.Context, w timeline.Window, most int) (store.Entries, error) {
				asked = w
				if most != words.Most {
					t.Errorf("asked for %d", most)
				}
				return tt.found, tt.err
			})
			w.now = func() time.Time { return now }
			lines := w.Check(t.Context())
			if len(lines) != 1 || lines[0].Source != "notes/people" || lines[0].Level.String()+" "+lines[0].Text != tt.want {
				t.Errorf("%+v, want %s", lines, tt.want)
			}
			if (lines[0].Level == sources.Degraded) != (len(lines[0].Fix) > 0) {
				t.Errorf("the fix is %v", lines[0].Fix)
			}
			if want := (timeline.Window{From: now.Add(-24 * time.Hour), To: now.Add(time.Minute)}); asked != want {
				t.Errorf("looked at %s", asked)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	if got := Missing("notes", 0, 0); len(got) > 0 {
		t.Errorf("nothing is missing: %q", got)
	}
	got := strings.Join(Missing("notes", 3, 2), "; ")
	if got != "of 3 further notes, the latest of the window, only the number is known; 2 rows of the journal cannot be read: restore journal.db from a backup" {
		t.Error(got)
	}
}
