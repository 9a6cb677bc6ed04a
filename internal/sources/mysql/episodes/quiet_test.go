package episodes

import (
	"strings"
	"testing"

	"collector/internal/store"
)

func TestAQuietServerGivesChecksOnly(t *testing.T) {
	f := watchWorld(t, world{channels: func(float64) []store.Replica { return []store.Replica{replica(0)} }})
	if len(f.Events) != 0 || len(f.Gaps) != 0 {
		t.Errorf("events %v, gaps %v; want none", summaries(f), f.Gaps)
	}
	for _, want := range []string{
		"outages of the server", "restarts", "changes between read-only and writable", "changes of the replication source",
		"replication errors and stopped replication threads", "replication lag of 10 s or more (worst seen: 0 s)",
		"statements of 10 s or more (longest seen: below 1 s)",
		"transactions open for 30 s or more, other than single long statements (longest seen: below 1 s)",
		"refused logins (error 1040; at most 42 of 151 connections in use)",
	} {
		if !hasCheck(f, want) {
			t.Errorf("no check %q in %v", want, f.Checks)
		}
	}
	for _, c := range f.Checks {
		if len(c.Evidence) != 1 || !strings.HasPrefix(c.Evidence[0], "mysql-") {
			t.Errorf("check %q cites %v", c.LookedFor, c.Evidence)
		}
	}
	if len(f.Series) != 4 {
		t.Errorf("%d series, want 4", len(f.Series))
	}
}

func TestAServerThatIsNoReplicaIsSaidToBeNone(t *testing.T) {
	f := watchWorld(t, world{})
	if !hasCheck(f, "replication channels (the server is no replica; looked 540 times, at most 1 s apart)") {
		t.Errorf("checks: %v", f.Checks)
	}
}
