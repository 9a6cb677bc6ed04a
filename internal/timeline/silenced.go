package timeline

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxSilencedNamed is how many alerts of one silence are named.
const maxSilencedNamed = 20

// matchSilences names, in the attribute matching_alerts of each silence, the alerts of
// the window that fired while it was in force and that its matchers match; it then
// cites their evidence too. The attribute matchers holds them as Alertmanager writes
// them: a="1", b=~"2.*" or c!="3".
//
// A label that an alert lacks is "" to Alertmanager. Where nobody but Prometheus tells
// of an alert its labels are not all known (external_labels), so there such a matcher
// matches nothing: what is named here was silenced, but more may have been.
func matchSilences(events []Event) []Event {
	var alerts []Event
	for _, e := range events {
		if e.Kind == Alert {
			alerts = append(alerts, e)
		}
	}
	events = slices.Clone(events)
	for i, e := range events {
		if e.Kind != Silence || e.Attributes["matchers"] == "" {
			continue
		}
		sets, ok := parseMatchers(e.Attributes["matchers"])
		if !ok {
			continue
		}
		var names []string
		for _, alert := range alerts {
			if overlap(e, alert) && sets.match(alert) {
				names = append(names, alertName(alert))
				events[i].Evidence = union(events[i].Evidence, alert.Evidence)
			}
		}
		if len(names) > 0 {
			events[i].Attributes = maps.Clone(e.Attributes)
			events[i].Attributes["matching_alerts"] = firstFew(names, maxSilencedNamed)
		}
	}
	return events
}

// alertName names an alert and whom it is about: ReplicaLag (db2).
func alertName(alert Event) string {
	name := alert.Attributes["alertname"]
	if name == "" {
		name = "without a name"
	}
	if alert.Target == "" {
		return name
	}
	return name + " (" + alert.Target + ")"
}

// firstFew names the first few of many, in order of the alphabet.
func firstFew(names []string, most int) string {
	names = union(names, nil)
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// labelMatcher is one condition on a label of an alert.
type labelMatcher struct {
	label string
	value string
	re    *regexp.Regexp // of =~ and !~
	not   bool
}

func (m labelMatcher) matches(value string) bool {
	if m.re != nil {
		return m.re.MatchString(value) != m.not
	}
	return (value == m.value) != m.not
}

// matcherSets are sets of matchers of which one must match.
type matcherSets [][]labelMatcher

func (s matcherSets) match(alert Event) bool {
	// What Alertmanager told of came with all its labels.
	complete := alert.Grade == Logged || alert.Attributes["received_at"] != ""
	return slices.ContainsFunc(s, func(set []labelMatcher) bool {
		for _, m := range set {
			value, has := labelOf(alert, m.label)
			if !has && !complete || !m.matches(value) {
				return false
			}
		}
		return len(set) > 0
	})
}

// labelOf is an alert's label: two of them are attributes by their own names.
func labelOf(alert Event, label string) (value string, has bool) {
	if label != "alertname" && label != "severity" {
		label = "label_" + label
	}
	value, has = alert.Attributes[label]
	return value, has
}

var matcherStart = regexp.MustCompile(`^([\p{L}_:][\p{L}\p{N}_:.-]*)(=~|!~|!=|=)`)

// parseMatchers reads what textOf of the alertmanager source writes.
func parseMatchers(text string) (sets matcherSets, ok bool) {
	sets = matcherSets{nil}
	for text != "" {
		start := matcherStart.FindStringSubmatch(text)
		if start == nil {
			return nil, false
		}
		quoted, err := strconv.QuotedPrefix(text[len(start[0]):])
		if err != nil {
			return nil, false
		}
		text = text[len(start[0])+len(quoted):]
		m := labelMatcher{label: start[1], not: start[2][0] == '!'}
		if m.value, err = strconv.Unquote(quoted); err != nil {
			return nil, false
		}
		if strings.HasSuffix(start[2], "~") {
			if m.re, err = regexp.Compile("^(?:" + m.value + ")$"); err != nil {
				return nil, false
			}
		}
		sets[len(sets)-1] = append(sets[len(sets)-1], m)
		switch {
		case strings.HasPrefix(text, " or "):
			sets, text = append(sets, nil), text[len(" or "):]
		case strings.HasPrefix(text, ", "):
			text = text[len(", "):]
		case text != "":
			return nil, false
		}
	}
	return sets, true
}
