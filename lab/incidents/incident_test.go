package incidents

import (
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, incident := range All() {
		if seen[incident.Name] {
			t.Errorf("two incidents are named %s", incident.Name)
		}
		seen[incident.Name] = true
		if got, err := Named([]string{incident.Name}); err != nil || len(got) != 1 || got[0].Title != incident.Title {
			t.Errorf("%s: got %v, %v", incident.Name, got, err)
		}
	}
	if got, err := Named(nil); err != nil || len(got) != len(seen) {
		t.Errorf("no name is to mean all: got %d, %v", len(got), err)
	}
	if _, err := Named([]string{"quiet", "flood"}); err == nil || !strings.Contains(err.Error(), "flood") || !strings.Contains(err.Error(), "schema-change") {
		t.Errorf("the error names neither the unknown nor the known incidents: %v", err)
	}
}
