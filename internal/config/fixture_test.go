package config

import (
	"os"
	"strings"
	"testing"
)

// expectation is the comment block at the head of a fixture.
func expectation(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		message, ok := strings.CutPrefix(strings.TrimSpace(line), "# error: ")
		if !ok {
			break
		}
		want = append(want, message)
	}
	if len(want) == 0 {
		t.Fatalf("%s does not begin with # error:", path)
	}
	return strings.Join(want, "\n")
}
