package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/config"
	"collector/internal/store"
	"collector/internal/timeline"
)

// TestInventoryText pins what a person reads and what a program does.
func TestInventoryText(t *testing.T) {
	from := time.Date(2024, 7, 12, 8, 58, 0, 500_000_000, time.UTC)
	held := store.Inventory{
		Path: "/var/lib/collector/collector.db", Schema: 1, Format: 1, FileBytes: 3 << 20, FreeBytes: 5 << 10, LogBytes: 812,
		Servers: []store.Holding{
			{
				Server: "db1", First: from, Last: from.Add(time.Hour), Ticks: 3590, Answered: 3589, Skipped: 1, Tail: 6, Interval: time.Second,
				Holes: 2, Missing: 11 * time.Second, Longest: timeline.Window{From: from.Add(time.Minute), To: from.Add(70 * time.Second)},
				Streams: []store.StreamHolding{
					{Name: "heartbeats", Ticks: 3590, Rows: 3590, Blocks: 14, Bytes: 28_720}, {Name: "sessions", Ticks: 3589, Rows: 358_900, Blocks: 14, Bytes: 717_800}, {Name: "waits"},
				},
			},
			{Server: "db2", First: from, Last: from.Add(59 * time.Minute), Ticks: 3541, Answered: 3541, Interval: time.Second},
			{Server: "gone"},
		},
	}
	o := openedStore{location: mustZone(t, "Europe/Berlin"), storage: &config.Storage{Retention: model.Duration(30 * 24 * time.Hour), MaxSize: 20 << 30}}
	var text, lines bytes.Buffer
	if err := writeInventory(&text, held, o, from.Add(time.Hour+2*time.Second)); err != nil {
		t.Fatal(err)
	}
	out := json.NewEncoder(&lines)
	out.SetIndent("", "  ")
	if err := out.Encode(inventoryJSON(held, o.storage)); err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"inventory.txt": text.String(), "inventory.json": lines.String()} {
		golden := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestStoreCommand(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	out := filepath.Join(b.dir, "beats.jsonl")
	beats := []string{"store", "export", "--path", b.storage, "--stream", "heartbeats"}
	tests := []struct {
		name           string
		args           []string
		code           int
		stdout, stderr []string
		lines          int
	}{
		{"inventory", []string{"store", "-c", c}, exitOK, []string{"keeps  30d, at most 20GiB", "from    2024-07-12 10:58:00 CEST  =  2024-07-12 08:58:00 UTC", "240, every 1s; 100 % answered", "holes   none", "sessions"}, nil, 0},
		{"inventory by path", []string{"store", "--path", b.storage}, exitOK, []string{"name it with --config", "db1"}, nil, 0},
		{"inventory as JSON", []string{"store", "--path", b.storage, "--json"}, exitOK, []string{`"schema": "collector/store/v1"`, `"retention_s": null`, `"ticks": 240`}, nil, 0},
		{"all of a stream", beats, exitOK, []string{`{"at":"2024-07-12T08:58:00.000Z","server":"db1","outcome":"answered"`}, []string{"window: 2024-07-12 08:58:00", "240 rows of heartbeats from 1 server"}, 240},
		{"a window in local time", []string{"store", "export", "-c", c, "--server", "db1", "--stream", "status", "--from", "2024-07-12 10:59", "--to", "2024-07-12 11:00"}, exitOK, []string{`"name":"Threads_connected","value":3`}, []string{"240 rows of status"}, 240},
		{"from only", append(beats, "--from", "2024-07-12T09:01:30Z"), exitOK, nil, []string{"30 rows"}, 30},
		{"no rows", []string{"store", "export", "--path", b.storage, "--stream", "waits"}, exitOK, nil, []string{"0 rows of waits"}, 0},
		{"into a file", append(beats, "--out", out), exitOK, nil, []string{"240 rows"}, 0},
		{"no stream", []string{"store", "export", "--path", b.storage}, exitUsage, nil, []string{"--stream is missing: write one of heartbeats, sessions"}, 0},
		{"unknown stream", []string{"store", "export", "--path", b.storage, "--stream", "locks"}, exitUsage, nil, []string{`no stream "locks"`, "waits"}, 0},
		{"unknown server", append(beats, "--server", "db9"), exitUsage, nil, []string{`no server "db9" is recorded; there are: db1`}, 0},
		{"bad time", append(beats, "--from", "noon"), exitUsage, nil, []string{"--from", "-2h or now"}, 0},
		{"from after to", append(beats, "--from", "2024-07-12T09:01:00Z", "--to", "2024-07-12T09:00:00Z"), exitUsage, nil, []string{"is not before --to"}, 0},
		{"nothing then", append(beats, "--from", "-1h"), exitUsage, nil, []string{"nothing was recorded then"}, 0},
		{"unknown command", []string{"store", "exprot"}, exitUsage, nil, []string{`unexpected "exprot"`}, 0},
		{"no store", []string{"store", "--path", b.dir}, exitFailed, nil, []string{"there is no store", "has `collector serve` ever run"}, 0},
		{"nowhere to write", append(beats, "--out", filepath.Join(b.dir, "none", "x")), exitFailed, nil, []string{"--out"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := b.collector(t, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
			}
			for _, want := range tt.stdout {
				if !strings.Contains(stdout, want) {
					t.Errorf("stdout lacks %q:\n%.2000s", want, stdout)
				}
			}
			for _, want := range tt.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr lacks %q:\n%s", want, stderr)
				}
			}
			if n := strings.Count(stdout+"\n", "\n{") + 1; tt.lines > 0 && n != tt.lines {
				t.Errorf("%d rows, want %d", n, tt.lines)
			}
		})
	}
	if text, err := os.ReadFile(out); err != nil || bytes.Count(text, []byte("\n")) != 240 {
		t.Errorf("%d lines in --out, %v", bytes.Count(text, []byte("\n")), err)
	}
	if left, err := filepath.Glob(filepath.Join(b.dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestStoreCommandOfDamage(t *testing.T) {
	b := newBench(t)
	overwriteStore(t, b.storage)
	for _, args := range [][]string{{"store", "--path", b.storage}, {"store", "export", "--path", b.storage, "--stream", "sessions"}} {
		code, stdout, stderr := b.collector(t, args...)
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "damaged") {
			t.Errorf("%v: code %d, %q, %s", args, code, stdout, stderr)
		}
	}
}

// TestStoreWhileServing reads a store that is open for writing, and sees its tail.
func TestStoreWhileServing(t *testing.T) {
	b := newBench(t)
	s, err := store.Open(t.Context(), store.Options{Path: b.storage, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Append(t.Context(), "db2", store.Tick{Heartbeat: store.Heartbeat{At: b.now, Interval: time.Second}}); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := b.collector(t, "store", "export", "--path", b.storage, "--server", "db2", "--stream", "heartbeats")
	if code != exitOK || strings.Count(stdout, "db2") != 1 {
		t.Errorf("code %d: %s %s", code, stdout, stderr)
	}
}

// TestExportReaderLeaves closes the pipe after a line, as `| head -1` does.
func TestExportReaderLeaves(t *testing.T) {
	b := newBench(t)
	s, err := store.Open(t.Context(), store.Options{Path: b.storage, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 { // more than a pipe holds
		if err := s.Append(t.Context(), "db1", store.Tick{Heartbeat: store.Heartbeat{At: b.now.Add(time.Duration(i) * time.Second), Interval: time.Second}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "store", "export", "--path", b.storage, "--stream", "heartbeats")
	cmd.Env = append(os.Environ(), asCollector+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
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
		t.Errorf("the export ended with %v: %s", err, &stderr)
	}
}
