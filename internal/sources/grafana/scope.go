package grafana

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"collector/internal/sources"
)

// maxSnapshots is how many snapshots one dashboard may need, one per server when a
// variable takes one value only. What is beyond is named in the draft.
const maxSnapshots = 10

// varTemplates are the configured values of a dashboard's variables.
type varTemplates map[string]*template.Template

// parseVars compiles the templates; the error names the variable.
func parseVars(vars map[string]string) (varTemplates, error) {
	parsed := varTemplates{}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		t, err := template.New(name).Funcs(scopeFuncs(sources.Target{})).Parse(vars[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		parsed[name] = t
	}
	return parsed, nil
}

// scopeFuncs are the words of the templates, for one server.
func scopeFuncs(t sources.Target) template.FuncMap {
	return template.FuncMap{
		"target":  func() string { return t.Name },
		"cluster": func() string { return t.Cluster },
		"label":   func(name string) string { return t.Labels[name] },
	}
}

// assignment is a value for each configured variable; a variable with several
// values has them all chosen.
type assignment map[string][]string

// assignments are the values for each server of the scope. Servers that give the
// same values share one; without any server the templates speak of nobody.
func (v varTemplates) assignments(targets sources.Targets) ([]assignment, error) {
	if len(v) == 0 {
		return []assignment{{}}, nil
	}
	if len(targets) == 0 {
		targets = sources.Targets{{}}
	}
	var all []assignment
	seen := map[string]bool{}
	for _, t := range targets {
		a := assignment{}
		for name, tmpl := range v {
			own, err := tmpl.Clone()
			if err != nil {
				return nil, fmt.Errorf("variable %s: %w", name, err)
			}
			var text strings.Builder
			if err := own.Funcs(scopeFuncs(t)).Execute(&text, nil); err != nil {
				return nil, fmt.Errorf("variable %s: %w", name, err)
			}
			if text.Len() > 0 { // nothing to say: the dashboard's own value stays
				a[name] = []string{text.String()}
			}
		}
		if key := a.key(); !seen[key] {
			seen[key] = true
			all = append(all, a)
		}
	}
	return all, nil
}

// key writes an assignment in one order.
func (a assignment) key() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a)) {
		fmt.Fprintf(&b, "%q=%q;", name, a[name])
	}
	return b.String()
}

// together merges the assignments into one, each variable with all of its values,
// if the dashboard's variables can take them; otherwise each is a snapshot.
func together(all []assignment, takesSeveral func(name string) bool) []assignment {
	merged := assignment{}
	for _, a := range all {
		for _, name := range slices.Sorted(maps.Keys(a)) {
			for _, value := range a[name] {
				if !slices.Contains(merged[name], value) {
					merged[name] = append(merged[name], value)
				}
			}
		}
	}
	for name, values := range merged {
		if len(values) > 1 && !takesSeveral(name) {
			return all
		}
	}
	return []assignment{merged}
}
