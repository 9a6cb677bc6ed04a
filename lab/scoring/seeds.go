package scoring

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"collector/lab/incidents"
)

// coverage says how many of the lines of the seed that a machine could know the draft
// tells, and names the others.
func (r *Result) coverage(incident incidents.Incident, dir string) error {
	lines := incident.SeedLines()
	if len(lines) == 0 {
		return nil
	}
	document, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	for _, line := range lines {
		if line.Draft == "" {
			continue
		}
		tells, err := regexp.Compile("(?m)" + line.Draft)
		if err != nil {
			return fmt.Errorf("a line of the seed: %w", err)
		}
		r.SeedLines++
		if !tells.Match(document) {
			r.Untold = append(r.Untold, line.Seed)
		}
	}
	return nil
}
