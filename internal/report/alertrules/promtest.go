package alertrules

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"time"
)

type testFile struct {
	RuleFiles []string   `yaml:"rule_files"`
	Every     string     `yaml:"evaluation_interval"`
	Tests     []ruleTest `yaml:"tests"`
}

type ruleTest struct {
	Name   string      `yaml:"name"`
	Every  string      `yaml:"interval"`
	Series []series    `yaml:"input_series"`
	Alerts []alertTest `yaml:"alert_rule_test"`
}

type series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type alertTest struct {
	EvalTime  string  `yaml:"eval_time"`
	Alertname string  `yaml:"alertname"`
	Expect    []alert `yaml:"exp_alerts"`
}

type alert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// How many evaluations a test has before the metric leaves its band, and at most.
const (
	testedBefore = 240
	mostTested   = 6000
)

// Tests is the file of unit tests for promtool: for each rule the recorded values
// from before the onset to where it fires, that it does not fire at the last
// evaluation before the onset nor at the one before it fires, and that it does then.
func Tests(title string, rules []Rule) ([]byte, error) {
	file := testFile{RuleFiles: []string{RulesFile}}
	for _, r := range rules {
		file.Every = duration(r.Every) // all are evaluated at one interval
		file.Tests = append(file.Tests, r.test())
	}
	head := []string{
		"Unit tests for " + RulesFile + ": promtool test rules " + TestFile,
		"Incident: " + clean(title),
		"The values are those that were recorded in the incident, one for each evaluation.",
		"Series named collector:signal:… are the recorded values of a query that cannot be turned back into",
		"the metrics it was computed from: there the alert is tested, and its recording rule only for its syntax.",
	}
	return document(head, file)
}

// test is the unit test of one rule.
func (r *Rule) test() ruleTest {
	last := min(r.fires+1, len(r.series[0].grid.values)-1)
	first := max(0, r.first-testedBefore+1, last-mostTested)
	g := r.series[0].grid
	t := ruleTest{
		Name:  strings.TrimSpace(r.Name+" "+clean(r.Target)) + ", values from " + g.moment(first).UTC().Format(time.RFC3339),
		Every: duration(r.Every),
	}
	fed := map[string]bool{}
	for _, f := range r.series {
		if !fed[f.name] {
			fed[f.name] = true
			t.Series = append(t.Series, series{f.name, notation(f.grid.cut(first, last).values)})
		}
	}
	states := r.states(first, last)
	quiet := func(i int) {
		if i >= first && !states[i-first] {
			t.Alerts = append(t.Alerts, alertTest{r.eval(i - first), r.Name, []alert{}})
		}
	}
	quiet(r.first)
	if r.fires-1 > r.first {
		quiet(r.fires - 1)
	}
	t.Alerts = append(t.Alerts, alertTest{r.eval(r.fires - first), r.Name, r.expected(first, r.fires)})
	return t
}

func (r *Rule) eval(i int) string { return duration(time.Duration(i) * r.Every) }

// expected are the alerts that fire at an evaluation.
func (r *Rule) expected(first, at int) []alert {
	var out []alert
	seen := map[string]bool{}
	for _, f := range r.series {
		if seen[f.name] || !f.cond.firing(f.grid.cut(first, at), r.For)[at-first] {
			continue
		}
		seen[f.name] = true
		labels := maps.Clone(f.with)
		maps.Copy(labels, r.labels())
		out = append(out, alert{labels, r.annotations()})
	}
	return out
}

// notation writes values as promtool reads them: equal ones as 0+0x3, which is four
// of them; the first that is missing as stale, so that no older one stands in for it.
func notation(values []value) string {
	var words []string
	for i := 0; i < len(values); {
		j := i
		for j+1 < len(values) && same(values[i], values[j+1]) {
			j++
		}
		n := j - i // further ones
		switch {
		case !values[i].ok && i == 0:
			words = append(words, missing(n+1))
		case !values[i].ok:
			words = append(words, "stale")
			if n > 0 {
				words = append(words, missing(n))
			}
		case n > 1 && !math.IsNaN(values[i].v) && !math.IsInf(values[i].v, 0):
			words = append(words, fmt.Sprintf("%s+0x%d", number(values[i].v), n))
		default:
			for range n + 1 {
				words = append(words, strings.TrimPrefix(number(values[i].v), "+"))
			}
		}
		i = j + 1
	}
	return strings.Join(words, " ")
}

func missing(n int) string {
	if n == 1 {
		return "_"
	}
	return fmt.Sprintf("_x%d", n)
}

func same(a, b value) bool {
	return a.ok == b.ok && (!a.ok || a.v == b.v || math.IsNaN(a.v) && math.IsNaN(b.v))
}
