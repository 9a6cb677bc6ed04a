package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestGuard: a part of the daemon that breaks down is an error with its stack in the log,
// and what it returns otherwise goes through.
func TestGuard(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var none map[string]int
	err := guard(log, "writing the draft", func() error { none["x"] = 1; return nil })
	if err == nil || !strings.Contains(err.Error(), "writing the draft: a defect of collector: assignment to entry in nil map") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "guard_test.go") {
		t.Errorf("the log does not say where: %s", out.String())
	}
	want := errors.New("disk full")
	if err := guard(log, "", func() error { return want }); !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
	if err := guard(log, "", func() error { return nil }); err != nil {
		t.Errorf("%v", err)
	}
}

// TestUnderstand: an interpreter that breaks down has found nothing, and says so the same
// way each time: the gap stands in a draft that is derived again.
func TestUnderstand(t *testing.T) {
	broken := func(_ timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
		return timeline.Findings{Evidence: records[7:]}, nil
	}
	for range 2 {
		found, err := understand(broken, timeline.Window{}, make([]timeline.Evidence, 3))
		if err == nil || err.Error() != "a defect of collector: runtime error: slice bounds out of range [7:3]" || found.Evidence != nil {
			t.Errorf("%+v %v", found, err)
		}
	}
}
