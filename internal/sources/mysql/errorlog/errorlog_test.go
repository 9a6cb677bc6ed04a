package errorlog

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the golden files")

// whole spans all the times of the log files in testdata.
var whole = timeline.Window{From: at("2024-01-01T00:00:00Z"), To: at("2027-01-01T00:00:00Z")}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func request(w timeline.Window) sources.Request {
	return sources.Request{Window: w, Now: func() time.Time { return at("2027-01-01T00:00:00Z") }}
}

// gathered reads a log file and interprets what was read.
func gathered(t *testing.T, path, zoneName string, w timeline.Window) (timeline.Findings, []timeline.Evidence) {
	t.Helper()
	return asked(t, Server{Name: "db1", File: path, Clock: Clock{Zone: zone(zoneName), Says: zoneName}}, w)
}

func asked(t *testing.T, s Server, w timeline.Window) (timeline.Findings, []timeline.Evidence) {
	t.Helper()
	records, err := Gather(t.Context(), s, request(w))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
	return f, records
}

// golden writes findings as a golden file has them.
func golden(f timeline.Findings) string {
	var b bytes.Buffer
	for _, e := range f.Events {
		attributes, _ := json.Marshal(e.Attributes) //nolint:errchkjson // a map of strings
		fmt.Fprintf(&b, "%s ± %s  %s  %s\n  %s\n", timeline.FormatTime(e.Start.At), e.Start.Latest.Sub(e.Start.Earliest), timeline.SeverityOf(e.Kind, e.Attributes), e.Summary, attributes)
	}
	for _, c := range f.Checks {
		fmt.Fprintf(&b, "check: %s\n", c.LookedFor)
	}
	for _, g := range f.Gaps {
		fmt.Fprintf(&b, "gap: %s to %s: %s\n", timeline.FormatTime(g.From), timeline.FormatTime(g.To), g.Reason)
	}
	return b.String()
}

// TestGolden reads logs that real servers wrote, and lines from the documentation
// and from bug reports of versions that no test can start.
func TestGolden(t *testing.T) {
	for file, zoneName := range map[string]string{
		"mariadb-10.11-primary.log": "America/New_York",
		"mariadb-10.11-replica.log": "UTC",
		"mysql-9.7-primary.log":     "UTC",
		"mysql-9.7-replica.log":     "UTC",
		"mysql-9.7-sink.json":       "UTC",
		"documented.log":            "Europe/Berlin",
	} {
		t.Run(file, func(t *testing.T) {
			f, records := gathered(t, filepath.Join("testdata", file), zoneName, whole)
			name := filepath.Join("testdata", strings.TrimSuffix(file, filepath.Ext(file))+".golden")
			if filepath.Ext(file) == ".json" {
				name = filepath.Join("testdata", "sink.golden")
			}
			got := golden(f)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for _, r := range records {
				for _, word := range []string{"secret", "canary", "alice", "203.0.113", "6465616"} {
					if strings.Contains(strings.ToLower(r.Body+r.Query), word) {
						t.Errorf("private: %s in %s", word, r.Body)
					}
				}
			}
		})
	}
}
