package facts

import (
	"testing"

	"collector/internal/store"
)

// TestPartName: each part of a tick has a name of its own.
func TestPartName(t *testing.T) {
	var all store.Parts
	named := map[string]bool{}
	for part, name := range partNames {
		if name == "" || part&(part-1) != 0 || named[PartName(part)] {
			t.Errorf("%b is %q", part, name)
		}
		all |= part
		named[name] = true
	}
	if known := ^store.Parts(0); len(all.Names()) != len(known.Names()) {
		t.Errorf("%v have a name, of %v", all.Names(), known.Names())
	}
}
