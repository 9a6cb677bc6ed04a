package incident

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// waiting is what waits for a notifier, in one line.
func waiting(t *testing.T, b *Book, notifier string) string {
	t.Helper()
	all, err := b.Waiting(t.Context(), notifier)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, n := range all {
		body, err := b.Body(t.Context(), n.Number)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s", strings.TrimPrefix(n.Key, n.Incident+"/"), body))
	}
	return strings.Join(lines, ", ")
}

func notice(notifier, kind string) Notice {
	return Notice{Notifier: notifier, Kind: kind, At: at(4), Body: []byte(`{"to":"` + notifier + `"}`)}
}

// drafting records that a draft of the only incident was written, and what to tell.
func drafting(t *testing.T, b *Book, minute float64, final bool, notices ...Notice) {
	t.Helper()
	if err := b.Drafted(t.Context(), advance(t, b, minute)[0], "/out/1", at(minute), final, notices...); err != nil {
		t.Fatal(err)
	}
}

// TestOutbox: notices wait with the step that they tell of, in order, under a key of
// their own, until they are taken, also when the book is closed in between.
func TestOutbox(t *testing.T) {
	dir := t.TempDir()
	b := openBook(t, Options{Path: dir})
	receive(t, b, notify(3, firing("a", 2)))
	i := advance(t, b, 3)[0]
	if err := b.Opened(t.Context(), i, at(3), notice("chat", "opened"), notice("pager", "opened")); err != nil {
		t.Fatal(err)
	}
	drafting(t, b, 4, false, notice("chat", "drafted"))
	drafting(t, b, 9, false, notice("chat", "refreshed"))
	drafting(t, b, 14, false, notice("chat", "refreshed"))
	want := `opened/0 {"to":"chat"}, drafted/1 {"to":"chat"}, refreshed/2 {"to":"chat"}, refreshed/3 {"to":"chat"}`
	if got := waiting(t, b, "chat"); got != want {
		t.Errorf("waiting are %s", got)
	}
	if got := waiting(t, b, "pager"); got != `opened/0 {"to":"pager"}` {
		t.Errorf("waiting for the pager are %s", got)
	}
	if i := advance(t, b, 14)[0]; !i.Draft.Opened.Equal(at(3)) || i.Draft.Count != 3 {
		t.Errorf("%+v", i.Draft)
	}
	all, err := b.Waiting(t.Context(), "chat")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Postpone(t.Context(), all[0].Number, 3, at(20)); err != nil {
		t.Fatal(err)
	}
	if err := b.Discard(t.Context(), all[1].Number, all[2].Number, 4711); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = openBook(t, Options{Path: dir})
	all, err = b.Waiting(t.Context(), "chat")
	if err != nil || len(all) != 2 || all[0].Attempts != 3 || !all[0].Next.Equal(at(20)) || !all[0].At.Equal(at(4)) || all[1].Attempts != 0 || !all[1].Next.IsZero() {
		t.Errorf("after opening it again: %+v, %v", all, err)
	}
	if names, err := b.Notifiers(t.Context()); err != nil || !slices.Equal(names, []string{"chat", "pager"}) {
		t.Errorf("notices wait for %v, %v", names, err)
	}
	if _, err := b.Body(t.Context(), 4711); !errors.Is(err, ErrTaken) {
		t.Errorf("the body of what does not wait: %v", err)
	}
	if got := waiting(t, b, "nobody"); got != "" {
		t.Errorf("waiting for nobody are %s", got)
	}
}

// TestOutboxWithItsStep: what cannot be recorded is not told, and what cannot be
// queued is not recorded.
func TestOutboxWithItsStep(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(3, firing("a", 2)))
	i := advance(t, b, 3)[0]
	nobody := i
	nobody.ID = "nobody"
	if err := b.Opened(t.Context(), nobody, at(3), notice("chat", "opened")); err == nil {
		t.Error("the opening of no incident is recorded")
	}
	if got := waiting(t, b, "chat"); got != "" {
		t.Errorf("waiting are %s", got)
	}
	if _, err := b.db.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no room'); END`); err != nil {
		t.Fatal(err)
	}
	if err := b.Drafted(t.Context(), i, "/out/1", at(4), false, notice("chat", "drafted")); err == nil {
		t.Error("a draft is recorded that nobody can be told of")
	}
	if i := advance(t, b, 4)[0]; i.Draft.Count != 0 || !i.Draft.First.IsZero() {
		t.Errorf("%+v", i.Draft)
	}
}
