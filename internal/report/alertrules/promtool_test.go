package alertrules

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/lab/servers"
)

func nan() float64 { return math.NaN() }

// written puts the two files into a directory.
func written(t *testing.T, rules ...Rule) string {
	t.Helper()
	dir := t.TempDir()
	yaml, err := Rules("db1: {{ trouble }}", rules)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := Tests("db1: {{ trouble }}", rules)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{RulesFile: yaml, TestFile: tests} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// promtool runs one of its commands in a directory.
func promtool(t *testing.T, program, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestPromtool lets real promtools check the rules and run their unit tests: they
// fire at the evaluation that this package computed, and not one earlier.
func TestPromtool(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	var all []Rule
	metrics := staged()
	for _, name := range []string{"a gauge", "a rate from a flat zero", "either of two metrics", "a switch", "a fall, a series with no labels", "two series"} {
		all = append(all, mustRule(t, metrics[name]))
	}
	for version, program := range servers.Promtools() {
		t.Run(version, func(t *testing.T) {
			dir := written(t, all...)
			for _, args := range [][]string{{"check", "rules", RulesFile}, {"test", "rules", TestFile}} {
				if out, err := promtool(t, program, dir, args...); err != nil || strings.Contains(out, "duplicate") {
					t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
			for _, name := range []string{"foreign names", "points are missing", "abnormal from the first point on"} {
				if out, err := promtool(t, program, written(t, mustRule(t, metrics[name])), "test", "rules", TestFile); err != nil {
					t.Errorf("%s: %v\n%s", name, err, out)
				}
			}
		})
	}
}

// TestPromtoolFindsAWrongRule: the unit tests can fail, by a rule that fires too late,
// too early or never.
func TestPromtoolFindsAWrongRule(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	for name, change := range map[string][2]string{
		"too late":  {"for: 2m", "for: 3m"},
		"too early": {"for: 2m", "for: 1m"},
		"never":     {"> 40", "> 400"},
		"always":    {"> 40", "> 1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, mustRule(t, staged()["a gauge"]))
			file := filepath.Join(dir, RulesFile)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wrong := strings.Replace(string(data), change[0], change[1], 1)
			if wrong == string(data) {
				t.Fatalf("the rule has no %q:\n%s", change[0], data)
			}
			if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := promtool(t, "promtool", dir, "test", "rules", TestFile); err == nil {
				t.Errorf("promtool is content: %s", out)
			}
		})
	}
}

// TestSameBytes: the files are a function of their input.
func TestSameBytes(t *testing.T) {
	r := mustRule(t, staged()["two series"])
	read := func(dir string) (all []byte) {
		for _, name := range []string{RulesFile, TestFile} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all = slices.Concat(all, data)
		}
		return all
	}
	first := read(written(t, r))
	for range 20 {
		if string(read(written(t, mustRule(t, staged()["two series"])))) != string(first) {
			t.Fatal("other bytes")
		}
	}
	foreign := mustRule(t, staged()["foreign names"])
	for name, text := range map[string]string{"summary": foreign.summary(), "description": foreign.description(), "target": foreign.labels()["target"], "title": string(first)} {
		if strings.Contains(text, "{{") {
			t.Errorf("a foreign name became a template in the %s: %s", name, text)
		}
	}
}
