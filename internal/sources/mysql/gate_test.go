package mysql

import (
	"testing"
	"time"

	"collector/internal/store"
)

func TestGate(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	tick := func(after time.Duration, uptime uint64, status store.Status) *store.Tick {
		return &store.Tick{Heartbeat: store.Heartbeat{At: at.Add(after), UptimeSec: uptime}, Status: status}
	}
	for name, c := range map[string]struct {
		first, second *store.Tick
		shut          bool
	}{
		"the counter stands":           {tick(0, 100, store.Status{"n": 7}), tick(time.Second, 101, store.Status{"n": 7}), true},
		"the counter moved":            {tick(0, 100, store.Status{"n": 7}), tick(time.Second, 101, store.Status{"n": 8}), false},
		"another process, same count":  {tick(0, 100, store.Status{"n": 7}), tick(time.Second, 0, store.Status{"n": 7}), false},
		"no status at this tick":       {tick(0, 100, store.Status{"n": 7}), tick(time.Second, 101, nil), false},
		"no status at the look":        {tick(0, 100, nil), tick(time.Second, 101, store.Status{"n": 0}), false},
		"a server without the counter": {tick(0, 100, store.Status{"m": 7}), tick(time.Second, 101, store.Status{"m": 7}), false},
		"long ago":                     {tick(0, 100, store.Status{"n": 7}), tick(time.Minute, 160, store.Status{"n": 7}), false},
		"a clock that was set back":    {tick(0, 100, store.Status{"n": 7}), tick(-time.Hour, 101, store.Status{"n": 7}), false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gate{counter: "n", anyway: time.Minute}
			if g.shut(c.first) {
				t.Error("shut before the first look")
			}
			g.look(c.first)
			if got := g.shut(c.second); got != c.shut {
				t.Errorf("shut is %t", got)
			}
		})
	}
}
