package store

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// crashDir makes the test binary a child that appends to the store there until
// it is killed; see TestMain.
const crashDir = "STORE_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := appendForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	if dir := os.Getenv(journalCrashDir); dir != "" {
		fmt.Fprintln(os.Stderr, putForever(dir))
		os.Exit(1)
	}
	if dir := os.Getenv(readDir); dir != "" {
		if err := readOnce(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Bool("update", false, "write the golden files anew")
	os.Exit(m.Run())
}

// appendForever appends ticks that carry their number, compacting all the time,
// and prints the number of every tick that Append says is recorded.
func appendForever(dir string) error {
	s, err := Open(context.Background(), Options{Path: dir, CompactAfter: 3, Log: discard()})
	if err != nil {
		return err
	}
	c, err := s.Coverage(context.Background(), "db1")
	if err != nil {
		return err
	}
	w := newWorkload(20, true, false)
	for n := c.Ticks; ; n++ {
		t := w.tick()
		t.Heartbeat.At, t.Heartbeat.UptimeSec = time.UnixMilli(1_720_771_200_000+n*1000), uint64(n)
		if err := s.Append(context.Background(), "db1", t); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKilled kills a recorder with SIGKILL again and again, at whatever it is
// doing, and checks that every tick that was recorded is there exactly once, in
// every stream.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(-1)
	for round := range 12 {
		last := runAndKill(t, exe, dir, time.Duration(40+round*23)*time.Millisecond)
		acknowledged = max(acknowledged, last)
		checkSequence(t, dir, acknowledged)
	}
	if acknowledged < 100 {
		t.Errorf("only %d ticks were recorded: the test tests nothing", acknowledged)
	}
}

// runAndKill lets a child append for a while and returns the last tick that it
// was told is recorded, -1 for none.
func runAndKill(t *testing.T, exe, dir string, after time.Duration) int64 {
	t.Helper()
	child := exec.Command(exe)
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := int64(-1)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			break // cut off in the middle
		}
		if last < 0 { // it is at work: from now on it may be killed
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		last = n
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return last
}

func checkSequence(t *testing.T, dir string, acknowledged int64) {
	t.Helper()
	r, err := OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ticks := readBack(t, r, "db1", everything())
	if n := int64(len(ticks)); n < acknowledged+1 {
		t.Fatalf("%d ticks are there, %d were recorded", n, acknowledged+1)
	}
	for i, tick := range ticks {
		if tick.Heartbeat.UptimeSec != uint64(i) || tick.Sessions == nil || len(tick.Sessions.Active) != 20 || tick.Replicas == nil || tick.Status == nil {
			t.Fatalf("tick %d: %+v", i, tick)
		}
	}
	for _, count := range []int{
		len(collect(t, r.Sessions(t.Context(), "db1", everything()), cloneSessions)),
		len(collect(t, r.Replicas(t.Context(), "db1", everything()), cloneReplicas)),
		len(collect(t, r.Status(t.Context(), "db1", everything()), cloneStatus)),
	} {
		if count != len(ticks) {
			t.Fatalf("%d readings for %d ticks", count, len(ticks))
		}
	}
}
