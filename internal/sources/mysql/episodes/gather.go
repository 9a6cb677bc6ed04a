package episodes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// Gather reads the recorded samples of one server and returns a record for each
// episode that touches the window, one for each curve, and the coverage. A
// stream that cannot be read, or a server without any sample, gives a failure
// record. A server outside the scope gives nothing. The error is for what cannot
// happen to sound samples: a record that cannot be made.
func Gather(ctx context.Context, r Reader, s Server, req sources.Request) ([]timeline.Evidence, error) {
	if !req.Scope.Includes(s.Cluster, s.Name) {
		return nil, nil
	}
	s.Thresholds = s.Thresholds.orDefaults()
	if s.Interval <= 0 {
		s.Interval = time.Second
	}
	w := req.Window.UTC()
	back := max(lookBack, s.Thresholds.LongStatement, s.Thresholds.LongTransaction, s.Thresholds.ReplicationLag)
	shallow := timeline.Window{From: w.From.Add(-back), To: w.To}
	deep := shallow
	if beganBefore(ctx, r, s, shallow) {
		deep.From = shallow.From.Add(-deepLookBack)
	}
	in := openStreams(ctx, r, s.Name, shallow, deep)
	defer in.close()
	x := newScan(s, w)
	x.run(ctx, in)

	g := &recorder{server: s, window: w, readFrom: deep.From, at: req.Now(), roles: req.Roles, interval: s.Interval, mariaDB: isMariaDB(x.clock.Version), looks: &x.looks, plans: &x.plans}
	if x.now.interval > 0 {
		g.interval = x.now.interval
	}
	failures := in.failures()
	if err := ctx.Err(); err != nil { // all streams were left where they were
		failures = []failure{{streamTicks, err}}
	}
	told := map[string]bool{} // a store that cannot be opened says the same for every stream
	for _, f := range failures {
		if !told[f.err.Error()] {
			g.failure(f.stream, f.err)
		}
		told[f.err.Error()] = true
		g.unread = g.unread || f.stream == streamTicks
	}
	if x.coverage.answer.First == nil {
		if len(failures) == 0 {
			g.failure(streamTicks, fmt.Errorf("no heartbeat of %s is recorded in this window: the recorder was not running, or did not know this server; what its sessions, replication and restarts did then can no longer be known", s.Name))
		}
		return g.records, g.err
	}
	g.all(x)
	return g.records, g.err
}

// recorder makes the records of a scan.
type recorder struct {
	server   Server
	window   timeline.Window
	readFrom time.Time
	interval time.Duration
	mariaDB  bool
	at       time.Time // when the samples were read
	unread   bool      // the heartbeats ended in an error
	roles    sources.Roles
	looks    *lookScan
	plans    *planScan
	records  []timeline.Evidence
	err      error
}

// all makes the records of everything that the scan found.
func (g *recorder) all(x *scan) {
	outages := x.down.finish()
	explained := outages[:0:0]
	for _, o := range outages {
		if o.isOutage() {
			explained = append(explained, o)
			g.episode(g.question(timeline.MySQLDown), g.beatQuery(), o)
		}
	}
	for _, r := range x.restarts.done {
		g.episode(g.question(timeline.MySQLRestart), g.beatQuery(), r)
	}
	for _, p := range x.roles.done {
		g.episode(g.question(timeline.MySQLRoleChange), g.beatQuery(), p)
	}
	for _, c := range x.connections.finish() {
		c.Held.mask(g.roles)
		g.episode(g.question(timeline.MySQLConnectionsExhausted), g.statusQuery(), c)
	}
	seen := x.replication.finish()
	g.replication(x)
	g.sessions(x)
	g.series(x)
	for _, f := range x.followers {
		f.records(g)
	}
	x.plans.records(g)

	a := x.coverage.finish(g.interval, explained, g.unread)
	a.Replication.Channels = append(a.Replication.Channels, seen...)
	a.Replication.MaxPauseMS = g.looks.of(store.PartReplicas).MaxPauseMS
	a.Sessions.MaxElapsedMS = x.sessions.maxElapsed.Milliseconds()
	a.Sessions.MaxTransactionMS = x.sessions.maxTransaction.Milliseconds()
	q := g.question(kindCoverage)
	q.ThresholdMS = g.server.Thresholds.LongStatement.Milliseconds()
	q.TransactionMS = g.server.Thresholds.LongTransaction.Milliseconds()
	q.LagMS = g.server.Thresholds.ReplicationLag.Milliseconds()
	g.answer(q, fmt.Sprintf("all recorded ticks of %s in the window, every %s", g.server.Name, g.interval), a)
}

func (g *recorder) replication(x *scan) {
	for _, c := range x.replication.changes {
		q := g.question(timeline.MySQLTopologyChange)
		q.Channel = c.channel
		g.episode(q, g.replicaQuery(), c.pair)
	}
	for _, c := range x.replication.channels {
		q := g.question(timeline.MySQLReplicationStopped)
		q.Channel = c.name
		for _, s := range append(c.io.finish(), c.sql.finish()...) {
			g.episode(q, g.replicaQuery(), s)
		}
		q = g.question(timeline.MySQLReplicationLag)
		q.Channel = c.name
		q.ThresholdMS = g.server.Thresholds.ReplicationLag.Milliseconds()
		for _, l := range c.lag.finish() {
			g.episode(q, g.replicaQuery(), l)
		}
	}
}

func (g *recorder) sessions(x *scan) {
	q := g.question(timeline.MySQLLongStatement)
	q.ThresholdMS = g.server.Thresholds.LongStatement.Milliseconds()
	q.Rule, q.TimeUnitMS = foldRule, g.timeUnit()
	for _, group := range fold(x.sessions.longStatements) {
		a := newStatements(group, g.roles)
		a.Plan = g.plans.of(a.Statement)
		g.episode(q, g.sessionQuery(), a)
	}
	q = g.question(timeline.MySQLLongTransaction)
	q.ThresholdMS = g.server.Thresholds.LongTransaction.Milliseconds()
	q.Rule = foldRule
	for _, group := range fold(x.sessions.longTransactions) {
		g.episode(q, g.sessionQuery(), newTransactions(group, g.roles))
	}
}

func (g *recorder) series(x *scan) {
	curves := []*curve{&x.series.running, &x.series.connected, &x.series.questions}
	for _, c := range x.replication.channels {
		curves = append(curves, &c.lagCurve)
	}
	for i, c := range curves {
		if c.samples == 0 {
			continue
		}
		a, rule := c.answer()
		q := g.question(kindSeries)
		q.Series, q.Unit, q.Channel, q.Rule = c.name, c.unit, c.channel, rule
		query := g.statusQuery()
		if i >= 3 {
			query = g.replicaQuery()
		}
		g.answer(q, query, a)
	}
}

func (g *recorder) question(kind timeline.Kind) question {
	return question{Kind: string(kind), Server: g.server.Name, Window: g.window, ReadFrom: g.readFrom, IntervalMS: g.interval.Milliseconds()}
}

func (g *recorder) timeUnit() int64 {
	if g.mariaDB {
		return 1
	}
	return 1000
}

// episode records an episode if it touches the window.
func (g *recorder) episode(q question, query string, answer any) {
	e, ok := g.make(q, query, answer)
	if !ok {
		return
	}
	event, err := interpretEpisode(q, e)
	if err != nil {
		g.err = errors.Join(g.err, err)
		return
	}
	if !event.Touches(g.window) {
		return
	}
	// An episode's record speaks of the episode, not of the whole window.
	e.ObservedFrom = event.Start.Earliest.UTC().Truncate(time.Millisecond)
	e.ObservedTo = g.window.To
	if event.End != nil {
		e.ObservedTo = event.End.Latest.UTC().Truncate(time.Millisecond)
	}
	g.records = append(g.records, e)
}

// answer records what is about the whole window.
func (g *recorder) answer(q question, query string, answer any) {
	if e, ok := g.make(q, query, answer); ok {
		g.records = append(g.records, e)
	}
}

func (g *recorder) make(q question, query string, answer any) (timeline.Evidence, bool) {
	e, err := sources.Answer(g.ask(q, query), answer, g.at)
	if err != nil {
		g.err = errors.Join(g.err, err)
	}
	return e, err == nil
}

func (g *recorder) failure(stream int, reason error) {
	q := g.question(kindCoverage)
	q.Series = streamName(stream)
	e, err := sources.Failure(g.ask(q, fmt.Sprintf("recorded %s of %s", streamName(stream), g.server.Name)), reason, g.at)
	if err != nil {
		g.err = errors.Join(g.err, err)
		return
	}
	g.records = append(g.records, e)
}

func (g *recorder) ask(q question, query string) sources.Ask {
	return sources.Ask{Source: sourceKind, Target: g.server.Name, Query: query, Question: q, Observed: g.window}
}
