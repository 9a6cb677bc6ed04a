package page

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"collector/internal/timeline"
)

func episode(kind timeline.Kind, severity timeline.Severity, from, to float64) timeline.Event {
	end := timeline.Exactly(at(to))
	return timeline.Event{Kind: kind, Severity: severity, Start: timeline.Exactly(at(from)), End: &end}
}

// TestPack: nothing covers anything in its row, every event in sight has a place or is
// counted in a bin, and what has no room is never graver than what has.
func TestPack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, many := range []int{0, 1, 5, 40, 1000} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			var events []timeline.Event
			var own []int
			severities := []timeline.Severity{timeline.Info, timeline.Warning, timeline.Critical}
			for n := range many {
				from := random.Float64() * 58
				events = append(events, episode(timeline.MySQLLockWait, severities[n%3], from, from+random.Float64()*2))
				own = append(own, n)
			}
			p := pack(events, own, axis{at(0), at(60)}, 100)
			checkRows(t, p)
			count, worst := len(p.marks), timeline.Info
			for _, b := range p.bins {
				count += len(b.events)
				for _, n := range b.events {
					if events[n].Severity.Rank() > worst.Rank() {
						worst = events[n].Severity
					}
				}
			}
			if count != many {
				t.Errorf("%d of %d events are shown", count, many)
			}
			if len(p.marks) > 100 {
				t.Errorf("%d events have a place of their own", len(p.marks))
			}
			if many <= 5 && len(p.bins) > 0 {
				t.Errorf("%d events had no room", len(p.bins))
			}
			if many == 40 && worst == timeline.Critical {
				t.Error("a grave event had no room")
			}
		})
	}
}

func checkRows(t *testing.T, p packed) {
	t.Helper()
	rows := make([][]mark, maxRows)
	for _, m := range p.marks {
		a, b := m.extent()
		for _, other := range rows[m.row] {
			if c, d := other.extent(); a < d && b > c {
				t.Errorf("row %d: %.0f to %.0f covers %.0f to %.0f", m.row, a, b, c, d)
			}
		}
		rows[m.row] = append(rows[m.row], m)
	}
}

func TestPlace(t *testing.T) {
	a := axis{at(0), at(60)}
	going := timeline.Event{Kind: timeline.MySQLDown, Start: timeline.Exactly(at(10))}
	for _, tt := range []struct {
		name             string
		event            timeline.Event
		seen             bool
		leftward, inside bool
	}{
		{"in the middle", episode(timeline.MySQLDeadlock, timeline.Info, 30, 30), true, false, false},
		{"at the end", episode(timeline.MySQLDeadlock, timeline.Info, 59, 59), true, true, false},
		{"all the time", episode(timeline.MySQLDeadlock, timeline.Info, -10, 70), true, false, true},
		{"still going on", going, true, true, false},
		{"before", episode(timeline.MySQLDeadlock, timeline.Info, -10, -5), false, false, false},
		{"after", episode(timeline.MySQLDeadlock, timeline.Info, 65, 70), false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, seen := place(tt.event, a)
			if seen != tt.seen || m.leftward != tt.leftward || m.inside != tt.inside {
				t.Errorf("seen %t, leftward %t, inside %t", seen, m.leftward, m.inside)
			}
		})
	}
}

func BenchmarkPack(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var events []timeline.Event
	var own []int
	for n := range 5000 {
		from := random.Float64() * 58
		events = append(events, episode(timeline.MySQLLockWait, timeline.Warning, from, from+random.Float64()))
		own = append(own, n)
	}
	a := axis{at(0), at(0).Add(time.Hour)}
	for b.Loop() {
		pack(events, own, a, maxMarks)
	}
}
