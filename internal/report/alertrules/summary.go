package alertrules

import (
	"fmt"
	"strings"
)

// clean makes a foreign name safe in an annotation, which is a template.
func clean(text string) string {
	return strings.NewReplacer("{", "(", "}", ")").Replace(strings.Join(strings.Fields(text), " "))
}

// summary is what the alert says to people.
func (r Rule) summary() string {
	side := "below"
	if r.Departures[0].Up {
		side = "above"
	}
	text := clean(r.Signal)
	if r.Target != "" {
		text += " on " + clean(r.Target)
	}
	return fmt.Sprintf("%s is %s %s", text, side, r.amount(r.Thresholds[0]))
}

// description says where the threshold comes from.
func (r Rule) description() string {
	d := r.Departures[0]
	way := "down"
	if d.Up {
		way = "up"
	}
	return fmt.Sprintf("Normal before the incident: %s, %s to the edge of its band at %s.", r.amount(d.Series.Baseline), way, r.amount(d.Edge))
}

func (r Rule) amount(v float64) string {
	return strings.TrimSpace(short(v) + " " + clean(r.Unit))
}

// labels are those of the rule.
func (r Rule) labels() map[string]string {
	out := map[string]string{"severity": r.Severity}
	if r.Target != "" {
		out["target"] = clean(r.Target)
	}
	return out
}

// annotations are those of the rule.
func (r Rule) annotations() map[string]string {
	return map[string]string{"summary": r.summary(), "description": r.description()}
}
