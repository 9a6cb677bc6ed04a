package sourcetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"collector/internal/timeline"
)

// cited checks that every finding cites a record that exists, and that events are valid.
func cited(t *testing.T, f timeline.Findings, records []timeline.Evidence) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range records {
		known[r.ID] = true
	}
	cites := func(what string, ids []string) {
		t.Helper()
		if len(ids) == 0 {
			t.Errorf("%s cites nothing", what)
		}
		for _, id := range ids {
			if !known[id] {
				t.Errorf("%s cites %s, which is no record", what, id)
			}
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("%s cites %v, which is not sorted or names a record twice", what, ids)
		}
	}
	for _, e := range f.Events {
		what := fmt.Sprintf("event %s %q", e.Kind, e.Summary)
		cites(what, e.Evidence)
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if e.Source == "" || e.Grade == "" {
			t.Errorf("%s has no source or no grade", what)
		}
		if e.ID != "" || e.Severity != "" {
			t.Errorf("%s sets its ID or severity, which timeline.Build does", what)
		}
		if strings.HasSuffix(e.Summary, ".") || strings.Contains(e.Summary, "\n") {
			t.Errorf("%s: a summary is one sentence without a full stop", what)
		}
	}
	for _, c := range f.Checks {
		cites("check "+c.LookedFor, c.Evidence)
		if c.LookedFor == "" || c.Source == "" {
			t.Errorf("check without a text or a source: %+v", c)
		}
	}
	for _, g := range f.Gaps {
		cites("gap "+g.Reason, g.Evidence)
		if g.Reason == "" || g.Source == "" || g.From.IsZero() || g.To.Before(g.From) {
			t.Errorf("gap without a reason, a source or times: %+v", g)
		}
	}
	for _, i := range f.Impact {
		cites("impact "+i.Name, i.Evidence)
	}
	for _, s := range f.Series {
		cites("series "+s.Name, s.Evidence)
		for i := 1; i < len(s.Points); i++ {
			if !s.Points[i-1].T.Before(s.Points[i].T) {
				t.Errorf("series %s %v: point %d is not after the one before", s.Name, s.Labels, i)
				break
			}
		}
	}
}

// canonical writes findings as a text, so that NaN equals NaN and End pointers
// are compared by what they point to. The records themselves are left out: their
// order is the caller's.
func canonical(t *testing.T, f timeline.Findings) string {
	t.Helper()
	var b strings.Builder
	for _, e := range f.Events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "event %s key=%q\n", text, e.Key)
	}
	for _, g := range f.Gaps {
		fmt.Fprintf(&b, "gap %+v\n", g)
	}
	for _, c := range f.Checks {
		fmt.Fprintf(&b, "check %+v\n", c)
	}
	for _, i := range f.Impact {
		fmt.Fprintf(&b, "impact %+v\n", i)
	}
	for _, s := range f.Series {
		fmt.Fprintf(&b, "series %+v\n", s)
	}
	if f.History != nil {
		fmt.Fprintf(&b, "history %+v\n", *f.History)
	}
	return b.String()
}

// same fails with the first line that differs.
func same(t *testing.T, what, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			other := "(nothing)"
			if i < len(b) {
				other = b[i]
			}
			t.Errorf("%s: findings differ at line %d:\n  %s\n  %s", what, i+1, a[i], other)
			return
		}
	}
	t.Errorf("%s: %d more lines of findings", what, len(b)-len(a))
}
