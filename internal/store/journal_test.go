package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/timeline"
)

// minute is so many minutes after nine.
func minute(n float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(n * float64(time.Minute)))
}

func minutes(from, to float64) timeline.Window {
	return timeline.Window{From: minute(from), To: minute(to)}
}

// openJournal opens a journal in a new directory, or in opt's.
func openJournal(t testing.TB, opt JournalOptions) *Journal {
	t.Helper()
	if opt.Path == "" {
		opt.Path = t.TempDir()
	}
	if opt.Clean == nil {
		opt.Clean = func(_, text string) string { return text }
	}
	j, err := OpenJournal(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() }) // some tests close it
	return j
}

// deploy is a change at a minute; its key is its text.
func deploy(text string, at float64) Entry {
	return Entry{Kind: ChangeEntry, Key: text, At: minute(at), Received: minute(at + 1), Fields: map[string]string{"service": "shop", "message": text}}
}

func put(t testing.TB, j *Journal, entries ...Entry) {
	t.Helper()
	if _, err := j.Put(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

// messages are what a journal tells of a window, in one line.
func messages(t testing.TB, dir string, kind EntryKind, w timeline.Window) string {
	t.Helper()
	found, err := ReadJournal(t.Context(), dir, kind, w, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range found.List {
		all = append(all, e.Fields["message"])
	}
	return strings.Join(all, " ")
}

// TestJournalKeepsOnce: the same again is known, something else under its key is
// refused, and with it all that came with it.
func TestJournalKeepsOnce(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, JournalOptions{Path: dir})
	undated := deploy("undated", 5)
	undated.Undated = true
	later := undated
	later.At, later.Received = minute(7), minute(7)
	changed := deploy("a", 1)
	changed.Fields = map[string]string{"service": "shop", "message": "b"}
	moved := deploy("a", 2)
	vaguer := deploy("a", 1)
	vaguer.Until = minute(1.5)
	note := deploy("a", 1)
	note.Kind = NoteEntry
	for _, step := range []struct {
		name     string
		entries  []Entry
		fresh    int
		conflict bool
	}{
		{"first", []Entry{deploy("a", 1)}, 1, false},
		{"again", []Entry{deploy("a", 1)}, 0, false},
		{"again with a new one", []Entry{deploy("a", 1), deploy("c", 3)}, 1, false},
		{"twice at once", []Entry{deploy("d", 4), deploy("d", 4)}, 1, false},
		{"another content", []Entry{changed}, 0, true},
		{"another time", []Entry{moved}, 0, true},
		{"another exactness", []Entry{vaguer}, 0, true},
		{"with another content, a new one", []Entry{deploy("e", 5), changed}, 0, true},
		{"no time", []Entry{undated}, 1, false},
		{"no time, again later", []Entry{later}, 0, false},
		{"a note under a change's key", []Entry{note}, 1, false},
	} {
		t.Run(step.name, func(t *testing.T) {
			fresh, err := j.Put(t.Context(), step.entries...)
			if fresh != step.fresh && !step.conflict || errors.Is(err, ErrConflict) != step.conflict || err != nil && !step.conflict {
				t.Errorf("%d fresh, %v", fresh, err)
			}
		})
	}
	if got := messages(t, dir, ChangeEntry, minutes(0, 60)); got != "a c d undated" {
		t.Errorf("the changes are %q", got)
	}
	if got := messages(t, dir, NoteEntry, minutes(0, 60)); got != "a" {
		t.Errorf("the notes are %q", got)
	}
}

// TestJournalWindow: an entry is in a window that any part of its time is in.
func TestJournalWindow(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, JournalOptions{Path: dir})
	vague := deploy("vague", 10)
	vague.Until = minute(11)
	put(t, j, deploy("last", 20), deploy("first", 9), vague)
	for _, tt := range []struct {
		from, to float64
		want     string
	}{
		{0, 30, "first vague last"}, {9, 10, "first"}, {9.5, 20, "vague"}, {10.5, 10.6, "vague"},
		{11, 20, "vague"}, {11.1, 20, ""}, {20, 20.1, "last"}, {20.1, 30, ""},
	} {
		if got := messages(t, dir, ChangeEntry, minutes(tt.from, tt.to)); got != tt.want {
			t.Errorf("from %v to %v: %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
	found, err := ReadJournal(t.Context(), dir, ChangeEntry, minutes(0, 30), 2)
	if err != nil || len(found.List) != 2 || found.More != 1 || !found.Ever {
		t.Errorf("of three, two: %+v, %v", found, err)
	}
	first := found.List[0]
	if first.Number == 0 || !first.At.Equal(minute(9)) || !first.Until.Equal(minute(9)) || !first.Received.Equal(minute(10)) || first.Kind != ChangeEntry {
		t.Errorf("the first is %+v", first)
	}
	if found, err := ReadJournal(t.Context(), dir, NoteEntry, minutes(0, 30), 2); err != nil || found.Ever {
		t.Errorf("notes: %+v, %v", found, err)
	}
}

func TestJournalRefuses(t *testing.T) {
	j := openJournal(t, JournalOptions{})
	for name, spoil := range map[string]func(*Entry){
		"no key":      func(e *Entry) { e.Key = "" },
		"no kind":     func(e *Entry) { e.Kind = "" },
		"no time":     func(e *Entry) { e.At = time.Time{} },
		"year 10000":  func(e *Entry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"vague":       func(e *Entry) { e.Until = e.At.Add(2 * time.Hour) },
		"backwards":   func(e *Entry) { e.Until = e.At.Add(-time.Second) },
		"too large":   func(e *Entry) { e.Fields = map[string]string{"message": strings.Repeat("x", MaxEntry)} },
		"unreceived":  func(e *Entry) { e.Received = time.Time{} },
		"every field": func(e *Entry) { *e = Entry{} },
	} {
		t.Run(name, func(t *testing.T) {
			e := deploy("a", 1)
			spoil(&e)
			if _, err := j.Put(t.Context(), deploy("before", 1), e); err == nil || errors.Is(err, ErrConflict) {
				t.Errorf("it was kept: %v", err)
			}
		})
	}
	if list, err := j.After(t.Context(), 0, 10); err != nil || len(list) > 0 {
		t.Errorf("%d were kept, %v", len(list), err)
	}
}

// TestJournalCleans: what Clean takes out is in no byte of the files.
func TestJournalCleans(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, JournalOptions{Path: dir, Clean: func(name, text string) string {
		return strings.ReplaceAll(text, "hunter2", "<"+name+">")
	}})
	e := deploy("the password is hunter2", 1)
	e.Key = "hunter2" // a key is kept as its sum
	put(t, j, e)
	if got := messages(t, dir, ChangeEntry, minutes(0, 9)); got != "the password is <message>" {
		t.Errorf("it says %q", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || bytes.Contains(content, []byte("hunter2")) {
			t.Errorf("%s: the secret is in it, or %v", file, err)
		}
	}
}

func TestJournalRetires(t *testing.T) {
	dir := t.TempDir()
	held := []timeline.Window{minutes(10, 20)}
	var unknown error
	j := openJournal(t, JournalOptions{
		Path: dir, Retention: time.Hour, Now: func() time.Time { return minute(100) },
		Keep: func(context.Context) ([]timeline.Window, error) { return held, unknown },
	})
	late := deploy("told-late", 5)
	late.Received = minute(90)
	put(t, j, deploy("old", 9), deploy("held", 15), deploy("young", 50), late)
	unknown = errors.New("the book is damaged")
	if err := j.Retire(t.Context()); !errors.Is(err, unknown) {
		t.Errorf("nobody knows what must be kept: %v", err)
	}
	unknown = nil
	for range 2 {
		if err := j.Retire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := messages(t, dir, ChangeEntry, minutes(0, 200)); got != "told-late held young" {
			t.Errorf("what is left is %q", got)
		}
	}
	held = nil
	if err := j.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := messages(t, dir, ChangeEntry, minutes(0, 200)); got != "told-late young" {
		t.Errorf("what is left is %q", got)
	}
}

// TestJournalIsBounded: a flood is refused, and when the oldest are gone it goes on.
func TestJournalIsBounded(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, JournalOptions{Path: dir, MaxSize: 1 << 20, Keep: func(context.Context) ([]timeline.Window, error) {
		return []timeline.Window{minutes(0, 1)}, nil
	}})
	long := strings.Repeat("x", 30_000)
	put(t, j, deploy("held", 0))
	refused := 0
	for n := 1; n < 200 && refused == 0; n++ {
		e := deploy(fmt.Sprint("d", n), float64(n))
		e.Fields["long"] = long
		_, err := j.Put(t.Context(), e)
		switch {
		case errors.Is(err, ErrFull):
			refused = n
		case err != nil:
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Fatal("200 entries of 30 kB are in a journal of 1 MiB")
	}
	if err := j.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, j, deploy("after", 300))
	got := strings.Fields(messages(t, dir, ChangeEntry, minutes(-1, 400)))
	if len(got) < 10 || got[0] != "held" || got[1] == "d1" || got[len(got)-1] != "after" {
		t.Errorf("what is left is %v", got)
	}
}

// TestJournalOfSeveral: several processes write and read it at once.
func TestJournalOfSeveral(t *testing.T) {
	dir := t.TempDir()
	const writers, each = 3, 20
	var wg sync.WaitGroup
	for w := range writers {
		j := openJournal(t, JournalOptions{Path: dir})
		wg.Go(func() {
			for n := range each {
				if _, err := j.Put(t.Context(), deploy(fmt.Sprintf("%d-%d", w, n), float64(n)), deploy(fmt.Sprint("shared", n), float64(n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := strings.Fields(messages(t, dir, ChangeEntry, minutes(0, 60))); len(got) != (writers+1)*each {
		t.Errorf("%d entries, want %d", len(got), (writers+1)*each)
	}
}

func TestJournalMarks(t *testing.T) {
	j := openJournal(t, JournalOptions{})
	put(t, j, deploy("a", 1), deploy("b", 2), deploy("c", 3))
	for _, want := range []int{3, 1} {
		mark, err := j.Mark(t.Context(), "reader")
		if err != nil {
			t.Fatal(err)
		}
		list, err := j.After(t.Context(), mark, 10)
		if err != nil || len(list) != want {
			t.Fatalf("after %d come %d, %v", mark, len(list), err)
		}
		if err := j.SetMark(t.Context(), "reader", list[min(1, len(list)-1)].Number); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := j.After(t.Context(), 0, 2); err != nil || len(list) != 2 || list[1].Fields["message"] != "b" {
		t.Errorf("two of three: %+v, %v", list, err)
	}
}

// TestJournalDamage: a row that cannot be read is counted, and the others are read.
func TestJournalDamage(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, JournalOptions{Path: dir})
	put(t, j, deploy("a", 1), deploy("b", 2))
	if _, err := j.db.Exec(`UPDATE entry SET fields = '{"message":' WHERE number = 1`); err != nil {
		t.Fatal(err)
	}
	found, err := ReadJournal(t.Context(), dir, ChangeEntry, minutes(0, 9), 10)
	if err != nil || len(found.List) != 1 || found.Damaged != 1 || found.More != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if list, err := j.After(t.Context(), 0, 10); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestJournalThatIsNone(t *testing.T) {
	if _, err := ReadJournal(t.Context(), t.TempDir(), ChangeEntry, minutes(0, 9), 10); !errors.Is(err, ErrMissing) {
		t.Errorf("without a file: %v", err)
	}
	dir := t.TempDir()
	if JournalExists(dir) {
		t.Error("it exists before it was made")
	}
	if err := os.WriteFile(filepath.Join(dir, journalName), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if !JournalExists(dir) {
		t.Error("it does not exist")
	}
	if _, err := OpenJournal(t.Context(), JournalOptions{Path: dir}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("garbage: %v", err)
	}
	gone := t.TempDir()
	j := openJournal(t, JournalOptions{Path: gone})
	if err := os.Remove(filepath.Join(gone, journalName)); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Put(t.Context(), deploy("a", 1)); !errors.Is(err, ErrMissing) {
		t.Errorf("deleted: %v", err)
	}
}

// sketchEntry is an entry in one line.
func sketchEntry(e Entry) string {
	text := e.At.Format("15:04:05")
	if e.Undated {
		text += " undated"
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		text += " " + name + "=" + e.Fields[name]
	}
	return text
}

// BenchmarkJournalPut keeps one change after the other, each on disk before the next.
func BenchmarkJournalPut(b *testing.B) {
	j := openJournal(b, JournalOptions{})
	n := 0
	for b.Loop() {
		n++
		if _, err := j.Put(b.Context(), deploy(fmt.Sprint(n), float64(n%1000))); err != nil {
			b.Fatal(err)
		}
	}
}
