package mysql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// How often plans are taken: one statement's at most once in planAgain, and at most
// one at a tick.
const (
	planAgain     = 10 * time.Minute
	plansRemember = 1024 // statements; the whole memory is dropped when full
)

// planReader takes the plans of statements that run for long.
//
// MariaDB tells the plan of another session to whoever has PROCESS (SHOW EXPLAIN
// FOR, which the target answers itself between two rows), so the statement is not
// touched. Its JSON form is left alone: servers crashed on it (MDEV-28201).
//
// MySQL's EXPLAIN FOR CONNECTION refuses everybody but the statement's own account
// and those who have all static global privileges (error 1045), which collector
// must not have. So the text is taken from the processlist once more, explained
// and forgotten. It needs SELECT on the tables. Only a SELECT is explained: EXPLAIN
// of a change asks for the privilege to make it. Nothing is executed: derived
// tables are not materialised since MySQL 5.7, a stored function would need
// EXECUTE, and ANALYZE is never written.
//
// The tabular form is asked for on both: it holds everything that is kept, unlike
// JSON no condition with its values, and MySQL's JSON has had two layouts since 8.3.
type planReader struct {
	after time.Duration        // how long a statement has run
	taken map[string]time.Time // by normalised statement
	told  reminder             // that a privilege is missing
}

func newPlanReader(config Config) *planReader {
	return &planReader{after: time.Duration(config.Thresholds.LongStatement) / 2, taken: map[string]time.Time{}}
}

func (p *planReader) read(ctx context.Context, c *conn, into *store.Tick) error {
	if into.Sessions == nil {
		return errNotAsked // it could not be read at this tick
	}
	s := p.due(c.version.Flavour, into.Sessions.Active, into.Heartbeat.At)
	if s == nil {
		return nil
	}
	if len(p.taken) >= plansRemember {
		clear(p.taken)
	}
	p.taken[s.SQL] = into.Heartbeat.At // also when it fails: it would fail again
	answer, asked, err := c.plan(ctx, s)
	switch {
	case isPlanPrivilege(err):
		return p.denied(into, err)
	case err != nil && !breaksConnection(err):
		return nil // it ended meanwhile, or has no plan: what was quoted from it goes no further
	case err != nil:
		return fmt.Errorf("taking a plan: %w", err)
	}
	if tables := planTables(answer); tables != nil {
		return note(into, facts.KindPlan, facts.Plan{Statement: s.SQL, Schema: s.DB, Session: s.ID, Asked: asked, Tables: tables})
	}
	return nil
}

// due is the statement whose plan is wanted most, nil when there is none. While
// somebody waits for a metadata lock nothing is explained: the question would queue
// up for the table, too.
func (p *planReader) due(flavour Flavour, sessions []store.Session, now time.Time) (longest *store.Session) {
	for i := range sessions {
		s := &sessions[i]
		if strings.HasPrefix(s.State, "Waiting for ") && strings.HasSuffix(s.State, " metadata lock") || s.State == "Waiting for table flush" {
			return nil
		}
		if s.Elapsed < p.after || s.Command != "Query" && s.Command != "Execute" || s.LockWait || !hasPlan(flavour, s.SQL) {
			continue
		}
		if at, taken := p.taken[s.SQL]; taken && now.Sub(at) < planAgain {
			continue
		}
		if longest == nil || s.Elapsed > longest.Elapsed {
			longest = s
		}
	}
	return longest
}

// hasPlan reports whether a normalised statement is of a sort that is explained.
func hasPlan(flavour Flavour, shape string) bool {
	verb, _, _ := strings.Cut(strings.TrimLeft(shape, "( "), " ")
	switch strings.ToUpper(verb) {
	case "SELECT":
		return true
	case "INSERT", "REPLACE":
		return flavour == MariaDB && strings.Contains(strings.ToUpper(shape), "SELECT")
	case "UPDATE", "DELETE":
		return flavour == MariaDB
	}
	return false
}

// plan asks the server for the plan of a session's statement. An empty answer is a
// statement that is gone, or too long to be explained.
func (c *conn) plan(ctx context.Context, s *store.Session) (answer rows, asked string, err error) {
	if c.version.Flavour == MariaDB {
		answer, err = c.query(ctx, fmt.Sprintf("SHOW EXPLAIN FOR %d", s.ID))
		return answer, "SHOW EXPLAIN FOR", err
	}
	asked = "EXPLAIN"
	copied, err := c.query(ctx, fmt.Sprintf("SELECT INFO, DB FROM %s WHERE ID = %d", processlist(c.version, c.schema), s.ID))
	if err != nil || len(copied.values) != 1 {
		return rows{}, asked, err
	}
	text, schema := copied.values[0][0].String, copied.values[0][1].String
	// It may run another one by now, and the server cuts texts off.
	if c.texts.shape([]byte(text)) != s.SQL || len(text) >= textLimit(c.version, c.schema) {
		return rows{}, asked, nil
	}
	for _, statement := range explainStatements(c.version, schema, text) {
		if answer, err = c.query(ctx, statement); err != nil {
			return rows{}, asked, err
		}
	}
	return answer, asked, nil
}

// textLimit is from which length on a text of the processlist may have been cut
// off: performance_schema keeps 1,024 bytes of it.
func textLimit(v Version, performanceSchema bool) int {
	if processlist(v, performanceSchema) == "performance_schema.processlist" {
		return 1021 // whole characters
	}
	return sqltext.MaxInput
}

// explainStatements explain a statement in its own default schema. MySQL 8.3 can
// be told the schema; before, the session must use it.
func explainStatements(v Version, schema, text string) []string {
	quoted := "`" + strings.ReplaceAll(schema, "`", "``") + "`"
	switch {
	case schema == "":
		return []string{"EXPLAIN FORMAT=TRADITIONAL " + text}
	case v.mysqlFrom(80300):
		return []string{"EXPLAIN FORMAT=TRADITIONAL FOR SCHEMA " + quoted + " " + text}
	}
	return []string{"USE " + quoted, "EXPLAIN FORMAT=TRADITIONAL " + text}
}

// denied notes, now and then, that plans cannot be taken for want of a privilege. They are
// tried again for other statements: grants may cover some schemas.
func (p *planReader) denied(into *store.Tick, err error) error {
	if !p.told.due(into.Heartbeat.At) {
		return nil
	}
	return note(into, facts.KindUnread, facts.Unread{Part: facts.PartName(store.PartPlans), Number: errorNumber(err),
		Reason: "no privilege SELECT on the tables of a long statement, see `collector check`"})
}

// isPlanPrivilege reports whether a plan was refused for want of a privilege: on
// the schema, a table, a column, a routine, or behind a view.
func isPlanPrivilege(err error) bool {
	switch errorNumber(err) {
	case errColumnDenied, errRoutineDenied, errViewNoExplain:
		return true
	}
	return isPrivilege(err)
}

// Refusals that only an EXPLAIN can meet.
const (
	errColumnDenied  = 1143
	errViewNoExplain = 1345
	errRoutineDenied = 1370
)
