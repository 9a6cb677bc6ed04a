package episodes

import (
	"slices"
	"strings"
	"time"

	"collector/internal/sources/mysql/ddl"
	"collector/internal/store"
	"collector/internal/timeline"
)

// schemaRuns follows statements that change a schema through the samples: the
// witness that knows who ran them, for how long, and whether they ended without
// having changed anything.
type schemaRuns struct {
	open    map[uint64]*schemaRun // by connection
	done    []*schemaRun
	parsed  map[[2]string][]ddl.Change // by statement and default schema
	tick    int
	prev    look
	hasPrev bool
}

// schemaRun is one execution of such a statement.
type schemaRun struct {
	execution
	changes []ddl.Change
	applied []*bool // by change; nil: not known
	judged  *look   // when the schema was looked at after the end
}

func newSchemaRuns() schemaRuns {
	return schemaRuns{open: map[uint64]*schemaRun{}, parsed: map[[2]string][]ddl.Change{}}
}

// maxChanges is how many changes of one statement are told.
const maxChanges = 20

func (r *schemaRuns) observe(m *moment) {
	if m.restart != nil {
		for id, x := range r.open {
			r.end(id, x, m.restart)
		}
	}
	if m.sessions == nil {
		return
	}
	r.tick++
	t := sessionTick{look: m.look, interval: m.interval, mariaDB: m.mariaDB, clock: m.clock}
	t.clock.At, t.clock.SpentMS = m.At, m.SpentMS
	t.seconds, t.exact = t.clock.started(0, time.Second), t.clock.started(0, time.Millisecond)
	rows := *m.sessions
	for i := range rows {
		if changes := r.changes(&rows[i]); len(changes) > 0 {
			r.row(&t, &rows[i], changes)
		}
	}
	for id, x := range r.open {
		if x.tick != r.tick {
			r.end(id, x, &t.look)
		}
	}
	r.prev, r.hasPrev = t.look, true
}

// changes is what a row's statement changes, nil for nearly all rows.
func (r *schemaRuns) changes(row *store.Session) []ddl.Change {
	if !mayChangeSchema(row.SQL) {
		return nil
	}
	key := [2]string{row.SQL, row.DB}
	changes, ok := r.parsed[key]
	if !ok {
		changes = slices.DeleteFunc(ddl.Parse(row.SQL, row.DB), aboutGhost)
		changes = changes[:min(len(changes), maxChanges)]
		r.parsed[key] = changes
	}
	return changes
}

// aboutGhost reports whether a change belongs to a tool's migration, which the
// fingerprint tells as a whole.
func aboutGhost(c ddl.Change) bool {
	_, _, ghost := ddl.MigrationOf(c.Table)
	_, _, aside := ddl.MigrationOf(strings.TrimPrefix(c.NewName, c.Schema+"."))
	return ghost || c.Operation == ddl.RenameTable && aside
}

// mayChangeSchema looks at the first word; the parser decides.
func mayChangeSchema(statement string) bool {
	word, _, _ := strings.Cut(statement, " ")
	switch strings.ToUpper(word) {
	case "ALTER", "CREATE", "DROP", "RENAME", "TRUNCATE":
		return true
	}
	return false
}

func (r *schemaRuns) row(t *sessionTick, row *store.Session, changes []ddl.Change) {
	start := t.statementStart(row.Elapsed)
	x := r.open[row.ID]
	if x != nil && x.sql == row.SQL && (x.start.meets(start, sameStart) || row.User == UserReplication) {
		x.goOn(t, row, start, uint64(row.Elapsed), r.tick)
		return
	}
	if x != nil {
		r.end(row.ID, x, &t.look)
	}
	x = &schemaRun{changes: changes, applied: make([]*bool, len(changes))}
	x.execution = execution{id: row.ID, user: row.User, host: row.Host, db: row.DB, sql: row.SQL}
	x.begin(t, row, start, uint64(row.Elapsed), r.tick)
	// An applier's TIME counts from when its source ran the statement.
	if r.hasPrev && (row.User == UserReplication || row.Elapsed >= t.At.Sub(r.prev.At)+unseenSlack) {
		x.unseen = kept(&r.prev)
	}
	r.open[row.ID] = x
}

func (r *schemaRuns) end(id uint64, x *schemaRun, after *look) {
	delete(r.open, id)
	x.after = after
	r.done = append(r.done, x)
}

// applied takes note of a change that the fingerprint saw.
func (r *schemaRuns) applied(c *schemaChange) {
	yes := true
	mark := func(x *schemaRun) {
		for i := range x.changes {
			if x.changes[i].Key() == c.Change.Key() && !c.After.latest().Before(x.first.At) {
				x.applied[i] = &yes
			}
		}
	}
	for _, x := range r.open {
		mark(x)
	}
	for _, x := range r.done {
		if x.judged == nil {
			mark(x)
		}
	}
}

// judge holds the statements that have ended against a look at the schema.
func (r *schemaRuns) judge(at look, history *schemaHistory) {
	for _, x := range r.done {
		if x.judged != nil || x.after == nil || at.At.Before(x.after.At) {
			continue
		}
		x.judged = kept(&at)
		state := history.state()
		for i, c := range x.changes {
			if x.applied[i] != nil || state == nil {
				continue
			}
			if shows, known := state.Shows(c); known {
				x.applied[i] = &shows
			}
		}
	}
}

// schemaStatement is the answer of a mysql.schema_change record of the samples.
type schemaStatement struct {
	Statement string        `json:"statement"`
	Schema    string        `json:"default_schema,omitempty"`
	Ran       ddl.Change    `json:"ran"` // what it was to do
	Run       *statementRun `json:"run"`
	Applied   *bool         `json:"applied"` // as the fingerprint showed afterwards; null when it cannot tell
	Judged    *look         `json:"judged,omitempty"`
}

func (r *schemaRuns) records(g *recorder) {
	for id, x := range r.open {
		r.end(id, x, nil)
	}
	q := g.question(timeline.MySQLSchemaChange)
	q.TimeUnitMS = g.timeUnit()
	for _, x := range r.done {
		for i, c := range x.changes {
			g.episode(q, g.sessionQuery(), schemaStatement{
				Statement: shown(x.sql, statementShown), Schema: x.db, Ran: c, Applied: x.applied[i], Judged: x.judged,
				Run: &statementRun{Session: x.id, Account: g.roles.Account(x.user), Host: g.roles.Host(x.host), Samples: x.count,
					Unseen: x.unseen, Sampled: x.samples(), After: x.after},
			})
		}
	}
}
