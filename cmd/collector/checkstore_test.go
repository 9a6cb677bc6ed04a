package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/sources"
)

func TestCheckStore(t *testing.T) {
	recorded := time.Date(2024, 7, 12, 9, 1, 59, 0, time.UTC) // the newest tick of the bench
	tests := []struct {
		name  string
		after time.Duration
		harm  func(t *testing.T, b *bench, path string)
		level sources.Level
		says  []string
	}{
		{"being written", 2 * time.Second, nil, sources.OK, []string{"recording of 1 server, newest tick 2s ago"}},
		{"the clock was set back", -time.Hour, nil, sources.OK, []string{"newest tick 0s ago"}},
		{"nobody writes it", 3 * time.Hour, nil, sources.Degraded, []string{"newest tick 3h0m0s ago: nothing is being recorded", "start collector serve"}},
		{"a new server", time.Second, func(t *testing.T, b *bench, path string) {
			b.addServer(t, path, "  - {name: db2, address: '127.0.0.1:1', user: collector}\n")
		}, sources.Degraded, []string{"none of db2", "restart collector serve"}},
		{"no store", 0, func(t *testing.T, b *bench, _ string) {
			if err := os.RemoveAll(b.storage); err != nil {
				t.Fatal(err)
			}
		}, sources.Degraded, []string{"no recording yet", "start collector serve"}},
		{"nowhere to make one", 0, func(t *testing.T, b *bench, _ string) {
			if err := os.RemoveAll(b.storage); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(b.storage, nil, 0o600); err != nil { // a file where the directory's parent must be
				t.Fatal(err)
			}
			b.storage = filepath.Join(b.storage, "below")
		}, sources.Failed, []string{"not a directory"}},
		{"damaged", 0, func(t *testing.T, b *bench, _ string) { overwriteStore(t, b.storage) }, sources.Failed, []string{"damaged", "it was left as it is"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			path := b.config(t)
			if tt.harm != nil {
				tt.harm(t, b, path)
			}
			c, err := config.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			c.Storage.Path = b.storage
			got := checkStore(t.Context(), c, recorded.Add(tt.after))
			if len(got) != 1 || got[0].Level != tt.level {
				t.Fatalf("got %+v, want one that is %s", got, tt.level)
			}
			text := got[0].Text + "\n" + strings.Join(got[0].Fix, "\n")
			for _, want := range tt.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
			if left, err := filepath.Glob(filepath.Join(b.dir, ".collector-check-*")); err != nil || len(left) > 0 {
				t.Errorf("check left %v behind, %v", left, err)
			}
		})
	}
}
