package page

import (
	"slices"
	"testing"
	"time"

	"collector/internal/timeline"
)

func at(minutes float64) time.Time {
	return time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

func hour() timeline.Window { return timeline.Window{From: at(0), To: at(60)} }

func TestParseRange(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		want           timeline.Window
	}{
		{"nothing", "", "", hour()},
		{"a part", "2026-07-12T07:10:00Z", "2026-07-12T07:20:00.000Z", timeline.Window{From: at(10), To: at(20)}},
		{"another zone", "2026-07-12T09:10:00+02:00", "", timeline.Window{From: at(10), To: at(60)}},
		{"wider than there is", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", hour()},
		{"upside down", "2026-07-12T07:20:00Z", "2026-07-12T07:10:00Z", hour()},
		{"after the end", "2026-07-12T09:00:00Z", "2026-07-12T09:10:00Z", hour()},
		{"before the beginning", "2026-07-12T05:00:00Z", "2026-07-12T06:00:00Z", hour()},
		{"too short", "2026-07-12T07:10:00Z", "2026-07-12T07:10:00.001Z", timeline.Window{From: at(10).Add(-499500 * time.Microsecond), To: at(10).Add(500500 * time.Microsecond)}},
		{"no time", "<script>", "1e9", hour()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseRange(tt.from, tt.to, hour()); got != tt.want {
				t.Errorf("it is %s, want %s", got, tt.want)
			}
		})
	}
}

// TestZoomStaysInTheWindow: whatever is zoomed or panned, the range is in the window
// and no shorter than can be looked at.
func TestZoomStaysInTheWindow(t *testing.T) {
	w := hour()
	for _, r := range []timeline.Window{w, {From: at(0), To: at(1)}, {From: at(59), To: at(60)}, {From: at(30), To: at(30.01)}, {From: at(10), To: at(50)}} {
		for name, got := range map[string]timeline.Window{
			"in": zoomed(r, w, true), "out": zoomed(r, w, false), "earlier": panned(r, w, false), "later": panned(r, w, true),
		} {
			if got.From.Before(w.From) || got.To.After(w.To) || got.Duration() < shortest {
				t.Errorf("%s of %s is %s", name, r, got)
			}
		}
	}
	if got := zoomed(w, w, true); got.Duration() != w.Duration()/zoomStep {
		t.Errorf("zooming into an hour shows %s", got.Duration())
	}
}

func TestLanes(t *testing.T) {
	event := func(kind timeline.Kind, source, target string) timeline.Event {
		return timeline.Event{Kind: kind, Source: source, Target: target}
	}
	story := timeline.Timeline{
		Window: hour(),
		Events: []timeline.Event{
			event(timeline.MySQLLockWait, "mysql", "db10"), event(timeline.Signal, "prometheus", "db2"), event(timeline.MySQLDown, "mysql", "db2"),
			event(timeline.Alert, "prometheus", "shop-app"), event(timeline.Deploy, "deploylog", "shop"), event(timeline.Annotation, "grafana", ""),
		},
		Gaps: []timeline.Gap{{Source: "mysql", Target: "db3"}},
	}
	lanes, laneOf := lanesOf(story)
	var names []string
	for _, l := range lanes {
		names = append(names, l.title())
	}
	if want := []string{"grafana", "shop", "shop-app", "db2", "db3", "db10"}; !slices.Equal(names, want) {
		t.Errorf("the lanes are %q, want %q", names, want)
	}
	if want := []int{5, 3, 3, 2, 1, 0}; !slices.Equal(laneOf, want) {
		t.Errorf("the events are in %v, want %v", laneOf, want)
	}
	if got := lanes[3].about(); got != "mysql, prometheus" {
		t.Errorf("db2 is told by %q", got)
	}
}

// TestManyLanes: targets beyond maxLanes share the last one, and no event is lost.
func TestManyLanes(t *testing.T) {
	var story timeline.Timeline
	for n := range 3 * maxLanes {
		story.Events = append(story.Events, timeline.Event{Kind: timeline.MySQLDown, Source: "mysql", Target: "db" + string(rune('!'+n))})
	}
	lanes, laneOf := lanesOf(story)
	if len(lanes) != maxLanes || lanes[maxLanes-1].title() != elsewhere {
		t.Errorf("%d lanes, the last is %q", len(lanes), lanes[len(lanes)-1].title())
	}
	count := 0
	for _, l := range lanes {
		count += len(l.events)
	}
	if count != len(story.Events) || slices.Max(laneOf) != maxLanes-1 {
		t.Errorf("%d of %d events have a lane", count, len(story.Events))
	}
}

func TestNatural(t *testing.T) {
	names := []string{"db10", "db2", "db", "db02a", "a9b10", "a9b9", "z"}
	slices.SortFunc(names, natural)
	if want := []string{"a9b9", "a9b10", "db", "db2", "db02a", "db10", "z"}; !slices.Equal(names, want) {
		t.Errorf("ordered %q, want %q", names, want)
	}
}
