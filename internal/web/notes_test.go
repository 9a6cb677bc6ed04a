package web

import (
	"strings"
	"testing"
	"time"

	"collector/internal/store"
)

func TestNotes(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		code       int
		want       string // of the answer where it is refused, else what was kept
	}{
		{"a text", `{"text":"failed over"}`, 200, "undated text=failed over"},
		{"all of it", `{"text":"a\nb","at":"2024-07-12T09:10:00Z","author":"Ann","cluster":"shop","target":"db1","disputes":"e-1f3c9a02"}`, 200,
			"09:10:00 author=Ann cluster=shop disputes=e-1f3c9a02 target=db1 text=a\nb"},
		{"markup is text", `{"text":"<script>alert(1)</script> **x**"}`, 200, "undated text=<script>alert(1)</script> **x**"},
		{"no text", `{"at":"2024-07-12T09:10:00Z"}`, 400, "the note has no text"},
		{"no time that can be read", `{"text":"x","at":"noon"}`, 400, "noon"},
		{"an unknown cluster", `{"text":"x","cluster":"bank"}`, 400, `no cluster \"bank\" in the configuration; there is: shop`},
		{"a mistyped key", `{"text":"x","when":"now"}`, 400, `unknown field \"when\"`},
		{"a wrong type", `{"text":7}`, 400, `\"text\" is of a wrong type`},
		{"no ID", `{"text":"x","disputes":"all of it"}`, 400, "is no ID of an event"},
		{"in the future", `{"text":"x","at":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`, 400, "in the future"},
		{"a list", `[{"text":"x"}]`, 400, "the body is no note"},
		{"null", `null`, 400, "the body is no note"},
		{"two", `{"text":"x"}{"text":"y"}`, 400, "not JSON"},
		{"not JSON", `text=x`, 400, "not JSON"},
		{"a long text", `{"text":"` + strings.Repeat("x", store.MaxNote+1) + `"}`, 400, "shorten it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			rec := ask(pushTo(t, kept), "POST", apiNotes, tt.body, "Content-Type", "application/json")
			if rec.Code != tt.code {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			if tt.code == 200 {
				if got := kept.told(); got != tt.want || kept.kept[0].Kind != store.NoteEntry {
					t.Errorf("kept %q, want %q", got, tt.want)
				}
			} else if !strings.Contains(rec.Body.String(), tt.want) || kept.told() != "" {
				t.Errorf("it says %s and keeps %q", rec.Body, kept.told())
			}
		})
	}
	if rec := ask(pushTo(t, &diary{}), "POST", apiNotes, `{"text":"x"}`, "Content-Type", "text/plain"); rec.Code != 415 {
		t.Errorf("as text: %d", rec.Code)
	}
}

// TestNotesTwice: a note about a time that is said again is the same; about now it is another.
func TestNotesTwice(t *testing.T) {
	for body, want := range map[string]int{`{"text":"x"}`: 2, `{"text":"x","at":"now"}`: 2, `{"text":"x","at":"2024-07-12T09:10:00Z"}`: 1} {
		kept := &diary{}
		handler := pushTo(t, kept)
		for range 2 {
			if rec := ask(handler, "POST", apiNotes, body, "Content-Type", "application/json"); rec.Code != 200 {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
			time.Sleep(2 * time.Millisecond) // now is another time
		}
		if len(kept.kept) != want {
			t.Errorf("%s twice is %d notes, want %d", body, len(kept.kept), want)
		}
	}
}
