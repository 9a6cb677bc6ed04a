package prometheus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// alert is all that is known about one label set.
type alert struct {
	target   string
	labels   map[string]string // without alertstate
	firing   []run
	pending  []run
	since    []run
	evidence []string
	from, to int64 // what was asked, ms
	step     int64 // ms
}

// every is the evaluation interval that the samples show, else the rule's. It is
// never less than the step, which is all that a record can tell apart.
func (al *alert) every(rule alertRule) int64 {
	best := run{}
	for _, r := range slices.Concat(al.firing, al.pending) {
		if r.N > best.N {
			best = r
		}
	}
	return max(al.step, cmp.Or(best.every(), rule.EveryMS))
}

// collectAlerts joins the states and the active-since times by label set.
func (a *answers) collectAlerts() []*alert {
	byKey := map[string]*alert{}
	for _, p := range a.alerts {
		for _, s := range p.answer.Series {
			key := keyOf(s.Labels, "alertstate")
			al := byKey[key]
			if al == nil {
				labels := maps.Clone(s.Labels)
				delete(labels, "alertstate")
				al = &alert{
					target: s.Target, labels: labels,
					from: p.question.From.UnixMilli(), to: p.question.To.UnixMilli(), step: p.question.StepMS,
				}
				byKey[key] = al
			}
			switch s.Labels["alertstate"] {
			case "firing":
				al.firing = append(al.firing, s.Runs...)
			case "pending":
				al.pending = append(al.pending, s.Runs...)
			}
			al.evidence = append(al.evidence, p.id)
		}
	}
	for _, p := range a.since {
		for _, s := range p.answer.Series {
			if al := byKey[keyOf(s.Labels)]; al != nil {
				al.since = append(al.since, s.Runs...)
				al.evidence = append(al.evidence, p.id)
			}
		}
	}
	alerts := make([]*alert, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		al := byKey[key]
		for _, runs := range [][]run{al.firing, al.pending, al.since} {
			slices.SortFunc(runs, func(x, y run) int { return cmp.Compare(x.First, y.First) })
		}
		alerts = append(alerts, al)
	}
	return alerts
}

// alertFindings makes one event of each alert that fired in the window.
func (a *answers) alertFindings(f *timeline.Findings, c coverage) {
	if len(a.alerts) == 0 {
		return
	}
	var rules ruleSet
	for _, p := range a.rules {
		rules.Alerts = append(rules.Alerts, p.answer.Alerts...)
	}
	fired := 0
	var onlyPending []string
	for _, al := range a.collectAlerts() {
		rule, known := rules.find(al.labels)
		if known {
			al.evidence = append(al.evidence, ids(a.rules)...)
		}
		stretches := a.inWindow(al.stretches(), al.every(rule))
		if len(stretches) == 0 {
			if len(a.inWindow(al.pending, al.every(rule))) > 0 {
				onlyPending = append(onlyPending, al.labels["alertname"])
			}
			continue
		}
		fired++
		f.Events = append(f.Events, al.event(stretches, rule, known, c))
	}
	q := a.alerts[0].question
	if fired == 0 && (a.observedAny(c) || a.anyAlert()) {
		f.Checks = append(f.Checks, a.check("firing alerts"+loaded(q.RulesLoaded)+pendingText(distinct(onlyPending)), ids(a.alerts)))
	}
}

func loaded(rules int) string {
	switch {
	case rules < 0:
		return ""
	case rules == 0:
		return " (no alerting rule is loaded now)"
	}
	return fmt.Sprintf(" (%d alerting rules are loaded now)", rules)
}

func pendingText(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; only pending: " + strings.Join(names, ", ")
}

// inWindow keeps the stretches of which a part lies in the window. A state lasts
// from one evaluation to the next.
func (a *answers) inWindow(runs []run, every int64) []run {
	var in []run
	for _, r := range runs {
		if r.First < a.window.To.UnixMilli() && r.Last+every > a.window.From.UnixMilli() {
			in = append(in, r)
		}
	}
	return in
}

// stretches are the firing runs, joined where the alert was active since the same
// time before and after: it never resolved, only nobody evaluated it or looked.
func (al *alert) stretches() []run {
	var joined []run
	for _, r := range al.firing {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			before, after := al.activeSince(last.Last), al.activeSince(r.First)
			if before == after && before > 0 {
				last.Last, last.N = r.Last, last.N+r.N
				continue
			}
		}
		joined = append(joined, r)
	}
	return joined
}

// activeSince is the value of ALERTS_FOR_STATE at a time, in ms; 0 when unknown.
func (al *alert) activeSince(t int64) int64 {
	for _, r := range al.since {
		if t >= r.First-al.step && t <= r.Last+al.step && r.Value > 0 {
			return int64(r.Value) * 1000
		}
	}
	return 0
}

func (al *alert) event(stretches []run, rule alertRule, ruleKnown bool, c coverage) timeline.Event {
	first, last := stretches[0], stretches[len(stretches)-1]
	every := al.every(rule)
	e := timeline.Event{
		Kind: timeline.Alert, Grade: timeline.Measured, Source: Kind, Target: al.target,
		Start: al.start(first, rule, ruleKnown, every, c), End: al.end(last, every, c),
		Attributes: al.attributes(stretches, rule, ruleKnown), Key: keyOf(al.labels), Evidence: al.evidence,
	}
	if e.End != nil && e.End.At.Before(e.Start.At) {
		e.End = &e.Start
	}
	if _, hit := c.over(last.Last, every); hit {
		e.Evidence = append(e.Evidence, c.evidence...)
	}
	e.Evidence = distinct(e.Evidence)
	e.Summary = summarise(al.labels, e.Attributes, len(stretches))
	return e
}

// start is the evaluation that first fired; it lies between two steps. Where it
// lies behind the start of what was asked, the active-since time and the rule's
// waiting time tell it.
func (al *alert) start(r run, rule alertRule, ruleKnown bool, every int64, c coverage) timeline.Instant {
	if r.First-al.from > every+al.step {
		earliest := r.First - al.step
		if h, inHole := c.over(r.First, 0); inHole {
			earliest = min(earliest, h.from)
		}
		return timeline.Between(at(earliest), at(r.First))
	}
	since := al.activeSince(r.First)
	if since == 0 || since > r.First {
		return timeline.Between(at(r.First-al.step), at(r.First))
	}
	if !ruleKnown || since+rule.ForMS > r.First {
		// It fired some time after it became active; nobody says when.
		return timeline.Between(at(since), at(r.First))
	}
	earliest := since + rule.ForMS
	return timeline.Between(at(earliest), at(min(r.First, earliest+1000+every)))
}

// end is the evaluation after the last firing one, or nil while none was due.
func (al *alert) end(r run, every int64, c coverage) *timeline.Instant {
	if r.Last+every > al.to {
		return nil
	}
	earliest, latest := r.Last+every-al.step, r.Last+every
	if h, inHole := c.over(r.Last, every); inHole {
		if h.to >= al.to {
			return nil // Prometheus did not come back before the end: nobody saw it resolve
		}
		earliest, latest = min(earliest, h.from), max(latest, h.to)
	}
	end := timeline.Between(at(earliest), at(latest))
	return &end
}

func (al *alert) attributes(stretches []run, rule alertRule, ruleKnown bool) map[string]string {
	attrs := map[string]string{}
	for k, v := range al.labels {
		switch k {
		case "alertname", "severity":
			attrs[k] = v
		default:
			attrs["label_"+k] = v
		}
	}
	if since := al.pendingAt(stretches[0]); since > 0 {
		attrs["pending_at"] = timeline.FormatTime(at(since))
	}
	if len(stretches) > 1 {
		attrs["flaps"] = strconv.Itoa(len(stretches))
	}
	if !ruleKnown {
		return attrs
	}
	attrs["for"] = (time.Duration(rule.ForMS) * time.Millisecond).String()
	if rule.Summary != "" {
		attrs["annotation_summary"] = expand(rule.Summary, al.labels)
	}
	if rule.Runbook != "" {
		attrs["runbook_url"] = expand(rule.Runbook, al.labels)
	}
	return attrs
}

// pendingAt is when the alert became active: by ALERTS_FOR_STATE, else by the
// first of the pending evaluations that led to the firing one.
func (al *alert) pendingAt(r run) int64 {
	if since := al.activeSince(r.First); since > 0 {
		return since
	}
	for _, p := range al.pending {
		if p.First < r.First && r.First-p.Last <= 2*al.step {
			return p.First
		}
	}
	return 0
}

// summarise says what fired in one sentence without a full stop.
func summarise(labels, attrs map[string]string, times int) string {
	text := "alert " + cmp.Or(labels["alertname"], "without a name") + " fired"
	if times > 1 {
		text += fmt.Sprintf(" %d times", times)
	}
	if s := strings.TrimRight(strings.Join(strings.Fields(attrs["annotation_summary"]), " "), ". "); s != "" {
		text += ": " + s
	}
	return text
}
