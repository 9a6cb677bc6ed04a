package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// lastingLooks is how many looks in a row make a blocker worth a question, unless
// somebody has waited for lastingWait: most of a healthy server's are gone at the
// next look.
const (
	lastingLooks = 2
	lastingWait  = time.Second
)

// blocker is a session that others wait for.
type blocker struct {
	looks int  // in a row
	worth bool // a question
	asked bool // what it did last
}

// follow notes what the sessions that others wait for did last, and whether those
// that are gone from the sample are gone from the server.
func (r *lockReader) follow(ctx context.Context, c *conn, into *store.Tick) error {
	if len(r.blockers) == 0 && len(into.Waits) == 0 {
		return nil
	}
	active := map[uint64]*store.Session{}
	for i := range into.Sessions.Active {
		active[into.Sessions.Active[i].ID] = &into.Sessions.Active[i]
	}
	now := map[uint64]blocker{}
	for _, w := range into.Waits {
		if w.Blocker == 0 {
			continue
		}
		b := r.blockers[w.Blocker]
		b.looks++
		b.worth = b.worth || b.looks >= lastingLooks || w.Waited >= lastingWait || now[w.Blocker].worth
		now[w.Blocker] = b
	}
	var idle, gone []uint64
	for id, b := range now {
		if s := active[id]; b.worth && !b.asked && s != nil && s.SQL == "" {
			idle = append(idle, id)
			b.asked = true
			now[id] = b
		}
	}
	for id, b := range r.blockers {
		if _, still := now[id]; !still && active[id] == nil && b.worth {
			gone = append(gone, id)
		}
	}
	r.blockers = now
	if err := c.noteLast(ctx, into, idle); err != nil {
		return err
	}
	return c.noteGone(ctx, into, gone)
}

// noteLast notes what idle sessions did last, where performance_schema keeps it.
func (c *conn) noteLast(ctx context.Context, into *store.Tick, idle []uint64) error {
	if len(idle) == 0 || !c.schema {
		return nil
	}
	answer, err := c.query(ctx, "SELECT t.PROCESSLIST_ID, s.SQL_TEXT FROM performance_schema.threads t STRAIGHT_JOIN performance_schema.events_statements_current s"+
		" ON s.THREAD_ID = t.THREAD_ID WHERE s.NESTING_EVENT_LEVEL = 0 AND t.PROCESSLIST_ID IN ("+list(idle)+")")
	if isPrivilege(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading what blockers did last: %w", err)
	}
	for _, row := range answer.values {
		statement := c.texts.shape([]byte(row[1].String))
		if statement == "" {
			continue
		}
		if err := note(into, facts.KindBlocker, facts.Blocker{Session: number(row[0]), Statement: statement}); err != nil {
			return err
		}
	}
	return nil
}

// noteGone notes whether sessions are still connected.
func (c *conn) noteGone(ctx context.Context, into *store.Tick, gone []uint64) error {
	if len(gone) == 0 {
		return nil
	}
	answer, err := c.query(ctx, fmt.Sprintf("SELECT ID FROM %s WHERE ID IN (%s)", processlist(c.version, c.schema), list(gone)))
	if err != nil {
		return fmt.Errorf("looking for the sessions that others waited for: %w", err)
	}
	connected := map[uint64]bool{}
	for _, row := range answer.values {
		connected[number(row[0])] = true
	}
	slices.Sort(gone)
	for _, id := range gone[:min(len(gone), maxBlockers)] {
		if err := note(into, facts.KindBlockerLeft, facts.BlockerLeft{Session: id, Connected: connected[id]}); err != nil {
			return err
		}
	}
	return nil
}

// list writes some of the IDs for a statement.
func list(ids []uint64) string {
	slices.Sort(ids)
	texts := make([]string, 0, maxBlockers)
	for _, id := range ids[:min(len(ids), maxBlockers)] {
		texts = append(texts, strconv.FormatUint(id, 10))
	}
	return strings.Join(texts, ", ")
}
