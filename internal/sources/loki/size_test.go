package loki

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/standin"
)

// TestLongLines: a line of two megabytes is looked at as far as it matters, and one that
// should tell of a deploy is a bad line.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x y ", 500_000)
	l := &standin.Loki{}
	say(l, checkout(), "09:10:00 error "+long, `09:11:00 {"level":"error","msg":"`+long+`"}`)
	say(l, deployer, `09:12:00 {"service":"shop","event":"change","message":"`+long+`"}`, `09:13:00 {"service":"shop","event":"change"}`)
	cfg := Config{URL: sourcetest.Serve(t, l), Queries: queries()}
	s, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := ask(t, s, request(t, window))
	if len(f.Events) != 3 || len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, "1 line could not be read (longer than 1048576 bytes)") {
		t.Errorf("%.2000s", told(f))
	}
	for _, e := range f.Events {
		if len(e.Summary) > 500 || len(e.Attributes["pattern"]) > maxPattern {
			t.Errorf("%.300s", e.Summary)
		}
	}
	for _, e := range f.Evidence {
		if len(e.Body) > 64<<10 {
			t.Errorf("record %s has %d bytes", e.ID, len(e.Body))
		}
	}
}

// TestParts: many episodes with many labels are several records, none of them too large,
// that together say the same.
func TestParts(t *testing.T) {
	l := &standin.Loki{}
	for i := range maxEpisodes {
		labels := checkout("pod", fmt.Sprintf("checkout-%d", i))
		for j := range 30 {
			labels[fmt.Sprintf("zz%02d_%s", j, strings.Repeat("n", 100))] = strings.Repeat("v", 90)
		}
		say(l, labels, "09:10:00 error a", "09:10:01 error a")
	}
	s := over(t, sourcetest.Serve(t, l), queries()[0])
	s.limits.page = 15 // an answer of the tests' Loki may have a megabyte
	f := ask(t, s, request(t, window))
	if len(f.Events) != maxEpisodes || len(f.Gaps) > 0 || len(f.Evidence) < 2 {
		t.Errorf("%d events, %d records, gaps %v", len(f.Events), len(f.Evidence), f.Gaps)
	}
	for _, e := range f.Evidence {
		if len(e.Body) > 256<<10 {
			t.Errorf("record %s has %d bytes", e.ID, len(e.Body))
		}
	}
	reversed := append([]timeline.Evidence{}, f.Evidence[1:]...)
	again, err := Interpret(window, append(reversed, f.Evidence[0]))
	if err != nil || told(again) != told(f) {
		t.Errorf("in another order: %v", err)
	}
}
