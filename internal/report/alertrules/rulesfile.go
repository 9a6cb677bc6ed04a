package alertrules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v2"
)

// Names of the files.
const (
	RulesFile = "alert-rules.yaml"
	TestFile  = "alert-rules.test.yaml"
)

type ruleFile struct {
	Groups []ruleGroup `yaml:"groups"`
}

type ruleGroup struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval"`
	Rules    []rule `yaml:"rules"`
}

type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Rules is the file of rules for Prometheus: a group for each Prometheus that has the
// metrics, in the order of the rules.
func Rules(title string, rules []Rule) ([]byte, error) {
	var file ruleFile
	records := map[string]bool{}
	for _, r := range rules {
		name := "collector-" + strings.Trim(notMetric.ReplaceAllString(r.Prometheus, "_"), "_")
		i := slices.IndexFunc(file.Groups, func(g ruleGroup) bool { return g.Name == name })
		if i < 0 {
			i = len(file.Groups)
			file.Groups = append(file.Groups, ruleGroup{Name: name, Interval: duration(r.Every)})
		}
		g := &file.Groups[i]
		if key := name + " " + r.Record; r.Record != "" && !records[key] {
			records[key] = true
			g.Rules = append(g.Rules, rule{Record: r.Record, Expr: r.Query})
		}
		alert := rule{Alert: r.Name, Expr: r.Expr, Labels: r.labels(), Annotations: r.annotations()}
		if r.For > 0 {
			alert.For = duration(r.For)
		}
		g.Rules = append(g.Rules, alert)
	}
	head := []string{
		"Rules that would have told of metrics that moved with no alert, for Prometheus.",
		"Incident: " + clean(title),
		"Threshold: " + ThresholdRule + ".",
		"for: " + ForRule + ".",
		"Check: promtool check rules " + RulesFile + "; on the incident's own values: promtool test rules " + TestFile + ".",
	}
	return document(head, file)
}

// document writes a file with comments at its head.
func document(head []string, content any) ([]byte, error) {
	var b bytes.Buffer
	for _, line := range head {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	data, err := yaml.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("writing rules: %w", err)
	}
	b.Write(data)
	return b.Bytes(), nil
}
