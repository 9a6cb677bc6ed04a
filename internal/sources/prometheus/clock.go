package prometheus

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const kindClock = "clock"

// clockAnswer is the server's clock between two readings of ours.
type clockAnswer struct {
	SentMS     int64 `json:"sent_ms"`
	ServerMS   int64 `json:"server_ms"`
	ReceivedMS int64 `json:"received_ms"`
}

// offset is how far the server's clock is ahead of ours, and its error.
func (c clockAnswer) offset() (offset, err time.Duration) {
	middle := (c.SentMS + c.ReceivedMS) / 2
	half := (c.ReceivedMS - c.SentMS + 1) / 2
	return time.Duration(c.ServerMS-middle) * time.Millisecond, time.Duration(half+1) * time.Millisecond
}

// askClock is the first question: it also finds out whether anybody answers. It
// has a third of the time limit, so that a server that hangs is left early.
func (a *asker) askClock(ctx context.Context) ([]timeline.Evidence, error) {
	third := a.cfg.Timeout.Duration / 3
	if deadline, ok := ctx.Deadline(); ok {
		third = min(third, max(0, time.Until(deadline)/2))
	}
	ctx, cancel := context.WithTimeout(ctx, third)
	defer cancel()
	q := asked{Kind: kindClock, Prometheus: a.cfg.Name, PromQL: "time()", From: a.req.Window.From, To: a.req.Window.To}
	c, err := a.readClock(ctx, a.req.Now)
	if err != nil {
		a.unreachable = a.Source.explain(ctx, err, third)
		return a.failure(q, q, a.unreachable)
	}
	e, err := a.answer(q, q, c)
	return []timeline.Evidence{e}, err
}

// readClock asks for the server's time, between two readings of our clock.
func (s *Source) readClock(ctx context.Context, now func() time.Time) (clockAnswer, error) {
	began := time.Now()
	sent := now()
	v, _, _, err := s.api.Query(ctx, "time()", time.Time{}, limit(ctx)...)
	if err != nil {
		return clockAnswer{}, err
	}
	received := sent.Add(time.Since(began))
	scalar, ok := v.(*model.Scalar)
	if !ok || scalar == nil {
		return clockAnswer{}, fmt.Errorf("asking for time(): %w", errNoData)
	}
	return clockAnswer{sent.UnixMilli(), int64(float64(scalar.Value) * 1000), received.UnixMilli()}, nil
}
