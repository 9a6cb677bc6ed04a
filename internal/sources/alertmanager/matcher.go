package alertmanager

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// matcher is one condition on a label. A label that an alert lacks is "".
type matcher struct {
	Name  string `json:"name"`
	Op    string `json:"op"` // = != =~ !~
	Value string `json:"value"`
}

// String writes it as Alertmanager does: instance=~"db2:.*".
func (m matcher) String() string { return m.Name + m.Op + strconv.Quote(m.Value) }

// matches reports whether a value meets the condition. An expression that is none
// meets nothing.
func (m matcher) matches(value string) bool {
	switch m.Op {
	case "=":
		return value == m.Value
	case "!=":
		return value != m.Value
	}
	re, err := regexp.Compile("^(?:" + m.Value + ")$")
	if err != nil {
		return false
	}
	return re.MatchString(value) == (m.Op == "=~")
}

// op is the operator of a matcher in the API's form.
func op(isEqual, isRegex bool) string {
	switch {
	case isEqual && isRegex:
		return "=~"
	case isEqual:
		return "="
	case isRegex:
		return "!~"
	}
	return "!="
}

// textOf writes sets of matchers of which one must match: a="1", b="2" or c="3".
func textOf(sets [][]matcher) string {
	var all []string
	for _, set := range sets {
		var one []string
		for _, m := range set {
			one = append(one, m.String())
		}
		all = append(all, strings.Join(one, ", "))
	}
	return strings.Join(all, " or ")
}

// admission decides what belongs to a request, and whom it is about.
type admission struct {
	targets       sources.Targets
	clusterLabels []string // that may name an alert's cluster; the first that does counts
	scope         timeline.Scope
}

// alert returns whom an alert is about, or false when it is out of scope. One that is
// about no target and no cluster is in: nobody said that it does not matter.
func (a admission) alert(labels map[string]string) (target string, in bool) {
	target = a.targets.Resolve(labels)
	return target, a.includes(a.clusterOf(labels, target), target)
}

func (a admission) clusterOf(labels map[string]string, target string) string {
	for _, label := range a.clusterLabels {
		if v := labels[label]; v != "" {
			return v
		}
	}
	for _, t := range a.targets {
		if t.Name == target {
			return t.Cluster
		}
	}
	return ""
}

func (a admission) includes(cluster, target string) bool {
	if target == "" {
		return timeline.Scope{Clusters: a.scope.Clusters}.Includes(cluster, "")
	}
	return a.scope.Includes(cluster, target)
}

// silence returns the one target that matchers name, if any, or false when they can
// match nothing in scope.
func (a admission) silence(sets [][]matcher) (target string, in bool) {
	for i, set := range sets {
		named, cluster := a.named(set)
		in = in || a.clustersMatch(set) && a.includes(cluster, named)
		if i == 0 {
			target = named
		} else if named != target {
			target = ""
		}
	}
	return target, in || len(sets) == 0
}

// named is whom a set of matchers is about: by labels that it wants to be equal, else
// the only configured server that has a label on which it has a condition and meets
// all those on labels of its.
func (a admission) named(set []matcher) (target, cluster string) {
	labels := map[string]string{}
	for _, m := range set {
		if m.Op == "=" && m.Name != "job" {
			labels[m.Name] = m.Value
		}
	}
	if target = a.targets.Resolve(labels); target == "" {
		target = a.onlyOne(set)
	}
	return target, a.clusterOf(labels, target)
}

func (a admission) onlyOne(set []matcher) string {
	only := ""
	for _, t := range a.targets {
		conditions, meets := 0, true
		for _, m := range set {
			if value, has := t.Labels[m.Name]; has {
				if !slices.Contains(a.clusterLabels, m.Name) {
					conditions++
				}
				meets = meets && m.matches(value)
			}
		}
		if conditions == 0 || !meets {
			continue
		}
		if only != "" {
			return ""
		}
		only = t.Name
	}
	return only
}

// clustersMatch reports whether a set can match an alert of a cluster in scope.
func (a admission) clustersMatch(set []matcher) bool {
	if len(a.scope.Clusters) == 0 {
		return true
	}
	return slices.ContainsFunc(a.scope.Clusters, func(cluster string) bool {
		return !slices.ContainsFunc(set, func(m matcher) bool {
			return slices.Contains(a.clusterLabels, m.Name) && !m.matches(cluster)
		})
	})
}

// textOfLabels writes labels in one order: alertname="ReplicaLag", instance="db2:9104".
func textOfLabels(labels map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, name+"="+strconv.Quote(labels[name]))
	}
	return strings.Join(list, ", ")
}
