package servers_test

import (
	"strings"
	"testing"

	"collector/lab/servers"
)

// recorder notes how a test would have ended, instead of ending it.
type recorder struct {
	testing.TB
	failed, skipped string
}

func (r *recorder) Helper()                        {}
func (r *recorder) Name() string                   { return "Example" }
func (r *recorder) Fatalf(format string, _ ...any) { r.failed = format }
func (r *recorder) Skipf(format string, _ ...any)  { r.skipped = format }

func TestNeed(t *testing.T) {
	t.Setenv("COLLECTOR_LAB_CACHE", t.TempDir()) // in which no MySQL is
	for name, tt := range map[string]struct {
		ci           string
		fails, skips bool
	}{
		"on a laptop the test is skipped":           {"", false, !testing.Short()},
		"in continuous integration it is a failure": {"true", !testing.Short(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			r := &recorder{TB: t}
			if !testing.Short() {
				servers.Need(r, servers.KindMySQL)
			}
			if (r.failed != "") != tt.fails || (r.skipped != "") != tt.skips {
				t.Errorf("failed %q, skipped %q", r.failed, r.skipped)
			}
		})
	}
	err := servers.Available(servers.KindMySQL)
	if err == nil || !strings.Contains(err.Error(), servers.InstallCommand) {
		t.Errorf("the error does not name the command that installs: %v", err)
	}
	if err := servers.Available("oracle"); err == nil {
		t.Error("an unknown kind is available")
	}
}
