package mysql

import (
	"time"

	"collector/internal/store"
)

// gate keeps a part from asking a dear question whose answer cannot have changed:
// that of which a counter among the status of every tick would tell. The counter is
// read before the question is asked, so what changes in between moves it for the
// next tick.
type gate struct {
	counter string
	anyway  time.Duration // so often the question is asked whatever the counter says
	value   int64         // at the last look
	known   bool          // the value, because there was a look
	uptime  uint64        // of the server at the last tick, in seconds
	looked  time.Time
}

// shut reports whether the counter stands where it stood at the last look. It is
// open when the counter is not known at this tick, or the server started anew.
func (g *gate) shut(tick *store.Tick) bool {
	value, counted := tick.Status[g.counter]
	beat := &tick.Heartbeat
	if !g.known || !counted || value != g.value || beat.UptimeSec < g.uptime || beat.At.Sub(g.looked).Abs() >= g.anyway {
		return false
	}
	g.uptime = beat.UptimeSec
	return true
}

// look takes down what the counter was when the question was asked.
func (g *gate) look(tick *store.Tick) {
	g.value, g.known = tick.Status[g.counter]
	g.uptime, g.looked = tick.Heartbeat.UptimeSec, tick.Heartbeat.At
}
