package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/timeline"
)

const (
	// clerkEvery is how often the clerk looks whether an incident needs a draft.
	clerkEvery = time.Second
	// clerkShare is how many times as long as a look took it rests at least: a look
	// at a storm of alerts costs.
	clerkShare = 10
	// hurry is how long a source may take for the first draft of an incident, which
	// must be there a minute after the first alert.
	hurry = 30 * time.Second
)

// clerk writes the drafts of incidents, one at a time, and says to everybody else
// what there is to say about them.
type clerk struct {
	*daemon
	app    app
	ailing bool // the book could not be read at the last look
}

// clerks starts the clerk.
func (d *daemon) clerks(a app) func(context.Context, chan<- error) (func(context.Context) error, error) {
	return func(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
		c := &clerk{daemon: d, app: a}
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { c.run(ctx) })
		return func(limit context.Context) error {
			cancel()
			close(d.asked.stopped)
			return waitFor(limit, &wg)
		}, nil
	}
}

// staleDraft is the age from which on a half-made draft is nobody's any more.
const staleDraft = time.Hour

func (c *clerk) run(ctx context.Context) {
	if err := report.Sweep(c.current().config.Report.Out, c.app.now().Add(-staleDraft)); err != nil {
		c.log.Warn("what an earlier run left half made could not be removed", "err", err)
	}
	justAsked := false // the last draft was one that somebody asked for
	for ctx.Err() == nil {
		began := time.Now()
		work, found := c.look(ctx)
		looked := time.Since(began)
		if c.asked.wait() && askedFirst(found, work.Step, justAsked) {
			c.writeAsked(ctx, c.asked.next())
			justAsked = true
			continue
		}
		justAsked = false
		if found {
			c.draft(ctx, work)
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(clerkEvery, clerkShare*looked)):
		}
	}
}

// look finds the most urgent work, and tells the recorders which incidents are open.
func (c *clerk) look(ctx context.Context) (work incident.Work, found bool) {
	incidents, due, err := c.book.Look(ctx, c.app.now())
	if err != nil {
		if !c.ailing && ctx.Err() == nil {
			c.log.Error("the incidents cannot be read; no draft is written", "err", err)
		}
		c.ailing = true
		return incident.Work{}, false
	}
	c.ailing = false
	c.recorders.incident(c.open(incidents))
	if len(due) == 0 {
		return incident.Work{}, false
	}
	return slices.MinFunc(due, func(a, b incident.Work) int { return urgency(a.Step) - urgency(b.Step) }), true
}

// urgency orders the steps: who has no draft yet waits for it.
func urgency(s incident.Step) int {
	return slices.Index([]incident.Step{incident.FirstDraft, incident.FinalDraft, incident.RefreshDraft}, s)
}

// open are the scopes of the incidents that are not closed.
func (c *clerk) open(incidents []incident.Incident) []timeline.Scope {
	var scopes []timeline.Scope
	for _, i := range incidents {
		if i.State != incident.StateClosed {
			scopes = append(scopes, c.scope(i))
		}
	}
	return scopes
}

// scope is what an incident is about: the clusters that its alerts name. Everything,
// where they name none, or one that the configuration does not know.
func (d *daemon) scope(i incident.Incident) timeline.Scope {
	config := d.current().config
	labels := clusterLabels(config)
	var clusters []string
	for _, group := range i.Groups {
		named := ""
		for _, label := range labels {
			if group[label] != "" {
				named = group[label]
			}
		}
		if !slices.Contains(config.Clusters(), named) {
			return timeline.Scope{}
		}
		clusters = append(clusters, named)
	}
	slices.Sort(clusters)
	return timeline.Scope{Clusters: slices.Compact(clusters)}
}

// draft writes one draft and makes a note of it. A failure is due again later.
func (c *clerk) draft(ctx context.Context, w incident.Work) {
	i, began := w.Incident, c.app.now()
	log := c.log.With("incident", i.ID, "step", string(w.Step))
	if w.Step == incident.FirstDraft {
		c.tellOpened(ctx, log, i)
	}
	var done drafted
	err := guard(log, "writing the draft", func() (err error) {
		done, err = c.write(ctx, w)
		return err
	})
	if ctx.Err() != nil {
		return // we stop; the next run begins again
	}
	c.metrics.drafted(string(w.Step), c.app.now().Sub(began), err)
	if err != nil {
		log.Error("the draft could not be written; it is tried again", "err", err, "failures", i.Draft.Failures+1)
		c.note(log, c.book.DraftFailed(ctx, i.ID, c.app.now(), err))
		return
	}
	pending := done.snapshotsPending
	if err := c.annotate(ctx, i, done); err != nil {
		log.Warn("Grafana was not told of the incident", "err", err)
		pending = pending || w.Step == incident.FinalDraft
	}
	if w.Step != incident.FinalDraft {
		c.note(log, c.book.Saw(ctx, i.ID, recovery(i.Draft.Recovery, done.timeline)))
	}
	// Before the draft is called final: who dies in between must come back to it.
	c.note(log, c.book.SnapshotPending(ctx, i.ID, pending && w.Step == incident.FinalDraft))
	c.note(log, c.book.Drafted(ctx, i, done.dir, c.app.now(), w.Step == incident.FinalDraft, c.toldDrafted(log, w, done, pending)...))
	c.current().notifiers.Wake()
	log.Info("draft written", "dir", done.dir, "events", len(done.timeline.Events), "gaps", len(done.timeline.Gaps), "took", c.app.now().Sub(began).Round(time.Millisecond))
}

// note complains when something could not be kept: the step is then taken again.
func (c *clerk) note(log *slog.Logger, err error) {
	if err != nil {
		log.Error("what was done with the incident could not be kept; it will be done again", "err", err)
	}
}
