package report

import (
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestALengthIsToldOnce: a summary that tells a duration within the errors of the
// event's times tells its length; any other duration is about something else.
func TestALengthIsToldOnce(t *testing.T) {
	at := clockAt(t, "07:00:00")
	for _, tt := range []struct {
		summary string
		length  time.Duration
		err     time.Duration // of the start and of the end
		want    bool
	}{
		{"deploy of shop 2 finished after 6 s", 6 * time.Second, 0, true},
		{"a statement ran for 6 s: SELECT ?", 6 * time.Second, 0, true},
		{"a transaction stayed open for 6 s, 12 rows", 6 * time.Second, 0, true},
		{"deploy of shop 2 finished after 16 s", 6 * time.Second, 0, false},
		{"a statement ran for 6 sheep", 6 * time.Second, 0, false},
		{"rollback of shop failed: 6 s were not enough", 6 * time.Second, 0, false},
		{"a statement ran for 18 s: SELECT ?", 19 * time.Second, time.Second, true},
		{"a statement ran for 18 s: SELECT ?", 19 * time.Second, 0, false},
		{"a statement ran for 18 s: SELECT ?", 21 * time.Second, time.Second, false},
		{"25 sessions waited up to 17 s for row locks", 18 * time.Second, time.Second, true},
		{"column a of b.c was added on db1, in 18 s", 18 * time.Second, 0, true},
		{"a statement ran for 642 s: SELECT ?", 10*time.Minute + 42*time.Second, 0, true},
		{"a transaction stayed open for 12m10s", 12*time.Minute + 10*time.Second, 0, true},
		{"a transaction stayed open for 12m10s", 22*time.Minute + 10*time.Second, 0, false},
		{"deploy of shop 2 finished after 3 h 4 min", 3*time.Hour + 4*time.Minute, 0, true},
		{"deploy of shop 2 finished after 3 h 4 min", 3 * time.Hour, 0, false},
		{"the replica was behind for 2 d 4 h", 52 * time.Hour, 0, true},
		{"the replica was behind for 2 d", 48 * time.Hour, 0, true},
	} {
		start, end := timeline.Around(at, tt.err), timeline.Around(at.Add(tt.length), tt.err)
		if got := tellsLength(timeline.Event{Summary: tt.summary, Start: start, End: &end}); got != tt.want {
			t.Errorf("tellsLength of %q, which took %s ± %s = %v, want %v", tt.summary, tt.length, 2*tt.err, got, tt.want)
		}
	}
}

// TestUntil: where the words tell the length, the line has the end with its error.
func TestUntil(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	doc := &document{tl: timeline.Timeline{Window: f.window}, clock: newClock(time.UTC, f.window)}
	for _, tt := range []struct {
		summary    string
		start, end timeline.Instant
		want       string
	}{
		{"a statement ran for 18 s", f.around("07:10:00", time.Second), f.around("07:10:19", time.Second), "until 07:10:19 ± 1 s"},
		{"a statement ran for 18 s", f.exactly("07:10:00"), timeline.Between(clockAt(t, "07:10:18"), clockAt(t, "07:10:20").Add(500*time.Millisecond)), "ended 07:10:18 to 07:10:20"},
		{"14 sessions waited", f.around("07:10:00", time.Second), f.around("07:10:19", time.Second), "for 19 s ± 2 s"},
	} {
		if got := doc.until(timeline.Event{Summary: tt.summary, Start: tt.start, End: &tt.end}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.summary, got, tt.want)
		}
	}
}
