package page

import (
	"io"
	"net/url"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// ListPage is how many incidents a page of the list has.
const ListPage = 100

// List is a part of the incidents.
type List struct {
	Incidents []Incident // in the order in which they are shown
	Total     int
	Page      int // from 1
}

// listView is what list.html.tmpl sees.
type listView struct {
	frame
	Rows       []listRow
	Total      string
	Zone       string
	Prev, Next int // pages, 0 for none
}

type listRow struct {
	Href, ID, Title, State, From, Length, Alerts, About, Drafted string
	Live                                                         bool
}

// List writes the list of incidents.
func (p *Pages) List(w io.Writer, l List, zone *time.Location, now time.Time) error {
	clock := report.NewClock(zone, timeline.Window{From: now, To: now})
	view := listView{frame: p.frame("Incidents", "./", false), Total: counted(l.Total, "incident"), Zone: clock.Zone(now)}
	if l.Page > 1 {
		view.Prev = l.Page - 1
	}
	if l.Page*ListPage < l.Total {
		view.Next = l.Page + 1
	}
	for _, i := range l.Incidents {
		h := headOf(i, clock, i.Window)
		title := report.Plain(i.Title, maxTitle)
		if title == "" {
			title = h.ID
		}
		view.Rows = append(view.Rows, listRow{
			Href: "./incidents/" + url.PathEscape(i.ID), ID: h.ID, Title: title, State: i.State, Live: i.Live,
			From: i.Window.From.In(zone).Format("2006-01-02 15:04"), Length: report.Span(i.Window.Duration()),
			Alerts: h.Alerts, About: h.About, Drafted: i.Drafted,
		})
	}
	return p.render(w, "list", view)
}
