package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
)

// askedStep is the step of drafts that people asked for, in metrics.
const askedStep = "asked"

// askedFirst reports whether a draft that somebody asked for is written before the work
// that is due for incidents. Nobody waits longer than one draft: a first draft comes before
// everything, and otherwise incidents and people take turns.
func askedFirst(found bool, step incident.Step, justAsked bool) bool {
	return !found || step != incident.FirstDraft && !justAsked
}

// writeAsked writes a draft that somebody asked for, in the way of `collector draft`.
func (c *clerk) writeAsked(ctx context.Context, asked *askedDraft) {
	log, began := c.log.With("draft", asked.id), c.app.now()
	dir, d, err := c.draftAsked(ctx, asked)
	if ctx.Err() != nil {
		return // we stop, and whoever waits hears it
	}
	c.metrics.drafted(askedStep, c.app.now().Sub(began), err)
	c.asked.done(asked, dir)
	if err != nil {
		log.Error("the draft that was asked for could not be written", "err", err)
		return
	}
	log.Info("draft written that was asked for", "dir", dir, "events", len(d.Timeline.Events), "gaps", len(d.Timeline.Gaps),
		"took", c.app.now().Sub(began).Round(time.Millisecond))
}

// draftAsked returns no directory with an error.
func (c *clerk) draftAsked(ctx context.Context, asked *askedDraft) (string, report.Draft, error) {
	p := c.current()
	show := measuredProgress{logProgress{c.log.With("draft", asked.id)}, c.metrics, c.app.now}
	// First drafts wait meanwhile: no source may take long.
	d, err := c.app.collect(ctx, p.config, hurried(p.witnesses), asked.req, true, show)
	if err != nil {
		return "", d, err
	}
	out, err := filepath.Abs(p.config.Report.Out)
	if err != nil {
		return "", d, err
	}
	dir := earlierAsked(out, asked.req, d)
	if dir != "" { // what people wrote in it stays
		_, err = report.Update(dir, d)
	} else {
		dir, err = place(d, out, asked.id, func(string) bool { return false })
	}
	if err != nil {
		return "", d, err
	}
	return dir, d, nil
}

// earlierAsked is the directory below out that holds an earlier draft of the same request,
// "" where none does. A sealed one is left as it is.
func earlierAsked(out string, req request, d report.Draft) string {
	entries, err := os.ReadDir(out)
	if err != nil {
		return "" // writing will say so
	}
	start, _, _ := strings.Cut(d.DirName(), "Z-")
	for _, e := range entries {
		if dir := filepath.Join(out, e.Name()); strings.HasPrefix(e.Name(), start+"Z-") && isDraftOf(dir, req) && !report.Sealed(dir) {
			return dir
		}
	}
	return ""
}

// isDraftOf reports whether a directory holds a draft that was made of the same request,
// by asking the sources.
func isDraftOf(dir string, req request) bool {
	bundle, err := report.Read(dir)
	if err != nil {
		return false
	}
	old, _, err := findRequest(bundle.Records)
	return err == nil && old.Incident == "" && old.Origin == "" && !old.Unmasked && old.askedID() == req.askedID()
}
