package report

import "collector/internal/timeline"

// noOtherHarm says that no harm besides the first is known of, as firmly as those who
// looked for any can: none was found, or none is recorded and a gap could hide it.
func (d *document) noOtherHarm(onset *timeline.Phase) []Statement {
	text := "Besides the first harm, no other was found."
	switch {
	case len(d.gapsAbout(topicHarm)) > 0:
		text = "No harm besides the first is recorded. That does not rule out another, because not everything could be seen."
	case len(d.checksAbout(topicHarm)) == 0:
		text = "No harm besides the first is recorded."
	}
	return append([]Statement{{text, d.citesOf(onset)}}, d.elsewhere(topicHarm)...)
}
