package grafana

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"collector/internal/timeline"
)

// maxAttempts is how often a snapshot of one window is made anew because the one
// before lacks panels.
const maxAttempts = 5

// keep makes the snapshots of one dashboard, usually one.
func (g *gathering) keep(ctx context.Context, uid string) ([]timeline.Evidence, error) {
	q := g.question(kindSnapshot)
	q.Dashboard = uid
	g.req.Notify("making a snapshot of dashboard " + uid)
	chosen, err := g.owner.vars[uid].assignments(g.owner.targets.In(g.req.Scope))
	if err != nil {
		return g.failed(q, err)
	}
	model, err := g.dashboard(ctx, uid)
	if err != nil {
		return g.failed(q, g.explain(ctx, err))
	}
	takes := map[string]bool{}
	for _, m := range children(child(model, "templating"), "list") {
		takes[text(m, "name")] = readVariable(m).takesSeveral()
	}
	var records []timeline.Evidence
	var errs []error
	for i, a := range together(chosen, func(name string) bool { return takes[name] }) {
		q.Vars = a
		var own []timeline.Evidence
		if i < maxSnapshots {
			own, err = g.keepOne(ctx, q, model, a)
		} else {
			own, err = g.failed(q, fmt.Errorf("a dashboard has %d snapshots at most: make this variable one that takes several values", maxSnapshots))
		}
		records, errs = append(records, own...), append(errs, err)
	}
	return records, errors.Join(errs...)
}

// dashboard reads a dashboard.
func (g *gathering) dashboard(ctx context.Context, uid string) (object, error) {
	library, err := g.library(ctx)
	if err != nil {
		return nil, err
	}
	d, err := library.DashboardByUID(uid)
	if err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	if len(d.Model) == 0 {
		return nil, errNotGrafana
	}
	return d.Model, nil
}

// keepOne finds or makes one snapshot and records what it holds.
func (g *gathering) keepOne(ctx context.Context, q question, model object, chosen assignment) ([]timeline.Evidence, error) {
	best, attempt, err := g.earlier(ctx, q)
	if err != nil {
		return g.failed(q, fmt.Errorf("looking for an earlier snapshot: %w", g.explain(ctx, err)))
	}
	if best == nil || len(best.made.Problems) > 0 && attempt < maxAttempts {
		fresh, err := g.make(ctx, q, attempt, model, chosen, best)
		switch {
		case err == nil:
			best = fresh
		case best == nil:
			return g.failed(q, g.explain(ctx, err))
		}
	}
	if best.url == "" && g.owner.cfg.ExternalURL == "" {
		best.url = g.public(ctx, best.key)
	}
	answer := best.answer(text(model, "title"), g.owner.cfg)
	return g.answered(q, answer.URL, answer)
}

// key names a snapshot. The same window, dashboard and values have the same key,
// so that a second draft finds the first one's; who does not know the token cannot
// guess it, because whoever has the key can read the snapshot.
func (g *gathering) key(q question, attempt int) string {
	mac := hmac.New(sha256.New, g.secret)
	fmt.Fprintf(mac, "collector snapshot 1\x00%s\x00%d\x00%d\x00%s\x00%d", q.Dashboard, q.From.UnixMilli(), q.To.UnixMilli(), assignment(q.Vars).key(), attempt)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// earlier finds the best snapshot of an earlier draft, nil if there is none, and
// the first attempt whose key is free.
func (g *gathering) earlier(ctx context.Context, q question) (best *stored, attempt int, err error) {
	for ; attempt < maxAttempts; attempt++ {
		s, err := g.read(ctx, g.key(q, attempt))
		if statusOf(err) == http.StatusNotFound {
			return best, attempt, nil
		}
		if err != nil {
			return nil, attempt, err
		}
		s.reused = true
		if best == nil || len(s.made.Problems) < len(best.made.Problems) {
			best = s
		}
		if len(s.made.Problems) == 0 {
			return best, attempt, nil
		}
	}
	return best, attempt, nil
}

// make builds and stores a snapshot, unless the best one there is lacks no more.
func (g *gathering) make(ctx context.Context, q question, attempt int, model object, chosen assignment, best *stored) (*stored, error) {
	building, cancel := context.WithTimeout(ctx, g.share(ctx))
	defer cancel()
	body, m := g.build(building, model, chosen)
	if best != nil && len(m.Problems) >= len(best.made.Problems) {
		return best, nil
	}
	key := g.key(q, attempt)
	address, err := g.create(ctx, key, body)
	if err != nil && statusOf(err) != http.StatusInternalServerError {
		return nil, err
	}
	s, readErr := g.read(ctx, key) // also after a 500: that is how Grafana refuses a key that it has
	if readErr != nil {
		if err == nil {
			err = fmt.Errorf("reading the snapshot back: %w", readErr)
		}
		return nil, err
	}
	s.url = address
	return s, nil
}

// share is the time for building: a part of what is left, so that what was
// answered in time can still be stored.
func (g *gathering) share(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return g.within
	}
	return time.Until(deadline) * 7 / 10
}

// create stores a snapshot and returns where people see it.
func (g *gathering) create(ctx context.Context, key string, body object) (string, error) {
	name := clip(text(body, "title"), maxTitle) + ", " + g.window.From.Format("2006-01-02 15:04") + " UTC"
	status, answer, err := g.session.ask(ctx, http.MethodPost, "/api/snapshots", nil, object{
		"dashboard": body, "name": name, "expires": int64(time.Duration(g.owner.cfg.SnapshotExpires) / time.Second),
		"key": key, "deleteKey": rand.Text(), // kept nowhere: an editor deletes it, nobody else
	})
	switch {
	case err != nil:
		return "", err
	case status >= http.StatusBadRequest:
		return "", refusal(status, answer)
	}
	var created struct{ Key, URL string }
	if err := json.Unmarshal(answer, &created); err != nil || created.Key != key {
		return "", errNotGrafana
	}
	return created.URL, nil
}
