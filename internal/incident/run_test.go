package incident

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"collector/internal/logtest"
)

// TestRun: who receives need not look: the incident is named by itself, and told once.
func TestRun(t *testing.T) {
	b := openBook(t, Options{Now: func() time.Time { return at(4) }})
	var log logtest.Buffer
	b.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		b.Run(ctx)
		close(done)
	}()
	receive(t, b, notify(3, firing("a", 2)), notify(3.5, firing("b", 3)))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		work, err := b.Due(t.Context(), at(4))
		if err != nil {
			t.Fatal(err)
		}
		if len(work) == 1 && strings.Contains(log.String(), `msg="incident open" incident=2026-11-21T0902Z-shop`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it was not named: %+v\n%s", work, log.String())
		}
	}
	stop()
	<-done
	if n := strings.Count(log.String(), "incident open"); n != 1 {
		t.Errorf("it was told %d times:\n%s", n, log.String())
	}
}
