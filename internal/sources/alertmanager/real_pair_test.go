package alertmanager

import (
	"testing"
	"time"

	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestRealPair: a silence of a real highly available pair, of which one half was told,
// is one event with both halves as witnesses.
func TestRealPair(t *testing.T) {
	for version, kind := range map[string]servers.Kind{
		servers.Alertmanager025: servers.KindAlertmanager25, servers.Alertmanager033: servers.KindAlertmanager33,
	} {
		t.Run(version, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			pair, err := servers.AlertmanagerPair(t.Context(), servers.AlertmanagerOptions{Version: version, Args: []string{"--cluster.settle-timeout=1s"}})
			if err != nil {
				t.Fatal(err)
			}
			for _, half := range pair {
				t.Cleanup(func() { half.Close() })
			}
			began := time.Now()
			id := (&witnessed{server: pair[0]}).silence(t)
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
				now := time.Now()
				window := timeline.Window{From: began.Add(-time.Minute), To: now}
				var records []timeline.Evidence
				for i, half := range pair {
					s, err := NewSource(Config{Name: []string{"am1", "am2"}[i], URL: half.URL}, Options{Targets: shopTargets()})
					if err != nil {
						t.Fatal(err)
					}
					some, err := s.Gather(t.Context(), ask(window, now))
					if err != nil {
						t.Fatal(err)
					}
					records = append(records, some...)
				}
				f, err := Interpret(window, records)
				if err != nil {
					t.Fatal(err)
				}
				if len(f.Events) > 1 || len(f.Gaps) > 0 {
					t.Fatalf("got %+v, %+v", f.Events, f.Gaps)
				}
				if len(f.Events) == 1 && len(f.Events[0].Evidence) == 2 {
					if e := f.Events[0]; e.Key != id || e.Target != "db2" || e.Attributes["told_by"] != "am1, am2" {
						t.Errorf("got %+v", e)
					}
					return
				}
				if now.After(deadline) {
					t.Fatalf("never from both: %+v", f.Events)
				}
			}
		})
	}
}
