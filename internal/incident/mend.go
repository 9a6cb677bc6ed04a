package incident

import (
	"slices"
	"strconv"
	"strings"
)

// mend puts the alerts whose labels are lost where they belong, as far as that can be
// known; the others stay aside. Their times are whole.
func (a *arrangement) mend() {
	for k, e := range a.lost {
		labels, known := a.labelsOf(e)
		if !known {
			a.take(k)
			continue
		}
		e.First = Words{Labels: labels}
		e.Latest = e.First
		a.place(e)
	}
}

// labelsOf says which labels an alert had whose own are lost, or those of them that
// group it: an alert of the same fingerprint has the same; Alertmanager's group names
// those that it grouped by. An alert that an incident is named by has those of the one
// group that the name is about, and else is an incident of its own.
func (a *arrangement) labelsOf(e Episode) (labels map[string]string, known bool) {
	for _, m := range a.same[e.Fingerprint] {
		if !m.Damaged {
			return m.First.Labels, true
		}
	}
	if labels = labelsIn(e.GroupKey); hasAll(labels, a.c.GroupBy) {
		return labels, true
	}
	names := a.anchors[e.key()]
	if len(names) == 0 {
		return nil, false
	}
	if meant := a.groupsAbout(a.names[names[0]].ID); len(meant) == 1 {
		return meant[0].labels, true
	}
	return map[string]string{}, true
}

// groupsAbout are the groups that an ID may have been given to, by what it says: of
// those that have an alert whose labels can be read.
func (a *arrangement) groupsAbout(id string) (meant []*group) {
	for _, same := range a.same {
		for _, m := range same {
			if g := m.in; !m.Damaged && g.kind == byLabels && !slices.Contains(meant, g) && isAbout(id, aboutGroup(g.labels)) {
				meant = append(meant, g)
			}
		}
	}
	return meant
}

func hasAll(labels map[string]string, names []string) bool {
	for _, name := range names {
		if _, ok := labels[name]; !ok {
			return false
		}
	}
	return true
}

// labelsIn are the labels at the end of one of Alertmanager's group keys, which are
// the route and the group's labels: {}/{team="dba"}:{alertname="Down", cluster="shop"}.
// Of anything else there are none.
func labelsIn(groupKey string) map[string]string {
	labels := map[string]string{}
	rest, ok := strings.CutSuffix(groupKey[strings.LastIndex(groupKey, "}:{")+1:], "}")
	rest, begins := strings.CutPrefix(rest, ":{")
	for ok && begins && rest != "" {
		name, after, _ := strings.Cut(rest, "=")
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil {
			return map[string]string{}
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return map[string]string{}
		}
		labels[name] = value
		rest = strings.TrimPrefix(after[len(quoted):], ", ")
	}
	return labels
}
