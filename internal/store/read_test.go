package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"collector/internal/timeline"
)

// readDir makes the test binary a child that reads the store there; see TestMain.
const readDir = "STORE_TEST_READ_DIR"

// readOnce prints how many ticks the store has.
func readOnce(dir string) error {
	r, err := OpenReadOnly(context.Background(), dir)
	if err != nil {
		return err
	}
	n := 0
	for _, err := range r.Heartbeats(context.Background(), "db1", everything()) {
		if err != nil {
			return err
		}
		n++
	}
	fmt.Println(n)
	return r.Close()
}

// TestReadWhileWriting reads with a second set of connections while several
// servers are recorded, compacted and merged: every reading is a run of ticks
// without a hole, and what was recorded before it began is in it.
func TestReadWhileWriting(t *testing.T) {
	s := openStore(t, Options{CompactAfter: 3})
	r, err := OpenReadOnly(t.Context(), s.opt.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	const ticks = 400
	var writers, readers sync.WaitGroup
	for _, target := range []string{"db1", "db2", "db3"} {
		writers.Go(func() {
			w := newWorkload(3, true, false)
			for n := range ticks {
				tick := w.tick()
				tick.Heartbeat.UptimeSec = uint64(n)
				if err := s.Append(t.Context(), target, tick); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	for _, target := range []string{"db1", "db3"} {
		readers.Go(func() {
			before := 0
			for done := false; !done; {
				select {
				case <-stop:
					done = true // and look once more
				default:
				}
				before = readRun(t, r, target, before)
			}
			if before != ticks {
				t.Errorf("%s: %d ticks at the end", target, before)
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

func readRun(t *testing.T, r *Reader, target string, atLeast int) int {
	n := 0
	for h, err := range r.Heartbeats(t.Context(), target, everything()) {
		if err != nil {
			t.Error(err)
			return n
		}
		if h.UptimeSec != uint64(n) {
			t.Errorf("%s: tick %d follows %d", target, h.UptimeSec, n-1)
			return n
		}
		n++
	}
	if n < atLeast {
		t.Errorf("%s: %d ticks, there were %d", target, n, atLeast)
	}
	return n
}

// TestReadOnlyDirectory reads as another user, or without the right to write:
// while the writer runs, and after it has ended.
func TestReadOnlyDirectory(t *testing.T) {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700); _ = os.RemoveAll(dir) })
	exe := copyTestBinary(t, dir)
	s, err := Open(t.Context(), Options{Path: dir, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, "db1", newWorkload(5, true, false).ticks(7))
	run := func(files os.FileMode) (string, error) {
		t.Helper()
		chmod(t, dir, 0o555, files)
		defer chmod(t, dir, 0o755, 0o600)
		child := exec.Command(exe)
		child.Env = append(os.Environ(), readDir+"="+dir)
		if os.Getuid() == 0 { // to whom no directory is read-only
			child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := child.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	read := func(when string) {
		t.Helper()
		if out, err := run(0o444); err != nil || out != "7" {
			t.Errorf("%s: %v: %s", when, err, out)
		}
	}
	read("while the writer runs")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	read("after it has ended")
	if out, err := run(0); err == nil || !strings.Contains(out, "run as the store's owner") {
		t.Errorf("files of another user: %v: %s", err, out)
	}
}

func chmod(t *testing.T, dir string, mode, files os.FileMode) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, fileName+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.Chmod(name, files); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
}

// copyTestBinary puts the test binary where every user may execute it.
func copyTestBinary(t *testing.T, dir string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	path := filepath.Join(dir, "store.test")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestClockSetBack records while the collector's clock is set back now and
// then: the streams are in time order all the same, and complete.
func TestClockSetBack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := openStore(t, Options{CompactAfter: 1 << 30})
	var want []time.Time
	at := time.UnixMilli(1_720_771_200_000).UTC()
	for range 700 {
		at = at.Add(time.Second)
		if r.IntN(50) == 0 {
			at = at.Add(-time.Duration(r.IntN(90)) * time.Second)
		}
		tick := Tick{Heartbeat: randomHeartbeat(r, at), Sessions: randomSessions(r)}
		appendAll(t, s, "db1", []Tick{tick})
		want = append(want, at)
		if r.IntN(20) == 0 {
			if err := s.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.SortFunc(want, time.Time.Compare)
	var got []time.Time
	for v, err := range s.Sessions(t.Context(), "db1", everything()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v.At)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d looks, in order: %v, want %d", len(got), slices.IsSortedFunc(got, time.Time.Compare), len(want))
	}
}

// TestIteratorEnds leaves loops early, nests them, cancels them, and asks for
// what is not there.
func TestIteratorEnds(t *testing.T) {
	s := openStore(t, Options{CompactAfter: 1 << 30})
	ticks := newWorkload(3, true, false).ticks(200)
	appendAll(t, s, "db1", ticks[:100])
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, "db1", ticks[100:])

	n := 0
	for range s.Heartbeats(t.Context(), "db1", everything()) {
		for range s.Sessions(t.Context(), "db1", everything()) {
			for range s.Status(t.Context(), "db1", everything()) {
				n++
				break
			}
			break
		}
	}
	if n != 200 {
		t.Errorf("%d rounds", n)
	}
	next, stop := iter.Pull2(s.Replicas(t.Context(), "db1", everything()))
	if _, err, ok := next(); err != nil || !ok {
		t.Error(err, ok)
	}
	stop()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range s.Sessions(ctx, "db1", everything()) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled: %v", last)
	}
	for range s.Heartbeats(t.Context(), "nobody", everything()) {
		t.Error("a server that was never recorded has a heartbeat")
	}
	for range s.Heartbeats(t.Context(), "db1", timeline.Window{From: ticks[199].Heartbeat.At.Add(time.Second), To: time.Now()}) {
		t.Error("a heartbeat out of the window")
	}
	if names, err := s.Targets(t.Context()); err != nil || !slices.Equal(names, []string{"db1"}) {
		t.Errorf("targets %v, %v", names, err)
	}
	c, err := s.Coverage(t.Context(), "db1")
	if err != nil || c != (Coverage{ticks[0].Heartbeat.At, ticks[199].Heartbeat.At, 200}) {
		t.Errorf("coverage %+v, %v", c, err)
	}
}
