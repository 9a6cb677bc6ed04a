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

// TestWhoHeldTheConnections: the server is full, the recorder keeps its connection
// or gets in over admin_address, and sees who has them.
func TestWhoHeldTheConnections(t *testing.T) {
	full := func(s float64) bool { return s >= 200.3 && s < 230.6 }
	w := world{
		status: func(s float64) store.Status {
			if full(s) {
				return store.Status{"Threads_connected": 151, "max_connections": 151}
			}
			return store.Status{"Threads_connected": 40, "max_connections": 151}
		},
		tweak: func(s float64, tick *store.Tick) {
			if !full(s) {
				return
			}
			if s < 203 { // the tick that came through the other door, and the one after it
				tick.Heartbeat.ErrorNumber = 1040
			}
			tick.Sessions.Idle = map[string]int{"shop_app": 97, "cron": 2, "system user": 3}
			for id := range uint64(50) {
				row := store.Session{ID: id, User: "shop_app", Command: "Query", SQL: "SELECT * FROM orders WHERE id = ?"}
				if id < 9 {
					row.Command, row.SQL = "Sleep", ""
				}
				tick.Sessions.Active = append(tick.Sessions.Active, row)
			}
		},
	}
	e := only(t, watchWorld(t, w), timeline.MySQLConnectionsExhausted)
	attribute(t, e, "refused_ticks", "2")
	attribute(t, e, "held_by", "account-cb7f 147 (106 idle, 9 of these in a transaction), replication applier 3 (3 idle), account-c374 2 (2 idle)")
	attribute(t, e, "statement", "SELECT * FROM orders WHERE id = ?")
	attribute(t, e, "statement_sessions", "41")
	want := "db1 refused the recorder's login with error 1040 in 2 ticks; at the fullest account-cb7f had 147 of 152 sessions, 106 of them idle; 41 were in one statement: SELECT * FROM orders WHERE id = ?"
	if e.Summary != want {
		t.Errorf("summary %q", e.Summary)
	}
}
