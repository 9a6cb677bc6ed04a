package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestLiveProgressFits draws on a small terminal: no line is as wide as it is,
// or it would wrap and the next redraw would begin on a wrong line.
func TestLiveProgressFits(t *testing.T) {
	var out bytes.Buffer
	p := &liveProgress{w: &out, rows: map[string]string{}, size: func() (int, int) { return 40, 10 }}
	p.asking("mysql/db1")
	p.answered("mysql/db1", counts{records: 1, gaps: []string{strings.Repeat("a long reason ", 30)}}, time.Second)
	for line := range strings.Lines(out.String()) {
		_, line, _ = strings.Cut(line, "\x1b[2K")
		if n := utf8.RuneCountInString(strings.TrimSpace(line)); n >= 40 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// TestLiveProgressOfManySources goes on with plain lines when the sources do not
// fit on the screen.
func TestLiveProgressOfManySources(t *testing.T) {
	var out bytes.Buffer
	p := &liveProgress{w: &out, rows: map[string]string{}, size: func() (int, int) { return 80, 10 }}
	for i := range 30 {
		p.asking(fmt.Sprintf("mysql/db%d", i))
	}
	if strings.Contains(out.String(), "\x1b[10A") || strings.Contains(out.String(), "\x1b[29A") {
		t.Errorf("the cursor goes up beyond the screen: %q", out.String())
	}
	if !strings.Contains(out.String(), "mysql/db29 ") {
		t.Error("the last source is not there")
	}
}

func TestSourceOutOfScopeWasNotAsked(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	b.addServer(t, c, "  - {name: other, cluster: bank, address: '127.0.0.1:1', user: collector}\n")
	code, _, stderr := b.collector(t, "draft", "-c", c, "--cluster", "shop", "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z")
	if code != exitOK || !strings.Contains(stderr, "mysql/other: not asked") || strings.Contains(stderr, "mysql/db1: not asked") {
		t.Errorf("code %d: %s", code, stderr)
	}
}
