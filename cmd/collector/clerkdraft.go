package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/sources/grafana"
	"collector/internal/timeline"
	"collector/internal/web"
)

// drafted is a draft of an incident that is on disk.
type drafted struct {
	dir, title       string
	timeline         timeline.Timeline
	snapshotsPending bool
}

// write makes the draft that is due, in the way of `collector draft`.
func (c *clerk) write(ctx context.Context, w incident.Work) (drafted, error) {
	p, i := c.current(), w.Incident
	req := request{
		Kind: "draft", Window: i.Window, Scope: c.scope(i),
		Timezone: p.config.Timezone, Version: version(), Incident: i.ID,
	}
	req.asksFor(p.config.Report.Documents(), p.templates)
	if req.wantsDEA() {
		req.DEA = earlierDEA(i.Draft.Dir)
	}
	all := p.witnesses
	switch w.Step {
	case incident.FirstDraft:
		all = hurried(all)
	case incident.FinalDraft:
		req.Ended = endingOf(i, p.config.Incidents)
	}
	show := measuredProgress{logProgress{c.log.With("incident", i.ID)}, c.metrics, c.app.now}
	d, err := c.app.collect(ctx, p.config, all, req, w.Step == incident.FinalDraft, show)
	if err != nil {
		return drafted{}, err
	}
	sealed := i.Draft.Dir != "" && report.Sealed(i.Draft.Dir)
	dir, err := put(d, p.config.Report.Out, i)
	if err != nil {
		return drafted{}, err
	}
	if sealed && !report.Sealed(dir) {
		c.log.Warn("the draft has newer facts, and its seal was removed: it vouched for what the draft was", "incident", i.ID, "dir", dir)
	}
	return drafted{dir: dir, title: d.Heading(), timeline: d.Timeline, snapshotsPending: snapshotsPending(d.Timeline)}, nil
}

// hurried are the witnesses with little time.
func hurried(all []witness) []witness {
	all = slices.Clone(all)
	for i := range all {
		all[i].limit = min(all[i].limit, hurry)
	}
	return all
}

// put writes an incident's draft to where the last one is, or into a directory of
// its own. Whatever died in between, an incident has one directory.
func put(d report.Draft, out string, i incident.Incident) (string, error) {
	if i.Draft.Dir != "" {
		_, err := report.Update(i.Draft.Dir, d)
		if !errors.Is(err, fs.ErrNotExist) {
			return i.Draft.Dir, err
		}
		// Somebody has moved it away.
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	dir, err := place(d, out, i.ID, func(dir string) bool { return belongs(dir, i.ID) })
	if errors.Is(err, report.ErrExists) {
		err = fmt.Errorf("writing the draft of incident %s: %w", i.ID, err)
	}
	return dir, err
}

// place writes a draft into a directory of its own below out: one that is named for its
// title, or for id where that is taken. One that is this draft's already is refreshed.
func place(d report.Draft, out, id string, mine func(dir string) bool) (string, error) {
	for _, folder := range []string{"", id} {
		d.Folder = folder
		dir, err := report.Write(out, d)
		if !errors.Is(err, report.ErrExists) {
			return dir, err
		}
		if dir = filepath.Join(out, d.DirName()); mine(dir) { // written just before we died
			_, err = report.Update(dir, d)
			return dir, err
		}
	}
	return "", report.ErrExists
}

// belongs reports whether a directory holds the draft of an incident.
func belongs(dir, id string) bool {
	bundle, err := report.Read(dir)
	if err != nil {
		return false
	}
	req, _, err := findRequest(bundle.Records)
	return err == nil && req.Incident == id
}

// snapshotsPending reports whether Grafana still owes a snapshot.
func snapshotsPending(t timeline.Timeline) bool {
	return slices.ContainsFunc(t.Gaps, func(g timeline.Gap) bool {
		return g.Source == grafana.Kind && strings.HasPrefix(g.Reason, grafana.Pending)
	})
}

// annotate marks the incident in Grafana.
func (c *clerk) annotate(ctx context.Context, i incident.Incident, done drafted) error {
	for _, w := range c.current().witnesses {
		g, ok := w.Source.(*grafana.Source)
		if !ok {
			continue
		}
		text := fmt.Sprintf("%s (incident %s, draft in %s)", done.title, i.ID, done.dir)
		if err := g.Annotate(ctx, i.Window, text, c.link(i.ID), []string{grafana.IncidentTag(i.ID)}); err != nil {
			return err
		}
	}
	return nil
}

// link is where people read about an incident; empty when nobody has said how they
// reach collector.
func (c *clerk) link(id string) string {
	external := c.current().config.Server.ExternalURL
	if external == "" {
		return ""
	}
	return strings.TrimSuffix(external, "/") + "/" + web.PagePath(id)
}

// logProgress is the progress of a draft that nobody waits for.
type logProgress struct{ log *slog.Logger }

func (p logProgress) asking(label string)            { p.log.Debug("asking", "source", label) }
func (p logProgress) note(label, text string)        { p.log.Debug(text, "source", label) }
func (p logProgress) say(format string, args ...any) { p.log.Debug(fmt.Sprintf(format, args...)) }
func (p logProgress) answered(label string, c counts, took time.Duration) {
	p.log.Debug("answered", "source", label, "records", c.records, "events", c.events, "gaps", len(c.gaps), "took", took)
}
