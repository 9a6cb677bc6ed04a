package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/live"
	"collector/internal/page"
	"collector/internal/report"
	"collector/internal/timeline"
)

// Stories tells what the page of an incident draws of its draft.
type Stories interface {
	// Story is that of the draft in a directory. Errors: [fs.ErrNotExist] where none is.
	Story(ctx context.Context, dir string) (page.Story, error)
}

// incidentPages are the list of incidents and what stands below each of them.
type incidentPages struct {
	pages     *page.Pages
	incidents Incidents
	stories   Stories
	live      Live // nil: nobody knows what is so now
	zone      *time.Location
	log       *slog.Logger
}

// incidentPages adds the routes.
func (r *routes) incidentPages(opts Options, host hosts) {
	p := incidentPages{pages: page.New(), incidents: opts.Incidents, stories: opts.Stories, live: opts.Live, zone: opts.Location, log: opts.Log}
	if p.zone == nil {
		p.zone = time.UTC
	}
	r.page("/{$}", host, http.HandlerFunc(p.list))
	r.page("/incidents/{id}", host, http.HandlerFunc(p.incident))
	r.page("/incidents/{id}/events/{event}", host, http.HandlerFunc(p.event))
	r.page("/incidents/{id}/data.json", host, http.HandlerFunc(p.data))
	r.page("/"+page.AssetsPath+"{name}", host, http.HandlerFunc(p.asset))
}

// list is GET /: open incidents first, then the latest.
func (p incidentPages) list(w http.ResponseWriter, r *http.Request) {
	all, err := p.incidents.Incidents(r.Context(), time.Now())
	if err != nil {
		p.unreadable(w, err)
		return
	}
	slices.SortStableFunc(all, func(a, b incident.Incident) int {
		if x, y := a.State == incident.StateClosed, b.State == incident.StateClosed; x != y {
			if x {
				return 1
			}
			return -1
		}
		return b.Window.From.Compare(a.Window.From)
	})
	number := pageNumber(r)
	first := min(len(all), (number-1)*page.ListPage)
	shown := page.List{Total: len(all), Page: number}
	for _, i := range all[first:min(len(all), first+page.ListPage)] {
		shown.Incidents = append(shown.Incidents, p.about(i))
	}
	p.write(w, func(to io.Writer) error { return p.pages.List(to, shown, p.zone, time.Now()) })
}

// pageNumber is the page that a request asks for, from 1.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

// incident is GET /incidents/ID, with ?from= and ?to= a part of the window, with
// ?event= an event and its evidence.
func (p incidentPages) incident(w http.ResponseWriter, r *http.Request) {
	i, found := p.find(w, r)
	if !found {
		return
	}
	shown := p.about(i)
	shown.Now = p.now(i)
	story, err := p.story(r.Context(), i)
	if err != nil {
		p.log.Error("a draft cannot be shown", "incident", i.ID, "err", err)
		shown.Remarks = append(shown.Remarks, "Its draft cannot be read; collector's log says why.")
	}
	if story == nil {
		shown.Told, shown.Document = toldOf(i), err != nil
		p.write(w, func(to io.Writer) error {
			return p.pages.Incident(to, shown, nil, page.Look{}, nil, p.zone)
		})
		return
	}
	query := r.URL.Query()
	look := page.Look{Range: page.ParseRange(query.Get("from"), query.Get("to"), story.Timeline.Window), Event: query.Get("event")}
	if query.Has("page") {
		look.Page = pageNumber(r)
	}
	records := p.records(i, story, look.Event)
	p.write(w, func(to io.Writer) error { return p.pages.Incident(to, shown, story, look, records, p.zone) })
}

// event is GET /incidents/ID/events/EVENT: one event with its evidence.
func (p incidentPages) event(w http.ResponseWriter, r *http.Request) {
	i, story, found := p.told(w, r)
	if !found {
		return
	}
	id := r.PathValue("event")
	if _, ok := story.Event(id); !ok {
		http.Error(w, fmt.Sprintf("the draft of incident %s has no such event", i.ID), http.StatusNotFound)
		return
	}
	records := p.records(i, story, id)
	p.write(w, func(to io.Writer) error {
		_, err := p.pages.Event(to, page.Incident{ID: i.ID}, *story, id, records)
		return err
	})
}

// data is GET /incidents/ID/data.json: what the script draws.
func (p incidentPages) data(w http.ResponseWriter, r *http.Request) {
	_, story, found := p.told(w, r)
	if !found {
		return
	}
	text, err := story.Data()
	if err != nil {
		p.unreadable(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Security-Policy", page.Policy)
	w.Header().Set("ETag", `"`+story.Version+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

// asset is a file whose name changes with its content.
func (p incidentPages) asset(w http.ResponseWriter, r *http.Request) {
	a, found := p.pages.Asset(r.PathValue("name"))
	if !found {
		http.Error(w, "there is no such file: reload the page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", a.MediaType)
	w.Header().Set("Content-Security-Policy", page.Policy)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Data))
}

// find is the incident that the path names; else the answer says why there is none.
func (p incidentPages) find(w http.ResponseWriter, r *http.Request) (incident.Incident, bool) {
	return findIncident(w, r, p.incidents, p.log)
}

// told is the incident that the path names, with its story.
func (p incidentPages) told(w http.ResponseWriter, r *http.Request) (incident.Incident, *page.Story, bool) {
	i, found := p.find(w, r)
	if !found {
		return i, nil, false
	}
	story, err := p.story(r.Context(), i)
	switch {
	case err != nil:
		p.unreadable(w, err)
	case story == nil:
		http.Error(w, fmt.Sprintf("incident %s has no draft yet", i.ID), http.StatusNotFound)
	}
	return i, story, story != nil && err == nil
}

// story is nil for an incident without a draft, also for one whose draft was moved away.
func (p incidentPages) story(ctx context.Context, i incident.Incident) (*page.Story, error) {
	if p.stories == nil || i.Draft.Dir == "" {
		return nil, nil
	}
	s, err := p.stories.Story(ctx, i.Draft.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// records are those that an event cites. Without them the event is shown all the same.
func (p incidentPages) records(i incident.Incident, s *page.Story, event string) []timeline.Evidence {
	e, ok := s.Event(event)
	if !ok {
		return nil
	}
	records, err := report.Records(i.Draft.Dir, page.Records(e))
	if err != nil {
		p.log.Error("records of a draft cannot be read", "incident", i.ID, "err", err)
	}
	return records
}

func (p incidentPages) unreadable(w http.ResponseWriter, err error) {
	p.log.Error("a page cannot be made", "err", err)
	http.Error(w, "the incidents cannot be read; collector's log says why", http.StatusInternalServerError)
}

// write answers with a page.
func (p incidentPages) write(w http.ResponseWriter, render func(io.Writer) error) {
	var text bytes.Buffer
	if err := render(&text); err != nil {
		p.unreadable(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", page.Policy)
	_, _ = w.Write(text.Bytes()) // who went away does not read it
}

// about is an incident as the pages show it.
func (p incidentPages) about(i incident.Incident) page.Incident {
	a := page.Incident{
		ID: i.ID, State: string(i.State), Live: i.State != incident.StateClosed, Window: i.Window, About: sharedLabels(i.Groups),
		Alerts: i.Count, Firing: i.Firing(), Remarks: i.Remarks(), Drafted: draftedWord(i.Draft), Document: i.Draft.Dir != "",
	}
	if i.Draft.Failures > 0 {
		a.Failure = i.Draft.Failure
	}
	if i.Draft.Dir != "" {
		a.Pages = report.Pages(i.Draft.Dir)
		title, err := report.ReadTitle(i.Draft.Dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			p.log.Warn("a draft's title cannot be read", "incident", i.ID, "err", err)
		}
		a.Title = title
	}
	return a
}

// now is what is so at the servers while an incident lasts.
func (p incidentPages) now(i incident.Incident) template.HTML {
	if p.live == nil || i.State == incident.StateClosed {
		return ""
	}
	text, err := live.Fragment(p.live.Now(i, time.Now()))
	if err != nil {
		p.log.Error("the state of the servers cannot be shown", "incident", i.ID, "err", err)
	}
	return text
}

func draftedWord(d incident.Draft) string {
	switch {
	case d.First.IsZero():
		return "no draft yet"
	case d.Final:
		return "final draft"
	}
	return "draft, refreshed while it lasts"
}

// sharedLabels are those that the alerts of an incident share.
func sharedLabels(groups []map[string]string) string {
	var texts []string
	for _, g := range groups {
		texts = append(texts, labelPairs(g))
	}
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), " + ")
}

func labelPairs(labels map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, name+"="+labels[name])
	}
	return strings.Join(pairs, ", ")
}

// toldOf are an incident's alerts for a page that has no draft.
func toldOf(i incident.Incident) []page.Told {
	var out []page.Told
	for _, m := range i.Alerts {
		labels := maps.Clone(m.Latest.Labels)
		delete(labels, "alertname")
		t := page.Told{Name: m.Name(), Labels: labelPairs(labels), From: m.From}
		if m.Ended != incident.StillFires {
			t.To = m.To
		}
		out = append(out, t)
	}
	return out
}
