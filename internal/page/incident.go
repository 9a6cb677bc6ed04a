package page

import (
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// Incident is what is known of an incident without its draft.
type Incident struct {
	ID       string
	State    string // open, settling, closed
	Live     bool   // it is not closed: the page may follow it
	Window   timeline.Window
	Title    string // of its draft, "" without one
	About    string // the labels that its alerts share
	Alerts   int
	Firing   int
	Remarks  []string // full sentences
	Drafted  string   // how far its draft is: "final draft", "no draft yet"
	Failure  string   // why the last draft failed, "" when it did not
	Document bool     // there is a document to read
	Pages    []string // the names of its documents that have a page, the first to be read first; none is the postmortem
	Told     []Told   // its alerts, for a page without a story
	Now      template.HTML
}

// Told is an alert as the notifications told it.
type Told struct {
	Name, Labels string
	From, To     time.Time // To is zero while it fires
}

// Look is what a request asks of an incident's page.
type Look struct {
	Range timeline.Window // zero: all of it
	Event string          // the ID of the event to show, "" for none
	Page  int             // of the table of events, from 1; 0 where the event is, or the first
}

// maxRemarks is how many remarks a page repeats, maxTold how many alerts it lists.
const (
	maxRemarks = 12
	maxTold    = 200
)

// incidentView is what incident.html.tmpl sees.
type incidentView struct {
	frame
	head
	Story *storyView // nil: there is no draft yet
	Told  []toldView
	More  int // alerts that are not listed
	Zone  string
}

// head is what stands at the top of an incident's page.
type head struct {
	ID, Base, State, Window, About, Alerts, Drafted, Failure string
	Live, Document                                           bool
	Main                                                     string   // the document that is shown
	Others                                                   []string // its other documents
	Remarks                                                  []string
	Now                                                      template.HTML
}

type toldView struct{ Name, Labels, From, To string }

// Incident writes an incident's page. The records are those of the event that is
// looked at; without a story the page says what is known without a draft.
func (p *Pages) Incident(w io.Writer, i Incident, story *Story, look Look, records []timeline.Evidence, zone *time.Location) error {
	title := report.Plain(i.ID, maxName)
	window := i.Window
	if story != nil {
		title, zone, window = story.Title, story.Location, story.Timeline.Window
	}
	view := incidentView{frame: p.frame(title, "../", true), head: headOf(i, report.NewClock(zone, window), window)}
	view.Zone = report.NewClock(zone, window).Zone(window.From)
	if story != nil {
		s := newStoryView(*story, i, look, records)
		view.Story = &s
		return p.render(w, "incident", view)
	}
	clock := report.NewClock(zone, window)
	for n, a := range i.Told {
		if n == maxTold {
			view.More = len(i.Told) - n
			break
		}
		t := toldView{report.Plain(a.Name, maxName), report.Plain(a.Labels, maxSummary), clock.Cell(timeline.Exactly(a.From)), "still fires"}
		if !a.To.IsZero() {
			t.To = clock.Cell(timeline.Exactly(a.To))
		}
		view.Told = append(view.Told, t)
	}
	return p.render(w, "incident", view)
}

func headOf(i Incident, clock report.Clock, window timeline.Window) head {
	h := head{
		ID: report.Plain(i.ID, maxName), Base: base(i.ID), State: i.State, Window: clock.Window(window), About: report.Plain(i.About, maxSummary),
		Drafted: i.Drafted, Failure: report.Plain(i.Failure, maxSummary), Live: i.Live, Document: i.Document, Now: i.Now,
	}
	h.Main = report.DefaultTemplate
	if len(i.Pages) > 0 {
		h.Main, h.Others = i.Pages[0], i.Pages[1:]
	}
	h.Alerts = counted(i.Alerts, "alert")
	if i.Firing > 0 {
		h.Alerts += fmt.Sprintf(", %d firing", i.Firing)
	}
	for n, r := range i.Remarks {
		if n == maxRemarks {
			h.Remarks = append(h.Remarks, fmt.Sprintf("And %d more remarks; collector incidents show has them.", len(i.Remarks)-n))
			break
		}
		h.Remarks = append(h.Remarks, report.Plain(r, maxSummary))
	}
	return h
}

// base is the way from an incident's page to what lies below it. It is relative, so
// that it also holds behind a proxy that adds a prefix.
func base(id string) string { return "./" + url.PathEscape(id) + "/" }

// counted is "1 alert" or "2 alerts", and "2 series".
func counted(n int, noun string) string {
	if n == 1 || strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
