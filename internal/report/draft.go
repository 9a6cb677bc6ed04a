package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// RequestSource is the source of the record in which a draft keeps its own
// request: window, scope, title, template, time zone, version. Statements about
// the draft itself cite it.
const RequestSource = "collector"

// DefaultTemplate is the 14-section database postmortem.
const DefaultTemplate = "postmortem"

// Draft is everything that a document is made of. Equal drafts give equal bytes.
type Draft struct {
	Timeline  timeline.Timeline // its Evidence holds one record of source RequestSource
	Title     string            // replaces the title that is derived from the facts; "" derives it
	Templates []string          // which documents: names of templates; none is DefaultTemplate
	Own       map[string]string // the text of users' own templates, by name
	Location  *time.Location    // the zone in which times are shown, UTC beside; nil is UTC
	Version   string            // of the collector that wrote the draft
	Folder    string            // replaces the title in the name of the draft's directory; "" does not
	Unmasked  bool              // names stand in the evidence as they are, and the document says so
	DEA       string            // the number of its defect escape analysis: DEA-2026-001; "" where none was given
}

// Heading is the title of the document.
func (d Draft) Heading() string { return d.normal().Timeline.Title }

// errNoRequest says that a draft does not keep its own request.
var errNoRequest = errors.New("the draft has no record of its own request (evidence of source " + RequestSource + ")")

// normal fills in the defaults and the title.
func (d Draft) normal() Draft {
	if len(d.Templates) == 0 {
		d.Templates = []string{DefaultTemplate}
	}
	if d.Location == nil {
		d.Location = time.UTC
	}
	d.Timeline = believable(d.Timeline)
	d.Timeline.Title = d.title()
	return d
}

// believable makes nil maps empty, as timeline.json shows them, and turns a check
// or an impact figure that may not stand in a document into a gap that says so.
func believable(t timeline.Timeline) timeline.Timeline {
	refuse := func(source, target, what string, ids []string) {
		t.Gaps = append(t.Gaps, timeline.Gap{Source: source, Target: target, From: t.Window.From, To: t.Window.To, Reason: what, Evidence: ids})
	}
	t.Events, t.Gaps = slices.Clone(t.Events), slices.Clone(t.Gaps)
	for i := range t.Events {
		if t.Events[i].Attributes == nil {
			t.Events[i].Attributes = map[string]string{}
		}
	}
	checks, impact := t.Checks, t.Impact
	t.Checks, t.Impact = nil, nil
	for _, c := range checks {
		if len(c.Evidence) == 0 || c.LookedFor == "" {
			refuse(c.Source, c.Target, "a search for "+c.LookedFor+" came without evidence", c.Evidence)
			continue
		}
		t.Checks = append(t.Checks, c)
	}
	for _, i := range impact {
		switch {
		case len(i.Evidence) == 0:
			refuse(RequestSource, i.Name, "the impact figure "+i.Name+" came without evidence", nil)
		case math.IsNaN(i.Value) || math.IsInf(i.Value, 0):
			refuse(RequestSource, i.Name, "the impact figure "+i.Name+" is not a number", i.Evidence)
		default:
			t.Impact = append(t.Impact, i)
		}
	}
	return t
}

// request is the ID of the record of the draft's own request.
func (d Draft) request() (string, error) {
	for _, e := range d.Timeline.Evidence {
		if e.Source == RequestSource {
			return e.ID, nil
		}
	}
	return "", errNoRequest
}

// validate refuses a draft that could not be believed.
func (d Draft) validate() error {
	if !d.Timeline.Window.From.Before(d.Timeline.Window.To) {
		return fmt.Errorf("the window %s is empty", d.Timeline.Window)
	}
	if _, err := d.request(); err != nil {
		return err
	}
	for i, name := range d.Templates {
		if !documentName.MatchString(name) || slices.Contains(d.Templates[:i], name) {
			return fmt.Errorf("the documents %q: each is named once, by small letters, digits and dashes", d.Templates)
		}
	}
	seen := map[string]bool{}
	for _, e := range d.Timeline.Evidence {
		if err := e.Verify(); err != nil {
			return err
		}
		if seen[e.ID] {
			return fmt.Errorf("evidence %s stands twice in the draft", e.ID)
		}
		seen[e.ID] = true
	}
	return nil
}

// DirName is the draft's directory below OUT: 2024-07-12T0900Z-db1-replication-stopped.
func (d Draft) DirName() string {
	d = d.normal()
	name := d.Timeline.Title
	if d.Folder != "" {
		name = d.Folder
	}
	return d.Timeline.Window.From.UTC().Format("2006-01-02T1504Z") + "-" + slug(name, maxSlug)
}

const maxSlug = 60

// slug keeps ASCII letters and digits, lowered, and one dash between words.
func slug(text string, limit int) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		if b.Len() >= limit {
			break
		}
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		default:
			dash = true
		}
	}
	if b.Len() == 0 {
		return "incident"
	}
	return b.String()
}
