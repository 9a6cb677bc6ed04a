package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSweepRemovesOnlyWhatIsOldAndHalfMade(t *testing.T) {
	out, old := t.TempDir(), time.Now().Add(-2*time.Hour)
	for _, name := range []string{".collector-draft-old", ".collector-draft-new", "2024-07-12T0900Z-db1-down", ".other"} {
		must(t, os.Mkdir(filepath.Join(out, name), 0o700))
		if name != ".collector-draft-new" {
			must(t, os.Chtimes(filepath.Join(out, name), old, old))
		}
	}
	must(t, Sweep(out, time.Now().Add(-time.Hour)))
	if _, err := os.Stat(filepath.Join(out, ".collector-draft-old")); !os.IsNotExist(err) {
		t.Errorf("an old half-made draft is still there: %v", err)
	}
	for _, name := range []string{".collector-draft-new", "2024-07-12T0900Z-db1-down", ".other"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	must(t, Sweep(filepath.Join(out, "nowhere"), time.Now()))
}
