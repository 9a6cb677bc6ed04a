package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// asCollector is the environment variable with which the test binary is collector.
const asCollector = "TEST_AS_COLLECTOR"

func TestMain(m *testing.M) {
	if os.Getenv(asCollector) != "" {
		main() // exits
	}
	os.Exit(m.Run())
}

// TestReaderLeaves reads the first line of a draft's progress and closes the
// pipe, as `| head -1` does: the draft is written all the same.
func TestReaderLeaves(t *testing.T) {
	b := newBench(t)
	out := filepath.Join(b.dir, "out")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "draft", "-c", b.config(t), "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z", "--out", out)
	cmd.Env = append(os.Environ(), asCollector+"=1")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(pipe).ReadString('\n'); err != nil {
		t.Error(err)
	}
	if err := pipe.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the draft ended with %v", err)
	}
	if found, err := filepath.Glob(filepath.Join(out, "*", "postmortem.md")); err != nil || len(found) != 1 {
		t.Errorf("drafts: %v, %v", found, err)
	}
}
