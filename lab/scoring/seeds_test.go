package scoring

import (
	"os"
	"path/filepath"
	"testing"

	"collector/lab/incidents"
)

func TestCoverage(t *testing.T) {
	named, err := incidents.Named([]string{"metadata-lock"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	document := "| 01:05:33 | info | deploy of shop 2.2.0 to production finished |\n| recovered | 01:05:52 |\nshop_error_rate on shop-app:8080 rose from its normal 0\n"
	if err := os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := r.coverage(named[0], dir); err != nil {
		t.Fatal(err)
	}
	if r.SeedLines != 5 || len(r.Untold) != 2 || r.Untold[0] != "Database CPU spiked" || r.Untold[1] != "Migration stopped" {
		t.Errorf("%d lines, untold %q", r.SeedLines, r.Untold)
	}
	if r.Judge(false); len(r.Failures) == 0 {
		t.Error("a line that is not told clears the bar")
	}
}
