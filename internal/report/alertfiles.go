package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"collector/internal/report/alertrules"
)

// alertRuleFiles are the rules that would have told of what no alert told, and their
// tests; none where there are no such rules.
func alertRuleFiles(draft Draft) ([]File, error) {
	doc, err := newDocument(draft, draft.Templates[0])
	if err != nil {
		return nil, err
	}
	list, _ := doc.moved()
	var rules []alertrules.Rule
	for _, u := range list {
		if u.rule != nil {
			rules = append(rules, *u.rule)
		}
	}
	if len(rules) == 0 {
		return nil, nil
	}
	title := draft.Timeline.Title + ", " + draft.Timeline.Window.From.UTC().Format(time.RFC3339)
	yaml, err := alertrules.Rules(plain(title, maxText), rules)
	if err != nil {
		return nil, err
	}
	tests, err := alertrules.Tests(plain(title, maxText), rules)
	if err != nil {
		return nil, err
	}
	return []File{{alertrules.RulesFile, yaml}, {alertrules.TestFile, tests}}, nil
}

// checkAlertRules finds files of rules for which the evidence gives none.
func (v *verification) checkAlertRules(files []File) {
	for _, name := range []string{alertrules.RulesFile, alertrules.TestFile} {
		if v.listed[name] != "" && !slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			v.fault(name, Differs, "the evidence gives no such rules")
		}
	}
}

// keepEditedRules keeps the files of rules that a person changed, under a name of
// their own beside the fresh ones: edited-1a2b3c4d-alert-rules.yaml.
func keepEditedRules(dir, staged string) error {
	written, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list, err := readSums(written)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.name != alertrules.RulesFile && s.name != alertrules.TestFile {
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
