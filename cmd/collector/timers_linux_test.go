package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"collector/lab/servers"
)

// TestTimersAreLazy runs the daemon, and looks at the slack of each of its threads:
// that of Go's monitor is older than main.
func TestTimersAreLazy(t *testing.T) {
	servers.Need(t, servers.KindNamespaces) // as there, only root may look
	k := newKilled(t)
	k.start(t)
	tasks, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(k.process.Process.Pid), "task", "*"))
	if err != nil || len(tasks) < 2 {
		t.Fatalf("threads %q, %v", tasks, err)
	}
	var others []string
	for _, task := range tasks {
		slack, err := os.ReadFile(filepath.Join("/proc", filepath.Base(task), "timerslack_ns"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(slack)); got != "10000000" {
			others = append(others, got)
		}
	}
	if len(others) > 0 {
		t.Errorf("of %d threads some may be woken at %q ns", len(tasks), slices.Compact(others))
	}
}
