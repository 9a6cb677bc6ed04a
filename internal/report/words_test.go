package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestEveryKindHasAName: what people read never shows a kind's own spelling.
func TestEveryKindHasAName(t *testing.T) {
	for _, k := range timeline.Kinds() {
		if name := noun(k); strings.ContainsAny(name, "._") {
			t.Errorf("noun of %s = %q", k, name)
		}
	}
}
