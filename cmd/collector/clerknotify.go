package main

import (
	"context"
	"log/slog"

	"collector/internal/incident"
	"collector/internal/notify"
	"collector/internal/timeline"
)

// tellOpened queues once that there is an incident, for those who want to know.
func (c *clerk) tellOpened(ctx context.Context, log *slog.Logger, i incident.Incident) {
	if !i.Draft.Opened.IsZero() {
		return
	}
	notices := c.notices(log, notify.Step{Kind: notify.Opened, At: c.app.now(), Incident: c.told(i, drafted{})})
	if len(notices) == 0 {
		return
	}
	c.note(log, c.book.Opened(ctx, i, c.app.now(), notices...))
	c.current().notifiers.Wake()
}

// toldDrafted are the notices that there is a draft, or a better one. A final draft
// that was made again only for what Grafana still owes, in vain, is no news.
func (c *clerk) toldDrafted(log *slog.Logger, w incident.Work, done drafted, pending bool) []incident.Notice {
	was := w.Incident.Draft
	again := was.Final && was.Version == w.Incident.Version() && !was.Wanted()
	if w.Step == incident.FinalDraft && again && pending {
		return nil
	}
	kind := map[incident.Step]string{incident.FirstDraft: notify.Drafted, incident.RefreshDraft: notify.Refreshed, incident.FinalDraft: notify.Final}[w.Step]
	step := notify.Step{Kind: kind, At: c.app.now(), Incident: c.told(w.Incident, done)}
	step.Draft = &notify.Draft{
		Path: done.dir, URL: c.link(w.Incident.ID), Events: len(done.timeline.Events), Gaps: len(done.timeline.Gaps),
		Severity: string(worst(done.timeline.Events)),
	}
	for _, link := range done.timeline.Links {
		step.Snapshots = append(step.Snapshots, notify.Link{Title: link.Title, URL: link.URL})
	}
	notices := c.notices(log, step)
	if kind == notify.Final {
		step.Kind = notify.Closed
		notices = append(notices, c.notices(log, step)...)
	}
	return notices
}

// notices are what to queue for everybody who wants to know of a step.
func (c *clerk) notices(log *slog.Logger, s notify.Step) []incident.Notice {
	notices, err := c.current().notifiers.Notices(s)
	if err != nil {
		log.Error("nobody is told", "err", err)
	}
	return notices
}

// told is an incident as notifiers tell it.
func (c *clerk) told(i incident.Incident, done drafted) notify.Incident {
	n := notify.Incident{
		ID: i.ID, Title: done.title, State: string(i.State), From: i.Begins(), Clusters: c.scope(i).Clusters,
		Severity: string(timeline.Warning), Alerts: i.Count, URL: c.link(i.ID),
	}
	if n.Title == "" && len(i.Alerts) > 0 {
		n.Title = i.Alerts[0].Name()
	}
	if i.State == incident.StateClosed {
		n.To = i.Window.To
	}
	for _, m := range i.Alerts {
		if s := m.Latest.Labels["severity"]; s == "critical" || s == "page" {
			n.Severity = string(timeline.Critical)
		}
	}
	return n
}

// worst is the gravest severity among events.
func worst(events []timeline.Event) timeline.Severity {
	gravest := timeline.Info
	for _, e := range events {
		if e.Severity.Rank() > gravest.Rank() {
			gravest = e.Severity
		}
	}
	return gravest
}
