package report

import (
	"slices"

	"collector/internal/timeline"
)

// title is the title that was given, else one that is derived from the facts:
// "db1: replication stopped, 2 alerts, after deploy shop 1.4.2".
func (d Draft) title() string {
	if given := plain(d.Title, maxText); given != "" {
		return given
	}
	if given := plain(d.Timeline.Title, maxText); given != "" {
		return given
	}
	return plain(derivedTitle(d.Timeline), maxText)
}

func derivedTitle(t timeline.Timeline) string {
	var harm, alerts []timeline.Event
	for _, e := range t.Events {
		switch {
		case e.Kind == timeline.Alert:
			alerts = append(alerts, e)
		case e.Harm():
			harm = append(harm, e)
		}
	}
	var title string
	switch {
	case len(harm) > 0:
		title = harmTitle(gravest(harm))
		if len(alerts) > 0 {
			title += ", " + plural(len(alerts), "alert")
		}
	case len(alerts) > 0:
		first := gravest(alerts)[0]
		title = "alert " + first.Attributes["alertname"]
		if first.Target != "" {
			title = first.Target + ": " + title
		}
		if len(alerts) > 1 {
			title += " and " + plural(len(alerts)-1, "more alert")
		}
	case len(t.Events) > 0:
		return plural(len(t.Events), "event") + " recorded, none of them harmful"
	case len(t.Checks) > 0:
		return "No incident found"
	case len(t.Gaps) > 0:
		return "Nothing could be observed"
	default:
		return "Nothing recorded"
	}
	if before := candidates(t); len(before) > 0 && before[0].Kind.Action() {
		title += ", after " + action(before[0].Event)
	}
	return title
}

// harmTitle names the gravest harm's server and at most two things that it suffered.
func harmTitle(harm []timeline.Event) string {
	target := harm[0].Target
	var what, elsewhere []string
	for _, e := range harm {
		switch {
		case e.Target == target:
			if s := short(e); !slices.Contains(what, s) {
				what = append(what, s)
			}
		case e.Severity == harm[0].Severity && !slices.Contains(elsewhere, e.Target):
			elsewhere = append(elsewhere, e.Target)
		}
	}
	text := what[0]
	if len(what) > 1 {
		text += ", " + what[1]
	}
	switch {
	case target == "":
		return text
	case len(elsewhere) == 1:
		return target + " and " + elsewhere[0] + ": " + text
	case len(elsewhere) > 1:
		return target + " and " + plural(len(elsewhere), "other") + ": " + text
	}
	return target + ": " + text
}
