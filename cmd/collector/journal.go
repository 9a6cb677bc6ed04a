package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/sources/notes"
	"collector/internal/sources/pushed"
	"collector/internal/sources/redact"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/internal/web"
)

// retireEvery is how often the daemon looks at the journal's retention.
const retireEvery = time.Minute

// openJournal opens the journal that a configuration names. keep says what its
// retention spares; nil where nobody retires anything.
func openJournal(ctx context.Context, c *config.Config, keep func(context.Context) ([]timeline.Window, error)) (*store.Journal, error) {
	return store.OpenJournal(ctx, store.JournalOptions{
		Path: c.Storage.Path, Retention: time.Duration(c.Storage.Retention), Keep: keep, Clean: cleanField,
	})
}

// cleanField takes secrets and the literals of SQL out of what somebody tells, before it
// reaches the disk.
func cleanField(name, text string) string {
	if slices.ContainsFunc(strings.Split(name, "."), redact.Key) {
		return redact.Mark
	}
	return redact.Text(text)
}

// openJournal opens the journal for the daemon, and follows what is written to it. A
// journal that cannot be opened stops nobody from recording: what is pushed is answered
// 503, and drafts have a gap.
func (d *daemon) openJournal(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	j, err := openJournal(ctx, d.config, d.book.Held)
	if err != nil {
		d.log.Error("changes and notes cannot be kept; everything else goes on", "err", err)
		return func(context.Context) error { return nil }, nil
	}
	d.journal = j
	follow := newFollower(d.book, j, (&clerk{daemon: d}).scope, d.log)
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { follow.run(ctx) })
	wg.Go(func() { retireJournal(ctx, j, d.log) })
	return func(limit context.Context) error {
		cancel()
		if err := waitFor(limit, &wg); err != nil {
			return err
		}
		return j.Close()
	}, nil
}

// retireJournal looks at retention until ctx ends.
func retireJournal(ctx context.Context, j *store.Journal, log *slog.Logger) {
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(retireEvery):
		}
		err := j.Retire(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			log.Error("old changes and notes cannot be deleted", "err", err)
		case err == nil && failing:
			log.Info("old changes and notes are deleted again")
		}
		failing = err != nil
	}
}

// pushes is who keeps what is pushed; nil where there is no journal.
func (d *daemon) pushes() web.Journal {
	if d.journal == nil {
		return nil
	}
	return d.journal
}

// noteRules are what the configuration in force says about notes.
func (d *daemon) noteRules() web.NoteRules {
	return web.NoteRules{
		When: func(text string) (at, until time.Time, err error) {
			return noteTime(text, time.Now(), d.current().config.Location())
		},
		Clusters: func() []string { return d.current().config.Clusters() },
	}
}

// journalWitnesses are the witnesses of what was pushed and of what people noted.
func journalWitnesses(c *config.Config) []witness {
	dir := c.Storage.Path
	read := func(kind store.EntryKind) func(context.Context, timeline.Window, int) (store.Entries, error) {
		return func(ctx context.Context, w timeline.Window, most int) (store.Entries, error) {
			return store.ReadJournal(ctx, dir, kind, w, most)
		}
	}
	return []witness{
		{pushed.New(read(store.ChangeEntry)), localLimit},
		{notes.New(read(store.NoteEntry)), localLimit},
	}
}

// concerns reports whether a draft of an incident would tell what an entry says: scope
// is what the incident is about. An open one has no end yet.
func concerns(i incident.Incident, scope timeline.Scope, e store.Entry) bool {
	if of := e.Fields[store.NoteIncident]; e.Kind == store.NoteEntry && of != "" && (of == i.ID || slices.Contains(i.Aliases, of)) {
		return true
	}
	if !scope.Includes(e.Fields[store.NoteCluster], "") || e.Until.Before(i.Window.From) {
		return false
	}
	return i.State != incident.StateClosed || e.At.Before(i.Window.To)
}
