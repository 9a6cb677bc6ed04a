package episodes

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// The rules of mysql.statement_regression on statement digests. What is normal for
// a statement are its earlier readings of at most an hour that were not themselves
// out of line; docs/timeline.md has the numbers and why.
const (
	ruleNew     = "new statement"
	ruleLatency = "latency"
	ruleRows    = "rows examined"
	ruleNoIndex = "no index"

	baselineReadings   = 3   // a statement needs as many before it can leave its baseline
	baselineExecutions = 10  // and as many executions in them
	baselineKept       = 360 // an hour of readings

	latencyFactor   = 5
	latencyMore     = 50 * time.Millisecond // than normal, per execution
	latencyWarm     = 5 * time.Minute       // of uptime: before, caches are cold
	rowsFactor      = 10
	rowsEach        = 1_000   // per execution
	rowsTogether    = 100_000 // by all executions of a reading
	newWarm         = 10 * time.Minute
	newEach         = time.Second           // per execution
	newEachShare    = 50 * time.Millisecond // or this and the share
	newRows         = 10_000                // or this per execution, without an index
	share           = 0.05                  // of the server's statement time
	busyEnough      = 0.05                  // sessions, on average: 0.5 s of a reading of 10 s
	badReadings     = 2                     // as many readings of a statement in a row make a regression
	regressionPause = 2 * time.Minute       // without, and it has ended
	slowTogether    = 0.5                   // of the statements: then it is the server that is slow
	slowAtLeast     = 4                     // statements, to say so
)

// digestReading is what the statements of one digest did in one reading.
type digestReading struct {
	look
	Count        int64   `json:"executions"`
	TimeMS       float64 `json:"time_ms"`
	RowsExamined int64   `json:"rows_examined"`
	NoIndex      int64   `json:"no_index,omitempty"`
	Errors       int64   `json:"errors,omitempty"`
	Share        float64 `json:"share"` // of all statement time of the reading
}

func (r *digestReading) latency() time.Duration {
	return time.Duration(r.TimeMS / float64(r.Count) * float64(time.Millisecond))
}
func (r *digestReading) rows() float64 { return float64(r.RowsExamined) / float64(r.Count) }

// digestState is a statement that is being followed.
type digestState struct {
	normal     baseline
	streak     []digestReading
	streakFrom *look // the reading before the streak, and before what led up to it
	streakRule string
	open       *regression
	age        int       // number of its last reading
	newUntil   time.Time // a statement that is new to the server may come to matter until then
}

// regression is the answer of a mysql.statement_regression record.
type regression struct {
	Statement  string        `json:"statement"`
	Schema     string        `json:"schema,omitempty"`
	Digest     string        `json:"digest"`
	Rule       string        `json:"rule"`
	FirstSeen  time.Time     `json:"first_seen,omitzero"` // by the server, on its clock; new statements only
	OffsetUS   int64         `json:"clock_offset_us,omitempty"`
	FineUnit   bool          `json:"first_seen_exact,omitempty"` // first_seen has fractions of a second
	NormalMS   float64       `json:"normal_ms"`                  // median per execution
	NormalRows float64       `json:"normal_rows"`
	Normals    int           `json:"normal_readings"`
	Before     *look         `json:"before"` // the reading before the first one that is out of line
	First      digestReading `json:"first"`
	Worst      digestReading `json:"worst"`
	Last       digestReading `json:"last"`
	Prior      *look         `json:"prior"` // the reading before the last one: what ended in the middle of a reading still shows in it
	After      *look         `json:"after"` // the first reading after the last one that is out of line
	Readings   int           `json:"readings"`
	Executions int64         `json:"executions"`
	NoIndex    bool          `json:"no_index,omitempty"`
	Plan       *planSeen     `json:"plan,omitempty"`
}

// digestScan follows all statements through the readings.
type digestScan struct {
	states   map[string]*digestState
	done     []regression
	number   int
	prev     *look
	since    time.Time // the first reading
	unlisted int64
	unjudged int // readings in which the latency said nothing about single statements
	judged   int
	waited   bool // for a lock, since the previous reading
	waits    bool // up to that one
	lockWait time.Duration
	clock    serverClock
	uptime   time.Duration
	samples  *sampleScan
	fold     digestFold
}

func newDigestScan(s Server) *digestScan {
	return &digestScan{states: map[string]*digestState{}, lockWait: s.Thresholds.LockWait, samples: newSampleScan()}
}

func (s *digestScan) observe(m *moment) {
	s.clock = m.clock
	if m.beat != nil && m.beat.readsUptime() {
		s.uptime = time.Duration(m.beat.UptimeSeconds) * time.Second
	}
	if m.restart != nil {
		s.uptime = 0
	}
	s.waited = s.waited || s.waitsForLock(m)
	s.samples.observe(m)
	if m.digests == nil {
		return
	}
	s.number++
	if s.prev == nil || len(*m.digests) == 0 && !s.fold.begun() {
		s.prev = kept(&m.look)
		if s.since.IsZero() {
			s.since = m.At
		}
		return
	}
	rows, full := s.fold.add(s.prev.At, m.look, *m.digests)
	if !full {
		return
	}
	s.reading(m.look, rows)
	s.prev, s.waits, s.waited = kept(&m.look), s.waited, false
}

// waitsForLock reports whether anybody has waited for a lock for long: then it is
// told as that, and every statement behind it is slow for no reason of its own.
func (s *digestScan) waitsForLock(m *moment) bool {
	if m.sessions == nil {
		return false
	}
	for i := range *m.sessions {
		if row := &(*m.sessions)[i]; row.Elapsed >= s.lockWait && waitsForLock(row) {
			return true
		}
	}
	return false
}

// reading judges one reading of all statements.
func (s *digestScan) reading(l look, rows []store.Digest) {
	var all time.Duration
	for i := range rows {
		all += rows[i].Time
	}
	span := l.At.Sub(s.prev.At)
	readings := make([]digestReading, len(rows))
	for i := range rows {
		r := &rows[i]
		readings[i] = digestReading{look: l, Count: r.Count, TimeMS: float64(r.Time.Microseconds()) / 1000, RowsExamined: r.RowsExamined, NoIndex: r.NoIndex, Errors: r.Errors}
		if all > 0 {
			readings[i].Share = math.Round(float64(r.Time)/float64(all)*1000) / 1000
		}
	}
	together := s.slowTogether(rows, readings)
	own := !together && !s.waited && !s.waits
	s.judged++
	if !own {
		s.unjudged++
	}
	for i := range rows {
		if rows[i].ID == store.DigestUnlisted {
			s.unlisted += rows[i].Count
		}
		if rows[i].Count > 0 && rows[i].ID != store.DigestUnlisted && rows[i].ID != store.DigestRest {
			s.statement(&rows[i], readings[i], span, own)
		}
	}
	for _, d := range s.states {
		if d.age != s.number {
			d.quiet(s, l)
		}
	}
}

// slowTogether reports whether most statements that have a baseline are slow.
func (s *digestScan) slowTogether(rows []store.Digest, readings []digestReading) bool {
	known, slow := 0, 0
	for i := range rows {
		d := s.states[keyOfDigest(&rows[i])]
		if d == nil || rows[i].Count == 0 || !d.normal.enough() {
			continue
		}
		known++
		if t := readings[i].latency(); t >= 3*d.normal.latency() && t >= time.Millisecond {
			slow++
		}
	}
	return known >= slowAtLeast && float64(slow) >= slowTogether*float64(known)
}

func keyOfDigest(d *store.Digest) string { return d.ID + " " + d.DB }

// statement judges one statement.
func (s *digestScan) statement(row *store.Digest, r digestReading, span time.Duration, own bool) {
	d := s.states[keyOfDigest(row)]
	if d == nil {
		d = &digestState{}
		s.states[keyOfDigest(row)] = d
		if s.isNew(row) {
			d.newUntil = r.At.Add(newWarm)
		}
	}
	d.age = s.number
	busy := float64(r.TimeMS) >= busyEnough*float64(span.Milliseconds())
	rule := ""
	switch {
	case !isData(row.SQL):
	case d.open != nil && d.open.Rule == ruleNew, d.open == nil && r.At.Before(d.newUntil):
		rule = newRule(&r, busy)
	default:
		rule = d.outOfLine(&r, busy, own && s.uptime >= latencyWarm)
	}
	if rule == "" {
		from := (*look)(nil)
		if d.normal.suspects(&r) {
			from = s.fold.before(keyOfDigest(row), &d.normal, s.prev)
		}
		if own {
			d.normal.add(&r)
		}
		d.fine(s, r, from)
		return
	}
	d.bad(s, row, r, rule)
}

// isNew reports whether a statement that was never read before is new to the
// server, too, and not only to a server or a recording that began just now.
func (s *digestScan) isNew(row *store.Digest) bool {
	known := s.prev.At.Sub(s.since)
	return !row.FirstSeen.IsZero() && known >= newWarm && s.uptime >= newWarm &&
		row.FirstSeen.After(s.prev.At.Add(time.Duration(s.clock.OffsetUS)*time.Microsecond-3*time.Second))
}

// newRule says whether a new statement matters.
func newRule(r *digestReading, busy bool) string {
	each := r.latency()
	switch {
	case each >= newEach, busy && each >= newEachShare && r.Share >= share, r.NoIndex > 0 && r.rows() >= newRows:
		return ruleNew
	}
	return ""
}

// outOfLine says by which rule a reading has left the statement's baseline.
func (d *digestState) outOfLine(r *digestReading, busy, own bool) string {
	if !d.normal.enough() {
		return ""
	}
	switch many := r.rows() >= rowsEach && r.RowsExamined >= rowsTogether; {
	case many && r.rows() >= rowsFactor*max(1, d.normal.rows()) && r.rows() >= 2*d.normal.mostRows:
		return ruleRows
	case many && r.NoIndex > 0 && d.normal.noIndex == 0 && r.rows() >= 2*max(1, d.normal.rows()):
		return ruleNoIndex
	case own && busy && r.Share >= share && r.latency() >= latencyFactor*d.normal.latency() && r.latency() >= d.normal.latency()+latencyMore:
		return ruleLatency
	}
	return ""
}

// bad takes a reading that is out of line.
func (d *digestState) bad(s *digestScan, row *store.Digest, r digestReading, rule string) {
	if d.open != nil {
		d.open.goOn(r)
		d.open.Prior = s.prev
		return
	}
	if d.streak == nil {
		d.streakRule = rule
		if key := keyOfDigest(row); rule != ruleNew {
			r.look = s.fold.first(key, &d.normal, r.look)
			if d.streakFrom == nil {
				d.streakFrom = s.fold.before(key, &d.normal, s.prev)
			}
		}
		if d.streakFrom == nil {
			d.streakFrom = s.prev
		}
	}
	d.streak = append(d.streak, r)
	if rule != ruleNew && len(d.streak) < badReadings {
		return
	}
	g := &regression{Statement: shown(row.SQL, statementShown), Schema: row.DB, Digest: row.ID, Rule: d.streakRule,
		NormalMS: float64(d.normal.latency().Microseconds()) / 1000, NormalRows: math.Round(d.normal.rows()), Normals: len(d.normal.times), Before: d.streakFrom}
	if rule == ruleNew {
		g.FirstSeen, g.OffsetUS, g.FineUnit = row.FirstSeen, s.clock.OffsetUS, row.FirstSeen.Nanosecond() != 0
	}
	for i := range d.streak {
		g.goOn(d.streak[i])
	}
	g.Prior = s.prev
	d.open, d.streak, d.streakFrom = g, nil, nil
}

func (g *regression) goOn(r digestReading) {
	if g.Readings == 0 {
		g.First, g.Worst = r, r
	}
	if r.latency() > g.Worst.latency() && g.Rule != ruleRows || r.rows() > g.Worst.rows() && g.Rule == ruleRows {
		g.Worst = r
	}
	g.NoIndex = g.NoIndex || r.NoIndex > 0
	g.Last, g.After = r, nil
	g.Readings++
	g.Executions += r.Count
}

// fine takes a reading that is in line. One that is suspect may be the mixture of
// before and after: what follows it began in it, after `from`; nil for others.
func (d *digestState) fine(s *digestScan, r digestReading, from *look) {
	d.streak = nil
	if from == nil || d.streakFrom == nil {
		d.streakFrom = from
	}
	d.quiet(s, r.look)
}

// quiet takes a reading in which the statement was fine or did not run.
func (d *digestState) quiet(s *digestScan, l look) {
	if d.age != s.number {
		d.streakFrom = nil
	}
	g := d.open
	if g == nil {
		return
	}
	if g.After == nil {
		g.After = kept(&l)
	}
	if l.At.Sub(g.Last.At) >= regressionPause {
		s.done, d.open = append(s.done, *g), nil
	}
}

func (s *digestScan) finish() []regression {
	for _, d := range s.states {
		if d.open != nil {
			s.done = append(s.done, *d.open)
		}
	}
	slices.SortFunc(s.done, func(a, b regression) int {
		return cmp.Or(a.First.At.Compare(b.First.At), cmp.Compare(a.Digest, b.Digest), cmp.Compare(a.Schema, b.Schema))
	})
	return s.done
}

func (s *digestScan) records(g *recorder) {
	q := g.question(timeline.MySQLStatementRegression)
	for _, r := range s.finish() {
		r.Plan = g.plans.of(r.Statement)
		g.episode(q, g.digestQuery(), r)
	}
	if s.number == 0 {
		s.samples.records(g)
	}
	g.looked(timeline.MySQLStatementRegression, store.PartDigests, g.digestQuery(), s.lookedFor(g))
}

// lookedFor words the check, with what it could not judge.
func (s *digestScan) lookedFor(g *recorder) string {
	text := "statements that are new, slower, or examine more rows than before"
	if s.number == 0 {
		return text + ", except for one that takes over in the session samples"
	}
	if known := g.window.To.Sub(s.since); known < newWarm {
		text += fmt.Sprintf(" (new ones have no baseline: digests are recorded only since %s before the window's end)", spoken(known))
	}
	if s.unjudged > 0 {
		text += fmt.Sprintf("; in %d of %d readings slowness was not judged, because locks were waited for or most statements slowed down together", s.unjudged, s.judged)
	}
	if s.unlisted > 0 {
		text += fmt.Sprintf("; the server's digest table is full: %d executions are not told apart", s.unlisted)
	}
	return text
}
