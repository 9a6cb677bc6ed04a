package episodes

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// sampleRule is how a statement that took over is found where the server keeps no
// digests: in the session samples.
const sampleRule = "samples: a statement regressed when, in at least 3 stretches of 10 s in a row, at least one session on average and at least half of all sessions that were 0.5 s or longer in a statement, " +
	"not waiting for a lock, were in it, in at least 3 executions of at least 2 sessions, and it was at most a fifth of that in the stretches before, at least 6"

const (
	sampleStretch  = 10 * time.Second
	sampleSlow     = 500 * time.Millisecond
	sampleRow      = 3   // stretches in a row
	sampleBefore   = 6   // stretches before
	sampleRatio    = 5   // of now and before
	sampleShare    = 0.5 // of all slow sessions
	sampleRuns     = 3   // executions
	sampleSessions = 2
)

// slowStretch is what the samples of ten seconds show of one statement.
type slowStretch struct {
	From    look    `json:"from"`
	First   look    `json:"first"` // the first sample that shows it
	To      look    `json:"to"`
	Average float64 `json:"average"` // sessions in it
	Share   float64 `json:"share"`   // of all slow sessions
}

// sampled is the answer of a mysql.statement_regression record by the rule above.
type sampled struct {
	Statement  string        `json:"statement"`
	Schema     string        `json:"schema,omitempty"`
	Normal     float64       `json:"normal"` // sessions, on average, in the stretches before
	Normals    int           `json:"normal_stretches"`
	Before     *look         `json:"before"` // the sample before the first that shows it
	Stretches  []slowStretch `json:"stretches"`
	After      *look         `json:"after"`
	Executions int           `json:"executions"`
	Sessions   int           `json:"sessions"`
	Plan       *planSeen     `json:"plan,omitempty"`
}

// slowShape is a statement in the current stretch.
type slowShape struct {
	first, before look
	count         int
}

// sampleScan follows the statements that sessions are in.
type sampleScan struct {
	from, last    look
	samples, slow int
	seen          map[kinship]*slowShape
	past          map[kinship]float64 // sum of averages over the stretches before
	stretches     int
	open          map[kinship]*samplesOpen
	runs          map[uint64]sampleRun // by session: the latest execution
	done          []sampled
}

type sampleRun struct {
	kin   kinship
	start time.Time
}

// samplesOpen is a statement whose stretches are out of line.
type samplesOpen struct {
	sampled
	sessions map[uint64]bool
}

func newSampleScan() *sampleScan {
	return &sampleScan{seen: map[kinship]*slowShape{}, past: map[kinship]float64{}, open: map[kinship]*samplesOpen{}, runs: map[uint64]sampleRun{}}
}

func (s *sampleScan) observe(m *moment) {
	if m.sessions == nil {
		return
	}
	if s.samples > 0 && m.At.Sub(s.from.At) >= sampleStretch {
		s.turn(m.look)
	}
	if s.samples == 0 {
		s.from = m.look
	}
	s.samples++
	for i := range *m.sessions {
		row := &(*m.sessions)[i]
		if row.Elapsed < sampleSlow || row.Command == commandSleep || !isStatement(row) || !isData(row.SQL) || waitsForLock(row) {
			continue
		}
		s.slow++
		kin := kinship{row.SQL, row.DB}
		x := s.seen[kin]
		if x == nil {
			x = &slowShape{first: m.look, before: s.last}
			s.seen[kin] = x
		}
		x.count++
		s.execution(m, row, kin)
	}
	s.last = m.look
}

// execution counts executions and sessions of what is out of line, or may become so.
func (s *sampleScan) execution(m *moment, row *store.Session, kin kinship) {
	start := m.At.Add(-row.Elapsed)
	was, known := s.runs[row.ID]
	if known && was.kin == kin && start.Sub(was.start).Abs() < 2*time.Second {
		return
	}
	s.runs[row.ID] = sampleRun{kin, start}
	o := s.open[kin]
	if o == nil {
		o = &samplesOpen{sessions: map[uint64]bool{}}
		s.open[kin] = o
	}
	o.Executions++
	o.sessions[row.ID] = true
}

// turn judges the stretch that ended before the look.
func (s *sampleScan) turn(next look) {
	for kin, x := range s.seen {
		now := slowStretch{From: s.from, First: x.first, To: s.last, Average: float64(x.count) / float64(s.samples), Share: float64(x.count) / float64(s.slow)}
		o := s.open[kin]
		if o == nil {
			o = &samplesOpen{sessions: map[uint64]bool{}}
			s.open[kin] = o
		}
		begun := len(o.Stretches) > 0
		normal := s.past[kin] / float64(max(1, s.stretches))
		if begun {
			normal = o.Normal
		}
		if now.Average >= 1 && now.Share >= sampleShare && s.stretches >= sampleBefore && now.Average >= sampleRatio*normal {
			if !begun {
				o.Normal, o.Normals = normal, s.stretches
				if !x.before.At.IsZero() {
					o.Before = kept(&x.before)
				}
			}
			o.Stretches = append(o.Stretches, now)
			continue
		}
		if !begun {
			s.past[kin] += now.Average
		}
		s.close(kin, o, &now.To)
	}
	for kin, o := range s.open {
		if s.seen[kin] == nil {
			s.close(kin, o, &s.from)
		}
	}
	s.stretches++
	s.samples, s.slow = 0, 0
	clear(s.seen)
	for id, run := range s.runs {
		if next.At.Sub(run.start) > time.Hour {
			delete(s.runs, id)
		}
	}
}

func (s *sampleScan) close(kin kinship, o *samplesOpen, after *look) {
	delete(s.open, kin)
	if len(o.Stretches) < sampleRow || o.Executions < sampleRuns || len(o.sessions) < sampleSessions {
		return
	}
	o.Statement, o.Schema, o.Sessions = shown(kin.a, statementShown), kin.b, len(o.sessions)
	if after != nil {
		o.After = kept(after)
	}
	o.Stretches = representativeStretches(o.Stretches)
	s.done = append(s.done, o.sampled)
}

// representativeStretches keeps what a record shows: the first, the worst, the last.
func representativeStretches(all []slowStretch) []slowStretch {
	worst := slices.MaxFunc(all, func(a, b slowStretch) int { return cmp.Compare(a.Average, b.Average) })
	keep := []slowStretch{all[0], worst, all[len(all)-1]}
	return slices.CompactFunc(keep, func(a, b slowStretch) bool { return a.From.At.Equal(b.From.At) })
}

func (s *sampleScan) records(g *recorder) {
	for kin, o := range s.open {
		s.close(kin, o, nil)
	}
	slices.SortFunc(s.done, func(a, b sampled) int {
		return cmp.Or(a.Stretches[0].First.At.Compare(b.Stretches[0].First.At), cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Schema, b.Schema))
	})
	q := g.question(timeline.MySQLStatementRegression)
	q.Rule = sampleRule
	for _, x := range s.done {
		x.Plan = g.plans.of(x.Statement)
		g.episode(q, g.sessionQuery(), x)
	}
}

// interpretSampled makes the event of a statement that took over in the samples.
func interpretSampled(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[sampled](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(a.Stretches) == 0 {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	worst := slices.MaxFunc(a.Stretches, func(x, y slowStretch) int { return cmp.Compare(x.Average, y.Average) })
	last := a.Stretches[len(a.Stretches)-1]
	pause := q
	pause.IntervalMS = max(q.IntervalMS, sampleStretch.Milliseconds())
	end, lastSeen := pause.ended(last.From, a.After)
	start := changed(a.Before, a.Stretches[0].First, q.ReadFrom)
	start.Earliest = start.Earliest.Add(-sampleSlow - q.interval()) // it is counted once it has run for so long
	event := q.event(e, timeline.MySQLStatementRegression, start, end)
	event.Grade = timeline.Derived
	event.Key = "samples " + a.Statement + " " + a.Schema + " at " + timeline.FormatTime(start.At)
	set(event.Attributes, "last_seen", lastSeen)
	set(event.Attributes, "rule", "samples")
	set(event.Attributes, "schema", a.Schema)
	set(event.Attributes, "statement", a.Statement)
	set(event.Attributes, "executions", fmt.Sprint(a.Executions))
	set(event.Attributes, "sessions", fmt.Sprint(a.Sessions))
	event.Summary = fmt.Sprintf("one statement took over: %.1f sessions on average were in it, %s of all that ran for long, instead of %.1f before: %s",
		worst.Average, percent(worst.Share), a.Normal, shown(a.Statement, summaryShown))
	a.Plan.tell(&event)
	return event, nil
}
