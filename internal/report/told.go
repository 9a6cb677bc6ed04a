package report

import (
	"collector/internal/timeline"
)

// maxToldLines is how many lines say who was told of alerts.
const maxToldLines = 5

// told says what was silenced, of which alerts nobody was told, and who was told first.
func (d *document) told() []Statement {
	events := d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.Silence || e.Attributes["suppressed_alert"] != "" || e.Attributes["receiver"] != "" && e.Attributes["reason"] == "first notification"
	})
	var out []Statement
	for _, e := range events[:min(len(events), maxToldLines)] {
		out = append(out, Statement{d.toldStory(e), e.Evidence})
	}
	return append(out, more(events[min(len(events), maxToldLines):], "such line", "the timeline has them")...)
}

func (d *document) toldStory(e timeline.Event) string {
	text := opening(e)
	switch {
	case e.Kind != timeline.Silence:
		text += ", " + d.clock.when(e.Start)
	case e.Start.Latest.Before(d.tl.Window.From):
		text += ", in force when the window opened"
	default:
		text += ", which came into force " + d.clock.when(e.Start)
	}
	if after := e.Attributes["after_start"]; after != "" {
		text += ", " + escape(after, 20) + " after the first of them began to fire"
	}
	if alerts := e.Attributes["matching_alerts"]; alerts != "" {
		text += "; of the alerts of the window it matches " + escape(alerts, maxText)
	}
	return text + "."
}
