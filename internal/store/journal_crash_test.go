package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// journalCrashDir makes the test binary a child that puts entries into the journal there
// until it is killed; see TestMain.
const journalCrashDir = "JOURNAL_TEST_CRASH_DIR"

// putForever puts entries that carry their number, each twice, and prints the number of
// every one that Put says is kept.
func putForever(dir string) error {
	j, err := OpenJournal(context.Background(), JournalOptions{Path: dir, Clean: func(_, text string) string { return text }})
	if err != nil {
		return err
	}
	kept, err := j.After(context.Background(), 0, 1<<20)
	if err != nil {
		return err
	}
	for n := len(kept); ; n++ {
		for range 2 {
			if _, err := j.Put(context.Background(), deploy(fmt.Sprint(n), float64(n%1000))); err != nil {
				return err
			}
		}
		fmt.Println(n)
	}
}

// TestJournalKilled kills a journal with SIGKILL again and again: what was acknowledged
// is there, once.
func TestJournalKilled(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := -1
	for round := 0; round < 4 || acknowledged < 10 && round < 40; round++ {
		acknowledged = max(acknowledged, putAndKill(t, exe, dir, time.Duration(10+7*round)*time.Millisecond))
		seen := map[string]int{}
		for text := range strings.FieldsSeq(messages(t, dir, ChangeEntry, minutes(0, 2000))) {
			seen[text]++
		}
		for n := range acknowledged + 1 {
			if n < 1000 && seen[strconv.Itoa(n)] != 1 { // messages reads so many
				t.Fatalf("round %d: entry %d was acknowledged and is there %d times", round, n, seen[strconv.Itoa(n)])
			}
		}
	}
	if acknowledged < 10 {
		t.Errorf("only %d entries were kept: the test tests nothing", acknowledged)
	}
}

// putAndKill lets a child put entries for a while after its first, and returns the last
// number that it printed; -1 for none.
func putAndKill(t *testing.T, exe, dir string, after time.Duration) int {
	t.Helper()
	child := exec.Command(exe)
	child.Env = append(os.Environ(), journalCrashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err != nil { // what has no end of its line was cut off
			break
		}
		if first { // it is at work: from now on it may be killed
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		if last, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
			t.Fatalf("the child says %q", line)
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return last
}
