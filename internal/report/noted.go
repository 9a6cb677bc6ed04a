package report

import "collector/internal/timeline"

// maxNotes is how many notes a section tells one by one.
const maxNotes = 8

// noted tells what people wrote down. Whether it helped is theirs to say.
func (d *document) noted(belongs func(timeline.Event) bool) []Statement {
	notes := d.where(func(e timeline.Event) bool { return e.Kind == timeline.Note && belongs(e) })
	var out []Statement
	for _, e := range notes[:min(len(notes), maxNotes)] {
		out = append(out, Statement{"Somebody noted " + d.clock.when(e.Start) + ": " + escape(e.Summary, maxText) + ".", e.Evidence})
	}
	return append(out, more(notes[min(len(notes), maxNotes):], "note", "the timeline has them")...)
}

// afterDetection reports whether something was after the first alert, or, without one,
// after the onset: by then people respond.
func (d *document) afterDetection(e timeline.Event) bool {
	p := d.tl.Phases
	switch {
	case p.Detected != nil:
		return p.Detected.Before(e.Start)
	case p.Onset != nil:
		return p.Onset.Before(e.Start)
	}
	return false
}
