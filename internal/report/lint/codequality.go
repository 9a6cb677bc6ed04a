package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// GitLab's Code Quality report, as far as findings need it.
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type (
	qualityIssue struct {
		Description string          `json:"description"`
		Check       string          `json:"check_name"`
		Fingerprint string          `json:"fingerprint"`
		Severity    string          `json:"severity"`
		Location    qualityLocation `json:"location"`
	}
	qualityLocation struct {
		Path  string       `json:"path"`
		Lines qualityLines `json:"lines"`
	}
	qualityLines struct {
		Begin int `json:"begin"`
		End   int `json:"end"`
	}
)

// WriteCodeQuality writes findings as GitLab's Code Quality report, for merge requests.
// A finding keeps its fingerprint when lines are added above it, so that GitLab shows
// what a merge request adds and what it mends.
func WriteCodeQuality(w io.Writer, findings []Finding) error {
	issues := []qualityIssue{}
	seen := map[string]int{}
	for _, f := range findings {
		path := strings.TrimPrefix(filepath.ToSlash(filepath.Clean(f.File)), "./")
		what := path + "\x00" + f.Rule + "\x00" + f.Message
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", what, seen[what]))
		seen[what]++
		severity := "major"
		if f.Severity == Warning {
			severity = "minor"
		}
		issues = append(issues, qualityIssue{f.Message + ". " + f.Fix, f.Rule, hex.EncodeToString(sum[:16]), severity, qualityLocation{path, qualityLines{f.Line, f.EndLine}}})
	}
	return encode(w, issues)
}
