package mysql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/mysql/dictionary"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// How often the schema is looked at. A look that nothing prompts takes at most a
// hundredth of the time; one that a counter of DDL statements prompts at most a
// twentieth, and less and less while such looks find nothing (temporary tables move
// the counters, too).
const (
	schemaEvery    = 10 * time.Second
	schemaShare    = 100
	promptedShare  = 20
	schemaAgain    = 12 * time.Hour   // the whole schema is noted again
	schemaUnmoved  = 10 * time.Minute // it is noted that nothing changed
	errLockTimeout = 1205             // also of a metadata lock
)

// schemaPart follows the schema of a server: InnoDB's dictionary, which PROCESS
// opens. It keeps the last look over ticks and logins.
//
// Not every tick looks. The counters of DDL statements, which the status of the tick
// has anyway, say when something may have changed; a statement that runs is looked
// at when it is gone. What the counters miss is seen by a look every ten seconds or,
// on a large server, as often as a hundredth of the time allows.
type schemaPart struct {
	known    *dictionary.State
	seen     time.Time        // tick of the last look
	noted    time.Time        // when the whole schema was noted
	same     time.Time        // when it was last noted that nothing changed
	counters map[string]int64 // at the last tick
	uptime   uint64           // at the last tick
	moved    dictionary.Counters
	calm     time.Time // last tick since the last look at which nothing can have changed
	open     bool      // a statement may have changed something since the last look
	due      time.Time // of a look that nothing prompts
	prompt   time.Time // not before, of one that a counter prompts
	useless  int       // prompted looks in a row that found nothing; every counted statement has one
}

// ddlCounters are the counters of statements that change a schema. They stand in
// the status of every tick. MySQL counts CREATE TEMPORARY TABLE among them.
func ddlCounters() []string {
	return []string{
		"Com_alter_table", "Com_create_db", "Com_create_index", "Com_create_table", "Com_drop_db", "Com_drop_index", "Com_drop_table",
		"Com_optimize", "Com_rename_table", "Com_truncate",
	}
}

// read looks when there is a reason to.
func (p *schemaPart) read(ctx context.Context, c *conn, into *store.Tick) error {
	now := into.Heartbeat.At
	counted := p.count(into.Status, into.Heartbeat.UptimeSec)
	running := changesSchema(into.Sessions)
	prompted := counted || p.open && !running
	if c.version.Flavour == MySQL {
		prompted = (counted || p.open) && !running
	}
	p.open = p.open || counted || running
	if !p.open && into.Status != nil && p.known != nil {
		p.calm = now
	}
	switch {
	case !now.Before(p.due):
	case prompted && !now.Before(p.prompt):
	default:
		return errNotNow
	}
	if c.version.Flavour == MySQL && queuesForMetadata(into.Sessions) {
		return errNotNow // we would queue behind them, see docs/schema.md
	}
	if into.Status == nil && now.Before(p.due.Add(schemaEvery)) {
		return errNotNow // the next tick has the counters
	}
	began := time.Now()
	state, err := c.readSchema(ctx, p.known)
	p.rest(began, now, prompted)
	switch {
	case errorNumber(err) == errLockTimeout, errors.Is(err, errTorn):
		return errNotNow
	case err != nil:
		return err
	}
	return p.compare(state, into, counted || running)
}

// errNotNow says that a part had no reason to ask, or a reason not to.
var errNotNow = errors.New("not at this tick")

// count takes the counters of a tick and reports whether one grew. After a restart
// of the server they begin anew, and anything may have happened.
func (p *schemaPart) count(status store.Status, uptime uint64) bool {
	if status == nil {
		return false
	}
	now := make(map[string]int64, len(ddlCounters()))
	grew := uptime < p.uptime
	p.uptime = uptime
	for _, name := range ddlCounters() {
		now[name] = status[name]
		by := now[name] - p.counters[name]
		if p.counters != nil && by != 0 {
			grew = true
			if p.moved == nil {
				p.moved = dictionary.Counters{}
			}
			p.moved[name] += max(by, 0)
		}
	}
	p.counters = now
	return grew
}

// rest decides when to look again.
func (p *schemaPart) rest(began, now time.Time, prompted bool) {
	took := time.Since(began)
	p.due = now.Add(max(schemaEvery, schemaShare*took))
	if prompted {
		p.prompt = now.Add(time.Duration(min(promptedShare<<max(0, min(p.useless, 8)-2), schemaShare)) * took)
		p.useless++
	}
}

// compare notes what a look found. busy says that statements were under way at this
// tick: what they do may not be seen yet.
func (p *schemaPart) compare(state *dictionary.State, into *store.Tick, busy bool) error {
	now := into.Heartbeat.At
	var err error
	switch {
	case p.known == nil, now.Sub(p.noted) >= schemaAgain:
		err = p.tell(state, into)
		if err == nil {
			err = note(into, facts.KindSchema, facts.NewSchema(state, p.known == nil))
			p.noted, p.same = now, now
		}
	default:
		err = p.tell(state, into)
		if err == nil && now.Sub(p.same) >= schemaUnmoved {
			err = note(into, facts.KindSchemaSame, facts.SchemaSame{Count: len(state.Tables)})
			p.same = now
		}
	}
	if err != nil {
		return err
	}
	p.known, p.seen, p.calm, p.open, p.moved = state, now, now, busy, nil
	return nil
}

// tell notes what changed since the look before.
func (p *schemaPart) tell(state *dictionary.State, into *store.Tick) error {
	if p.known == nil {
		return nil
	}
	changes := dictionary.Diff(p.known, state, p.moved)
	if len(changes) == 0 {
		return nil
	}
	p.useless = 0
	calm := p.calm
	if calm.IsZero() {
		calm = p.seen
	}
	p.same = into.Heartbeat.At
	return note(into, facts.KindSchemaChanged, facts.NewSchemaChanged(p.known, state, dictionary.Fold(changes), p.seen, calm))
}

// changesSchema reports whether a session, or a replica's applier, runs a statement
// that changes a schema.
func changesSchema(sessions *store.Sessions) bool {
	if sessions == nil {
		return false
	}
	words := []string{"ALTER ", "CREATE ", "DROP ", "RENAME ", "TRUNCATE ", "OPTIMIZE "}
	return slices.ContainsFunc(sessions.Active, func(s store.Session) bool {
		return slices.ContainsFunc(words, func(w string) bool {
			return len(s.SQL) >= len(w) && strings.EqualFold(s.SQL[:len(w)], w)
		})
	})
}

// queuesForMetadata reports whether a session waits for a metadata lock.
func queuesForMetadata(sessions *store.Sessions) bool {
	return sessions == nil || slices.ContainsFunc(sessions.Active, func(s store.Session) bool { return waitsForMetadata(&s) })
}
