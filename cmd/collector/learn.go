package main

import (
	"context"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/actions"
	"collector/internal/config"
	"collector/internal/drafts"
	"collector/internal/timeline"
)

const (
	// learnFirst is when the start of the daemon is over, and learnEvery how often the
	// drafts are looked at after it. What has not changed since is not read again.
	learnFirst = 5 * time.Second
	learnEvery = 5 * time.Minute
	// maxLearned is how many drafts are looked at, the latest by name.
	maxLearned = 2000
)

// How the metrics name owners that are none of report.roles: names of people never
// become labels.
const (
	ownerOther = "other"
	ownerNone  = "none"
)

// learner counts, for the metrics, what the drafts of report.out hold. It reads one draft
// at a time and keeps of each no text: sums, days and owners.
type learner struct {
	seed   maphash.Seed
	known  map[string]learned // by the draft's directory
	owners []string           // that the metrics name
	open   *prometheus.GaugeVec
	over   *prometheus.GaugeVec
	recurs prometheus.Gauge
	looked prometheus.Gauge
}

// learned is what is kept of a draft.
type learned struct {
	stamp    string // of the files that were read
	window   timeline.Window
	features []uint64
	actions  []openAction
}

type openAction struct {
	owner string // a role of the configuration, or none of them
	due   time.Time
}

func newLearner(registry prometheus.Registerer) *learner {
	perOwner := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "actions", Name: name, Help: help}, []string{"owner"})
	}
	l := &learner{
		seed: maphash.MakeSeed(), known: map[string]learned{},
		open: perOwner("open", "Actions in the drafts' documents that are not done, by owner: a role of report.roles, other, or none."),
		over: perOwner("overdue", "Open actions whose date is over, by owner."),
		recurs: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "patterns", Name: "recurring",
			Help: "Alerts, statements, blockers, troubles on a server, changes and tables that at least two separate incidents share."}),
		looked: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "patterns", Name: "last_look_timestamp_seconds",
			Help: "Unix time at which the drafts were last looked at for actions and patterns."}),
	}
	registry.MustRegister(l.open, l.over, l.recurs, l.looked)
	for _, owner := range []string{ownerOther, ownerNone} {
		l.open.WithLabelValues(owner)
		l.over.WithLabelValues(owner)
	}
	return l
}

// learn looks at the drafts now and then until the daemon stops.
func (d *daemon) learn(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for pause := learnFirst; ; pause = learnEvery {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			err := guard(d.log, "looking at the drafts", func() error { return d.learner.look(ctx, d.current().config, time.Now()) })
			if err != nil && ctx.Err() == nil {
				d.log.Warn("the drafts could not be looked at; their actions and patterns are not counted", "err", err)
			}
		}
	})
	return func(limit context.Context) error {
		cancel()
		return waitFor(limit, &wg)
	}, nil
}

// look counts again. Drafts that cannot be read are left out; collector patterns and
// collector actions name them.
func (l *learner) look(ctx context.Context, c *config.Config, now time.Time) error {
	dirs, err := drafts.List(c.Report.Out)
	if err != nil {
		return err
	}
	dirs = dirs[max(0, len(dirs)-maxLearned):]
	known := make(map[string]learned, len(dirs))
	roles := rolesOf(c)
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return err
		}
		stamp := stampOf(dir, roles)
		one, has := l.known[dir]
		if !has || one.stamp != stamp {
			one = l.read(dir, roles)
			one.stamp = stamp
		}
		known[dir] = one
	}
	l.known = known
	l.publish(roles, now.In(c.Location()))
	l.looked.Set(unixTime(now))
	return nil
}

// rolesOf are the roles that the configuration names, sorted.
func rolesOf(c *config.Config) []string {
	var roles []string
	for _, r := range c.Report.Roles {
		roles = append(roles, r.Role)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// stampOf changes when a file that is read does, or the roles do.
func stampOf(dir string, roles []string) string {
	names, err := drafts.Documents(dir)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, name := range append(names, "timeline.json") {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			b.WriteString(name + " " + info.ModTime().UTC().Format(time.RFC3339Nano) + "\n")
		}
	}
	b.WriteString(strings.Join(roles, "\n"))
	return b.String()
}

func (l *learner) read(dir string, roles []string) learned {
	var one learned
	if d, err := drafts.Read(dir); err == nil {
		one.window = d.Window
		for _, f := range d.Features {
			one.features = append(one.features, maphash.Comparable(l.seed, f))
		}
	}
	found, err := actionsOf(dir)
	if err != nil && len(found) == 0 {
		return one
	}
	for _, a := range found {
		if a.State == actions.Open {
			one.actions = append(one.actions, openAction{roleLabel(a.Owner, roles), a.Due})
		}
	}
	return one
}

// roleLabel is a role as a label: only those of the configuration are.
func roleLabel(owner string, roles []string) string {
	for _, role := range roles {
		if owns(owner, role) {
			return role
		}
	}
	if owner == "" {
		return ownerNone
	}
	return ownerOther
}

// publish sets the metrics.
func (l *learner) publish(roles []string, today time.Time) {
	open, over := map[string]int{}, map[string]int{}
	having := map[uint64][]timeline.Window{}
	for _, one := range l.known {
		for _, a := range one.actions {
			open[a.owner]++
			if (actions.Action{State: actions.Open, Due: a.due}).Overdue(today) {
				over[a.owner]++
			}
		}
		for _, f := range one.features {
			having[f] = append(having[f], one.window)
		}
	}
	recurring := 0
	for _, windows := range having {
		if timeline.Occasions(windows) >= drafts.LeastTimes {
			recurring++
		}
	}
	owners := append(slices.Clone(roles), ownerOther, ownerNone)
	for _, gone := range l.owners {
		if !slices.Contains(owners, gone) {
			l.open.DeleteLabelValues(gone)
			l.over.DeleteLabelValues(gone)
		}
	}
	l.owners = owners
	for _, owner := range owners {
		l.open.WithLabelValues(owner).Set(float64(open[owner]))
		l.over.WithLabelValues(owner).Set(float64(over[owner]))
	}
	l.recurs.Set(float64(recurring))
}
