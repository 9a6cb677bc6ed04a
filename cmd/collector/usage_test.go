package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// TestBadInput gives one clear error and the right exit code, and writes nothing.
func TestBadInput(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	blocked := filepath.Join(b.dir, "a-file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	window := []string{"--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z"}
	tests := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"from after to", []string{"draft", "-c", c, "--from", "12:00", "--to", "09:00"}, exitUsage, []string{"--from 12:00 is not before --to 09:00"}},
		{"starts in the future", []string{"draft", "-c", c, "--from", "2024-07-13 09:00", "--to", "2024-07-13 10:00"}, exitUsage, []string{"in the future"}},
		{"no window", []string{"draft", "-c", c}, exitUsage, []string{"--from and --to", "09:00"}},
		{"unknown cluster", append([]string{"draft", "-c", c, "--cluster", "bank"}, window...), exitUsage, []string{`no cluster "bank"`, "shop"}},
		{"unknown template", append([]string{"draft", "-c", c, "--template", "novel"}, window...), exitUsage, []string{`no template "novel"`, "postmortem"}},
		{"unwritable output", append([]string{"draft", "-c", c, "--out", filepath.Join(blocked, "x")}, window...), exitFailed, []string{"a-file"}},
		{"no configuration", append([]string{"draft", "-c", filepath.Join(b.dir, "none.yaml")}, window...), exitFailed, []string{"none.yaml", "--config"}},
		{"update with a window", append([]string{"draft", "-c", c, "--update", b.dir}, window...), exitUsage, []string{"--update takes the window from the draft"}},
		{"update with a title", []string{"draft", "-c", c, "--update", b.dir, "--title", "Mine"}, exitUsage, []string{"leave --title out"}},
		{"update with a cluster", []string{"draft", "-c", c, "--update", b.dir, "--cluster", "shop"}, exitUsage, []string{"leave --cluster out"}},
		{"update elsewhere", []string{"draft", "-c", c, "--update", b.dir, "--out", b.dir}, exitUsage, []string{"leave --out out"}},
		{"update of nothing", []string{"draft", "-c", c, "--update", filepath.Join(b.dir, "none")}, exitFailed, []string{"none"}},
		{"unknown flag", []string{"draft", "--form", "09:00"}, exitUsage, []string{"--form", "collector draft --help"}},
		{"argument", []string{"draft", "now"}, exitUsage, []string{`unexpected "now"`}},
		{"unknown command", []string{"darft"}, exitUsage, []string{`"darft"`}},
		{"unseal without an update", append([]string{"draft", "-c", c, "--unseal"}, window...), exitUsage, []string{"--unseal", "--update"}},
		{"unseal from a bundle", []string{"draft", "--from-bundle", b.dir, "--unseal"}, exitUsage, []string{"leave --unseal out"}},
		{"draft in a draft", append([]string{"draft", "-c", c, "--out", demoDraft(t)}, window...), exitFailed, []string{"is a draft itself", "--out"}},
		{"restored in a draft", []string{"draft", "--from-bundle", demoDraft(t), "--out", demoDraft(t)}, exitFailed, []string{"is a draft itself"}},
		{"no window and no configuration", []string{"draft"}, exitUsage, []string{"--from and --to"}},
		{"bundle into nowhere", []string{"bundle", demoDraft(t), "--out", filepath.Join(b.dir, "none", "x.tar.zst")}, exitFailed, []string{filepath.Join(b.dir, "none"), "--out"}},
		{"bundle below a file", []string{"bundle", demoDraft(t), "--out", filepath.Join(blocked, "x.tar.zst")}, exitFailed, []string{"a-file is no directory"}},
		{"actions of a file", []string{"actions", blocked}, exitUsage, []string{"a-file is no directory: name drafts"}},
		{"patterns of nothing", []string{"patterns", filepath.Join(b.dir, "none")}, exitUsage, []string{"none"}},
		{"verify nothing", []string{"verify"}, exitUsage, []string{"name one draft directory"}},
		{"verify no draft", []string{"verify", b.dir}, exitFailed, []string{b.dir}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := b.collector(t, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
			}
			for _, want := range tt.says {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr does not say %q: %s", want, stderr)
				}
			}
			if stdout != "" {
				t.Errorf("stdout has %q", stdout)
			}
		})
	}
	if drafts, err := filepath.Glob(filepath.Join(b.dir, "out", "*")); err != nil || len(drafts) > 0 {
		t.Errorf("something was written: %v %v", drafts, err)
	}
}

func TestHelpHasAnExample(t *testing.T) {
	commands := 0
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" {
			return
		}
		commands++
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		code, stdout, _ := offline(t, args...)
		if code != exitOK || !strings.Contains(stdout, "Examples:\n  collector ") {
			t.Errorf("%q --help: code %d, no example:\n%s", c.CommandPath(), code, stdout)
		}
		for _, one := range c.Commands() {
			look(one)
		}
	}
	look(app{}.root())
	if commands < 20 {
		t.Errorf("%d commands were looked at", commands)
	}
}

func TestFutureEndIsCutAtNow(t *testing.T) {
	b := newBench(t)
	code, _, stderr := b.collector(t, "draft", "-c", b.config(t), "--from", "-30m", "--to", "2024-07-12T18:00:00Z")
	if code != exitOK || !strings.Contains(stderr, "the window is cut at now") {
		t.Errorf("code %d: %s", code, stderr)
	}
}
