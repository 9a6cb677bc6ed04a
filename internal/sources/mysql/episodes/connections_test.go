package episodes

import (
	"testing"

	"collector/internal/store"
	"collector/internal/timeline"
)

func TestConnectionsExhausted(t *testing.T) {
	status := func(connected, refusals func(s float64) int64) func(float64) store.Status {
		return func(s float64) store.Status {
			return store.Status{"Threads_connected": connected(s), "max_connections": 151, "Connection_errors_max_connections": refusals(s)}
		}
	}
	within := func(from, to float64, yes, no int64) func(float64) int64 {
		return func(s float64) int64 {
			if s >= from && s < to {
				return yes
			}
			return no
		}
	}
	tests := []struct {
		name  string
		world world
		end   float64
		ticks string
	}{
		{"the recorder is refused", world{refused: []duration{{200.3, 230.6}}}, 230.6, "30"},
		{"all connections in use", world{status: status(within(200.3, 230.6, 151, 40), within(0, 0, 0, 7))}, 230.6, "0"},
		{"others are refused", world{status: status(within(0, 0, 0, 150), func(s float64) int64 { return int64(min(max(s, 200.3), 230.6)*10) - 2003 })}, 230.6, "0"},
		{"first full, then refused", world{refused: []duration{{210, 230.6}}, status: status(within(200.3, 210, 151, 40), within(0, 0, 0, 7))}, 230.6, "21"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := watchWorld(t, tt.world)
			e := only(t, f, timeline.MySQLConnectionsExhausted)
			brackets(t, "start", e.Start, 200.3, 1)
			if e.End.At.Before(at(tt.end-1)) || e.End.At.After(at(tt.end+2)) {
				t.Errorf("end %v, want near %v", e.End.At, at(tt.end))
			}
			attribute(t, e, "refused_ticks", tt.ticks)
			attribute(t, e, "max_connections", "151")
			if len(ofKind(f, timeline.MySQLDown)) != 0 {
				t.Errorf("a server without free connections is not down: %v", summaries(f))
			}
		})
	}
}
