package incident

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// crashDir makes the test binary a child that receives notifications into the book
// there until it is killed; see TestMain.
const crashDir = "INCIDENT_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, receiveForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// crashSenders is how many goroutines send at once, each its own alerts: sender 3's
// alert 17 is number 17 * crashSenders + 3.
const crashSenders = 4

// receiveForever goes on with the alerts that are missing, names and closes incidents
// all the time, and prints the number of every alert that Receive says is kept. Each
// is told as firing, as resolved, and again as firing.
func receiveForever(dir string) error {
	ctx := context.Background()
	b, err := Open(ctx, Options{Path: dir, Config: DefaultConfig()})
	if err != nil {
		return err
	}
	all, err := b.Incidents(ctx, at(500))
	if err != nil {
		return err
	}
	kept := 0
	for _, i := range all {
		kept += i.Count
	}
	failed := make(chan error, crashSenders+1)
	for sender := range crashSenders {
		go func() { failed <- sendForever(b, kept+sender) }()
	}
	go func() {
		for {
			if _, err := b.Advance(ctx, at(500)); err != nil {
				failed <- err
				return
			}
		}
	}()
	return <-failed
}

var printing sync.Mutex

func sendForever(b *Book, n int) error {
	for ; ; n += crashSenders {
		name, start := fmt.Sprint("a", n), float64(n%400)
		for _, a := range []Alert{resolved(name, start, start+0.1), firing(name, start), firing(name, start)} {
			if err := b.Receive(context.Background(), notify(500, a)); err != nil {
				return err
			}
		}
		printing.Lock()
		fmt.Println(n)
		printing.Unlock()
	}
}

// TestKilled kills a book with SIGKILL again and again, at whatever it is doing:
// nothing that was acknowledged is missing, nothing is doubled, and an ID that was
// given stays.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, names := map[int]bool{}, map[string]bool{}
	const rounds, most, enough = 10, 100, 40 // a machine that is busy needs more rounds
	for round := 0; round < rounds || len(acknowledged) < enough && round < most; round++ {
		receiveAndKill(t, exe, dir, time.Duration(rand.IntN(200))*time.Millisecond, acknowledged)
		checkBook(t, dir, round, acknowledged, names)
	}
	if len(acknowledged) < enough || len(names) == 0 {
		t.Errorf("only %d alerts were kept and %d incidents named: the test tests nothing", len(acknowledged), len(names))
	}
}

// receiveAndKill lets a child receive for a while and adds what it says it kept.
func receiveAndKill(t *testing.T, exe, dir string, after time.Duration, acknowledged map[int]bool) {
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
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err != nil { // what has no end of its line was cut off
			break
		}
		if first { // it is at work: from now on it may be killed
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		n, err := strconv.Atoi(line[:len(line)-1])
		if err != nil {
			t.Fatalf("the child says %q", line)
		}
		acknowledged[n] = true
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

func checkBook(t *testing.T, dir string, round int, acknowledged map[int]bool, names map[string]bool) {
	t.Helper()
	b := openBook(t, Options{Path: dir})
	defer func() { _ = b.Close() }()
	all := advance(t, b, 600)
	kept := map[string]int{}
	known := map[string]bool{}
	for _, i := range all {
		for _, id := range append([]string{i.ID}, i.Aliases...) {
			if known[id] {
				t.Fatalf("round %d: %s is two incidents", round, id)
			}
			known[id] = true
		}
		for _, m := range i.Alerts {
			kept[m.Name()]++
			if m.Ended == StillFires && acknowledged[number(t, m)] {
				t.Errorf("round %d: %s fires, but its resolve was kept", round, m.Name())
			}
		}
	}
	for n := range acknowledged {
		if kept[fmt.Sprint("a", n)] != 1 {
			t.Fatalf("round %d: alert %d was acknowledged and is there %d times", round, n, kept[fmt.Sprint("a", n)])
		}
	}
	for id := range names {
		if !known[id] {
			t.Fatalf("round %d: the incident %s is gone", round, id)
		}
	}
	for id := range known {
		names[id] = true
	}
}

func number(t *testing.T, m *Member) int {
	t.Helper()
	n, err := strconv.Atoi(m.Name()[1:])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
