package mysql

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/store"
)

// memory is a writer that keeps all ticks, and refuses them while err is set.
type memory struct {
	mu    sync.Mutex
	ticks []store.Tick
	err   error
}

func (m *memory) Append(_ context.Context, _ string, tick store.Tick) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.ticks = append(m.ticks, tick)
	return nil
}

func (m *memory) all() []store.Tick {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.Tick(nil), m.ticks...)
}

// outcomes writes the ticks as one letter each: A, R, D, U, T, S.
func (m *memory) outcomes() string {
	var b strings.Builder
	for _, tick := range m.all() {
		b.WriteByte("ARDUTS"[tick.Heartbeat.Outcome])
	}
	return b.String()
}

// fakeServer is the server and the one connection to it.
type fakeServer struct {
	mu      sync.Mutex
	login   error         // what a login gets
	clock   error         // what the next clock query gets
	delay   time.Duration // of the sessions query
	rare    time.Duration // how long each part takes that is asked now and then
	part    error         // what the sessions query gets
	hang    time.Duration // of the clock query
	busy    bool          // with a query that was given up
	asked   int           // sessions queries
	logins  int
	open    int
	queries uint32
}

func (f *fakeServer) connect(context.Context, time.Duration) (asker, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
	if f.login != nil {
		return nil, f.login
	}
	f.open++
	return f, nil
}

func (f *fakeServer) readHeartbeat(ctx context.Context, beat *store.Heartbeat) error {
	f.mu.Lock()
	hang := f.hang
	f.queries++
	f.mu.Unlock()
	if err := pause(ctx, hang); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.clock; err != nil {
		f.clock = nil
		return err
	}
	beat.Version = "9.7.4"
	return nil
}

func (f *fakeServer) readPart(ctx context.Context, p *part, into *store.Tick) error {
	f.mu.Lock()
	f.queries++
	delay, err := f.delay, f.part
	if p.bit == store.PartSessions {
		f.asked++
	}
	f.mu.Unlock()
	if p.every > 0 {
		return pause(ctx, f.rare)
	}
	switch p.bit {
	case store.PartSessions:
		if err := pause(ctx, delay); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		into.Sessions = &store.Sessions{}
	case store.PartReplicas:
		into.Replicas = &store.Replicas{}
	case store.PartStatus:
		into.Status = store.Status{}
	}
	return nil
}

func (f *fakeServer) stillBusy(context.Context, uint64) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.busy, nil
}

func (f *fakeServer) sessionID() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(f.logins)
}

func (f *fakeServer) sent() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queries
}

func (f *fakeServer) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
	f.queries = 0
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// record runs a recorder against f for so many seconds of synthetic time; at may
// change the server half a second before each tick, which are counted from 1.
func record(t *testing.T, f *fakeServer, w *memory, seconds int, at func(tick int)) string {
	t.Helper()
	return recordWith(t, f, w, seconds, func(tick int, _ *Recorder) {
		if at != nil {
			at(tick)
		}
	})
}

// recordWith is record for those who want the recorder, too.
func recordWith(t *testing.T, f *fakeServer, w *memory, seconds int, at func(tick int, r *Recorder)) string {
	t.Helper()
	var text bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		config := Config{Name: "db1", Address: "db1:3306", User: "collector", Interval: model.Duration(time.Second)}
		config.SetDefaults()
		log := slog.New(slog.NewTextHandler(&text, nil))
		r := NewRecorder(config, w, log, NewMetrics(prometheus.NewRegistry()))
		r.open = f.connect
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		for tick := 1; tick <= seconds; tick++ {
			f.mu.Lock()
			at(tick, r)
			f.mu.Unlock()
			time.Sleep(time.Second)
		}
		cancel()
		<-done
		if f.open != 0 {
			t.Errorf("%d connections are left open", f.open)
		}
	})
	return text.String()
}

func TestRecorderAnswersEachTick(t *testing.T) {
	f, w := &fakeServer{}, &memory{}
	log := record(t, f, w, 5, nil)
	if got := w.outcomes(); got != "AAAAA" {
		t.Errorf("outcomes %s", got)
	}
	if f.logins != 1 {
		t.Errorf("%d logins", f.logins)
	}
	for i, tick := range w.all() {
		if tick.Heartbeat.At.Nanosecond() != 5e8 || tick.Heartbeat.Interval != time.Second {
			t.Errorf("tick at %v every %v", tick.Heartbeat.At, tick.Heartbeat.Interval)
		}
		if tick.Sessions == nil || tick.Replicas == nil || tick.Status == nil || tick.Heartbeat.Queries < 4 {
			t.Errorf("tick %d lacks a part: %+v", i, tick)
		}
	}
	if strings.Count(log, "\n") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

func TestRecorderOutcomes(t *testing.T) {
	refused := &driver.MySQLError{Number: 1040, Message: "Too many connections"}
	for _, tc := range []struct {
		name string
		at   func(f *fakeServer, tick int)
		want string
	}{
		{"connection refused", func(f *fakeServer, tick int) { f.login = onTicks(tick, 1, 3, syscall.ECONNREFUSED) }, "UUUAA"},
		{"too many connections", func(f *fakeServer, tick int) { f.login = onTicks(tick, 1, 2, refused) }, "RRAAA"},
		{"account limit", func(f *fakeServer, tick int) { f.login = onTicks(tick, 1, 1, &driver.MySQLError{Number: 1226}) }, "DAAAA"},
		{"wrong password", func(f *fakeServer, tick int) { f.login = &driver.MySQLError{Number: 1045} }, "DDSDSSSD"},
		{"killed session", func(f *fakeServer, tick int) { f.clock = onTicks(tick, 3, 3, driver.ErrInvalidConn) }, "AAAAA"},
		{"idle disconnect", func(f *fakeServer, tick int) { f.clock = onTicks(tick, 3, 3, &driver.MySQLError{Number: 4031}) }, "AAAAA"},
		{"server died", func(f *fakeServer, tick int) {
			f.clock, f.login = onTicks(tick, 3, 3, driver.ErrInvalidConn), onTicks(tick, 3, 4, syscall.ECONNREFUSED)
		}, "AAUUAA"},
		{"shutting down", func(f *fakeServer, tick int) {
			f.clock, f.login = onTicks(tick, 2, 2, &driver.MySQLError{Number: 1053}), onTicks(tick, 2, 2, &driver.MySQLError{Number: 1053})
		}, "AUAAA"},
		{"hangs", func(f *fakeServer, tick int) {
			f.hang = 0
			if tick == 2 || tick == 3 {
				f.hang = time.Hour
			}
		}, "ATSAAA"},
		{"lost privilege", func(f *fakeServer, tick int) { f.part = onTicks(tick, 2, 3, &driver.MySQLError{Number: 1227}) }, "AAAAA"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, w := &fakeServer{}, &memory{}
			log := record(t, f, w, len(tc.want), func(tick int) { tc.at(f, tick) })
			if got := w.outcomes(); got != tc.want {
				t.Errorf("outcomes %s, want %s\n%s", got, tc.want, log)
			}
			if n := strings.Count(log, "\n"); n > 4 {
				t.Errorf("%d lines are not transitions only:\n%s", n, log)
			}
		})
	}
}

func onTicks(tick, from, to int, err error) error {
	if tick >= from && tick <= to {
		return err
	}
	return nil
}

func TestRecorderKeepsTheErrorNumber(t *testing.T) {
	f, w := &fakeServer{login: &driver.MySQLError{Number: 1040}}, &memory{}
	record(t, f, w, 1, nil)
	if beat := w.all()[0].Heartbeat; beat.ErrorNumber != 1040 || beat.Outcome != store.Refused {
		t.Errorf("%+v", beat)
	}
}

func TestRecorderRestsDearParts(t *testing.T) {
	f, w := &fakeServer{delay: 300 * time.Millisecond}, &memory{}
	record(t, f, w, 10, nil)
	var pattern strings.Builder
	for _, tick := range w.all() {
		if tick.Sessions == nil {
			pattern.WriteByte('.')
		} else {
			pattern.WriteByte('x')
		}
		if tick.Replicas == nil {
			t.Error("the cheap parts rest too")
		}
	}
	// 0.3 s of work, 1.2 s of rest.
	if got := pattern.String(); got != "x.x.x.x.x." {
		t.Errorf("sessions were read at %s", got)
	}
}

// TestRecorderSpreadsWhatIsRare: three parts of 0.4 s are due at the first tick, and
// together take longer than its second. None is left out for good.
func TestRecorderSpreadsWhatIsRare(t *testing.T) {
	f, w := &fakeServer{rare: 400 * time.Millisecond}, &memory{}
	record(t, f, w, 40, nil)
	if got := w.outcomes(); strings.Trim(got, "A") != "" {
		t.Errorf("outcomes %s", got)
	}
	asked := map[store.Parts]int{}
	for i, tick := range w.all() {
		for _, bit := range []store.Parts{store.PartTopology, store.PartVariables, store.PartDigests} {
			if tick.Heartbeat.Looked.Has(bit) {
				asked[bit]++
			}
		}
		if i == 0 && asked[store.PartDigests] != 0 {
			t.Error("the first tick asked for everything")
		}
	}
	if asked[store.PartTopology] < 10 || asked[store.PartVariables] < 10 || asked[store.PartDigests] != 4 {
		t.Errorf("in 40 s the topology was asked for %d times, the variables %d, the digests %d", asked[store.PartTopology], asked[store.PartVariables], asked[store.PartDigests])
	}
}

// TestRecorderLeavesOneQueryBehind gives up on a query that hangs for ever: the
// server must never have a second one to hang on.
func TestRecorderLeavesOneQueryBehind(t *testing.T) {
	f, w := &fakeServer{delay: time.Hour, busy: true}, &memory{}
	record(t, f, w, 200, func(tick int) {
		if tick == 180 {
			if f.asked != 1 || f.logins != 2 {
				t.Errorf("asked %d times over %d connections", f.asked, f.logins)
			}
			f.busy, f.delay = false, 0
		}
	})
	if ticks := w.all(); ticks[150].Sessions != nil || ticks[150].Replicas == nil || ticks[len(ticks)-1].Sessions == nil {
		t.Error("wrong parts")
	}
}

func TestRecorderSkipsWhatItOverran(t *testing.T) {
	f, w := &fakeServer{delay: 1500 * time.Millisecond}, &memory{}
	record(t, f, w, 4, nil)
	if got := w.outcomes(); got != "ASAA" {
		t.Errorf("outcomes %s", got)
	}
}

func TestRecorderSurvivesTheStore(t *testing.T) {
	f, w := &fakeServer{}, &memory{}
	log := record(t, f, w, 8, func(tick int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err = onTicks(tick, 2, 5, errors.New("no space left on device"))
	})
	if got := w.outcomes(); got != "AAAA" {
		t.Errorf("outcomes %s", got)
	}
	if strings.Count(log, "no space left") != 1 || strings.Count(log, "accepts samples again") != 1 {
		t.Errorf("log:\n%s", log)
	}
}
