package main

import (
	"context"

	"collector/internal/incident"
	"collector/internal/notify"
	"collector/internal/timeline"
)

// tellOpened says once that there is an incident.
func (c *clerk) tellOpened(ctx context.Context, i incident.Incident) {
	if c.opened[i.ID] {
		return
	}
	c.opened[i.ID] = true
	c.tell(ctx, notify.Step{Kind: notify.Opened, At: c.app.now(), Incident: c.told(i, drafted{})})
}

// tellDrafted says that there is a draft, or a better one.
func (c *clerk) tellDrafted(ctx context.Context, w incident.Work, done drafted) {
	kind := map[incident.Step]string{incident.FirstDraft: notify.Drafted, incident.RefreshDraft: notify.Refreshed, incident.FinalDraft: notify.Final}[w.Step]
	step := notify.Step{Kind: kind, At: c.app.now(), Incident: c.told(w.Incident, done)}
	step.Draft = &notify.Draft{
		Path: done.dir, Events: len(done.timeline.Events), Gaps: len(done.timeline.Gaps),
		Severity: string(worst(done.timeline.Events)),
	}
	for _, link := range done.timeline.Links {
		step.Snapshots = append(step.Snapshots, notify.Link{Title: link.Title, URL: link.URL})
	}
	c.tell(ctx, step)
	if kind == notify.Final {
		step.Kind = notify.Closed
		c.tell(ctx, step)
	}
}

func (c *clerk) tell(ctx context.Context, s notify.Step) {
	if err := c.current().notifiers.Tell(ctx, s); err != nil {
		c.log.Warn("not everybody was told", "incident", s.Incident.ID, "step", s.Kind, "err", err)
	}
}

// told is an incident as notifiers tell it.
func (c *clerk) told(i incident.Incident, done drafted) notify.Incident {
	n := notify.Incident{
		ID: i.ID, Title: done.title, State: string(i.State), From: i.Begins(), Clusters: c.scope(i).Clusters,
		Severity: string(timeline.Warning), Alerts: i.Count,
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
