package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// Notifier is told the steps of incidents.
type Notifier interface {
	// Tell queues a step for everybody who wants to know and returns at once. An
	// error says who will not be told; Delivered is never called for them.
	Tell(ctx context.Context, s Step) error
}

// Errors of Tell.
var (
	ErrFull    = errors.New("too many notifications wait to be delivered")
	ErrStopped = errors.New("notifications are not delivered any more")
)

// Options are what all webhooks share.
type Options struct {
	Log     *slog.Logger // never nil
	Metrics *Metrics     // never nil
	// Delivered is called when somebody was told, from another goroutine; may be nil.
	// Who keeps in mind what was delivered can tell the rest again after a restart.
	Delivered func(notifier string, s Step)
}

// Group are all configured webhooks. It is safe for concurrent use.
type Group struct {
	hooks   []*webhook
	metrics *Metrics
	done    sync.WaitGroup

	mu     sync.Mutex
	parent context.Context // of the workers; nil before Start
	cancel context.CancelFunc
	next   *Group // that has replaced this one
}

// New makes the webhooks of a validated configuration. It fails on templates and
// credentials that cannot be read, and connects to nothing.
func New(configs []Config, opts Options) (*Group, error) {
	g := &Group{metrics: opts.Metrics}
	for _, c := range configs {
		w, err := newWebhook(c, opts)
		if err != nil {
			return nil, fmt.Errorf("notify %s: %w", c.Name, err)
		}
		g.hooks = append(g.hooks, w)
	}
	return g, nil
}

// Start begins to deliver.
func (g *Group) Start(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parent = ctx
	ctx, g.cancel = context.WithCancel(ctx)
	for _, w := range g.hooks {
		g.metrics.follow(w.config.Name)
		g.done.Go(func() { w.run(ctx) })
	}
}

// Tell is Notifier's.
func (g *Group) Tell(ctx context.Context, s Step) error {
	g.mu.Lock()
	next, running := g.next, g.cancel != nil
	if next != nil || !running {
		g.mu.Unlock()
		if next != nil {
			return next.Tell(ctx, s)
		}
		return ErrStopped
	}
	defer g.mu.Unlock()
	var errs []error
	for _, w := range g.hooks {
		if w.wants(s) {
			errs = append(errs, w.put(s))
		}
	}
	return errors.Join(errs...)
}

// Replace starts the group in place of one that runs, with what it has not delivered yet, as
// far as there is still a webhook of the same name.
func (g *Group) Replace(old *Group) {
	old.mu.Lock()
	defer old.mu.Unlock()
	old.end()
	named := map[string]*webhook{}
	for _, w := range g.hooks {
		named[w.config.Name] = w
	}
	for _, was := range old.hooks {
		heir := named[was.config.Name]
		if heir == nil {
			g.metrics.forget(was.config.Name)
			continue
		}
		close(was.queue)
		for _, s := range was.unsent {
			_ = heir.put(s) // the queue is empty and as long
		}
		for s := range was.queue {
			_ = heir.put(s) // a full one is counted as dropped
		}
	}
	g.Start(old.parent)
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

// Stop ends it at once: what is not delivered is not delivered. It waits for the
// workers, at most until the limit.
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
