package report

import (
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
