package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"collector/internal/report/alertrules"
)

// keepEdited keeps what a person changed in files that an update writes anew, pages
// and alert rules, under a name of their own beside the fresh ones:
// edited-1a2b3c4d-alert-rules.yaml. What is no longer as its sum says is a person's.
func keepEdited(dir, staged string) error {
	written, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list, err := readSums(written)
	if err != nil {
		return err
	}
	for _, s := range list {
		if !generatedWhole(s.name) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, s.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		sum := sumOf(data)
		if sum == s.hex {
			continue
		}
		name := editedName(sum, s.name)
		if err := os.WriteFile(filepath.Join(staged, name), data, 0o640); err != nil { //nolint:gosec // its group may read a draft
			return err
		}
	}
	return nil
}

// generatedWhole reports whether a file of a draft has no places for people's words,
// and yet is one that people may have reason to change.
func generatedWhole(file string) bool {
	name, document := nameOf(file)
	return file == alertrules.RulesFile || file == alertrules.TestFile || document && file == pageFile(name)
}
