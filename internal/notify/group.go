package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"collector/internal/incident"
)

// Options are what all webhooks share.
type Options struct {
	Log     *slog.Logger // never nil
	Metrics *Metrics     // never nil
}

// Group are all configured webhooks. It is safe for concurrent use.
type Group struct {
	hooks   []*webhook
	log     *slog.Logger
	metrics *Metrics
	done    sync.WaitGroup

	mu     sync.Mutex
	outbox Outbox
	parent context.Context // of the workers; nil before Start
	cancel context.CancelFunc
	next   *Group // that has replaced this one
}

// New makes the webhooks of a validated configuration. It fails on templates and
// credentials that cannot be read, and connects to nothing.
func New(configs []Config, opts Options) (*Group, error) {
	g := &Group{log: opts.Log, metrics: opts.Metrics}
	for _, c := range configs {
		w, err := newWebhook(c, opts)
		if err != nil {
			return nil, fmt.Errorf("notify %s: %w", c.Name, err)
		}
		g.hooks = append(g.hooks, w)
	}
	return g, nil
}

// Notices are what has to be kept in the outbox so that everybody who wants to know
// of a step is told, also after a restart. Then [Group.Wake] spares them a wait.
func (g *Group) Notices(s Step) ([]incident.Notice, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("telling of the step %s: %w", s.Kind, err)
	}
	var notices []incident.Notice
	for _, w := range g.hooks {
		if w.wants(s) {
			notices = append(notices, incident.Notice{Notifier: w.config.Name, Kind: s.Kind, At: s.At, Body: body})
		}
	}
	return notices, nil
}

// Start begins to deliver what waits in the outbox. What waits for a webhook that is
// not configured any more is given up.
func (g *Group) Start(ctx context.Context, outbox Outbox) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parent, g.outbox = ctx, outbox
	ctx, g.cancel = context.WithCancel(ctx)
	for _, w := range g.hooks {
		g.metrics.follow(w.config.Name)
		g.done.Go(func() { w.run(ctx, outbox) })
	}
	g.done.Go(func() {
		if err := g.sweep(ctx, outbox); err != nil && ctx.Err() == nil {
			g.log.Error("what waits for webhooks that are gone could not be removed", "err", err)
		}
	})
}

// sweep discards what waits for nobody.
func (g *Group) sweep(ctx context.Context, outbox Outbox) error {
	names, err := outbox.Notifiers(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.ContainsFunc(g.hooks, func(w *webhook) bool { return w.config.Name == name }) {
			continue
		}
		waiting, err := outbox.Waiting(ctx, name)
		if err != nil {
			return err
		}
		numbers := make([]int64, 0, len(waiting))
		for _, n := range waiting {
			numbers = append(numbers, n.Number)
		}
		if err := outbox.Discard(ctx, numbers...); err != nil {
			return err
		}
		g.log.Warn("notifications waited for a webhook that is not configured any more; they are given up", "notifier", name, "notifications", len(numbers))
	}
	return nil
}

// Wake says that there is something new in the outbox.
func (g *Group) Wake() {
	g.mu.Lock()
	next := g.next
	g.mu.Unlock()
	if next != nil {
		next.Wake()
		return
	}
	for _, w := range g.hooks {
		w.wake()
	}
}

// Replace starts the group in place of one that runs, with what that one has not
// delivered yet, as far as there is still a webhook of the same name.
func (g *Group) Replace(old *Group) {
	old.mu.Lock()
	defer old.mu.Unlock()
	old.end()
	for _, was := range old.hooks {
		if !slices.ContainsFunc(g.hooks, func(w *webhook) bool { return w.config.Name == was.config.Name }) {
			g.metrics.forget(was.config.Name)
		}
	}
	g.Start(old.parent, old.outbox)
	old.next = g
}

// end stops the workers. The caller holds mu.
func (g *Group) end() {
	if g.cancel != nil {
		g.cancel()
		g.done.Wait()
		g.cancel = nil
	}
}

// Stop ends it at once: what is not delivered waits for the next Start. It waits for
// the workers, at most until the limit.
func (g *Group) Stop(limit context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.end()
	}()
	select {
	case <-done:
		return nil
	case <-limit.Done():
		return limit.Err()
	}
}
