package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// sessionEncoder collects the looks at the processlist of one block.
type sessionEncoder struct {
	c          [sessionColumns]column
	dictionary dictionary
	whos       map[[3]uint64]int
	whats      map[[3]uint64]int
	activities []activity
	model      sessionModel
	clock      clock
	idle       map[string]int
	firstID    uint64
	rows       int
	total      int // rows of all ticks
	n          int
	units      *[2]int64 // the finest that were needed so far, in ms
}

func newSessionEncoder(units *[2]int64) *sessionEncoder {
	e := &sessionEncoder{whos: map[[3]uint64]int{}, whats: map[[3]uint64]int{}, idle: map[string]int{}}
	e.model.phased, e.model.coded = true, true
	e.reset(units)
	return e
}

// reset begins a new block in the memory of the last one.
func (e *sessionEncoder) reset(units *[2]int64) {
	e.dictionary.reset() // its column is the first of the block's
	for i := range e.c {
		e.c[i] = e.c[i][:0]
	}
	e.c[sessStrings] = nil
	clear(e.whos)
	clear(e.whats)
	clear(e.idle)
	e.activities = e.activities[:0]
	e.model.reset()
	e.clock, e.firstID, e.rows, e.total, e.n, e.units = clock{}, 0, 0, 0, 0, units
}

// blockRows is how many rows a block of sessions takes before the next one is
// begun: an hour of 100 sessions at one second.
const blockRows = 1 << 19

// textOf is how many bytes of text a look holds, at most: equal texts count again.
func textOf(rows []Session) int {
	n := 0
	for i := range rows {
		s := &rows[i]
		n += len(s.User) + len(s.Host) + len(s.DB) + len(s.Command) + len(s.State) + len(s.SQL)
	}
	return n
}

// put adds a look, or reports that the block is full for it: it would hold too
// many rows or too much text, or the look's durations need finer units than the block's.
func (e *sessionEncoder) put(v SessionsAt) (fits bool, err error) {
	*e.units = unitsOf(*e.units, v.Active)
	if e.n > 0 && (*e.units != e.model.units || e.total+len(v.Active) > blockRows || len(e.dictionary.strings)+textOf(v.Active) > blockText) {
		return false, nil
	}
	return true, e.add(v.At.UnixMilli(), &v.Sessions)
}

func (e *sessionEncoder) full() bool { return e.total >= blockRows/2 || e.n >= sessionTicks }

// unitsOf are the units in ms that lose nothing of a look's durations: whole
// seconds where the server gives no more.
func unitsOf(units [2]int64, rows []Session) [2]int64 {
	for i := range rows {
		if !seconds(rows[i].Elapsed) {
			units[0] = 1
		}
		if !seconds(rows[i].Transaction) {
			units[1] = 1
		}
	}
	return units
}

func (e *sessionEncoder) add(at int64, s *Sessions) error {
	if len(s.Active) > maxRows {
		return fmt.Errorf("%d sessions in one look; the limit is %d", len(s.Active), maxRows)
	}
	if e.n == 0 {
		e.begin()
	}
	before := e.clock.at
	e.clock.write(&e.c[sessAt], at)
	e.model.begin(at - before)
	e.c[sessRows].varint(int64(len(s.Active) - e.rows))
	e.rows = len(s.Active)
	e.total += e.rows
	id := e.firstID
	for i, row := range byID(s.Active) {
		e.c[sessID].varint(int64(row.ID - id))
		id = row.ID
		if i == 0 {
			e.firstID = id
		}
		e.row(row)
	}
	e.idleCounts(s.Idle)
	e.n++
	return nil
}

// begin fixes the block's units.
func (e *sessionEncoder) begin() {
	e.model.units = *e.units
	e.c[sessUnits].uvarint(uint64(e.units[0]))
	e.c[sessUnits].uvarint(uint64(e.units[1]))
}

// byID returns the rows ordered by ID, copying them only when they are not.
func byID(rows []Session) []Session {
	order := func(a, b Session) int { return cmp.Compare(a.ID, b.ID) }
	if slices.IsSortedFunc(rows, order) {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, order)
	return rows
}

func (e *sessionEncoder) row(s Session) {
	m := &e.model
	conn := m.find(s.ID)
	who, what := e.who(&s), e.what(&s)
	steady := conn.tick == m.tick-1 // seen at the previous tick
	goesOn := steady && e.sameStatement(conn.what, what)
	trxGoesOn := steady && conn.trx > 0

	var f byte
	if conn.tick < 0 || conn.who != who {
		f |= newWho
		e.c[sessWho].uvarint(uint64(who))
	}
	if conn.tick < 0 || conn.what != what {
		f |= newWhat
		e.c[sessWhat].uvarint(uint64(what))
	}
	elapsed, trx := inUnit(s.Elapsed, m.units[0]), inUnit(s.Transaction, m.units[1])
	f |= e.duration(0, sessElapsed, newElapsed, elapsed, conn.elapsed, goesOn)
	if m.byPhase() {
		f |= e.transaction(trx, conn.trx, elapsed*m.units[0], trxGoesOn)
	} else {
		f |= e.duration(1, sessTrx, newTrx, trx, conn.trx, trxGoesOn)
	}
	base := conn.counts(steady, goesOn)
	if s.RowsLocked != base.locked || s.RowsModified != base.modified {
		f |= newLocks
		e.c[sessLocked].varint(int64(s.RowsLocked - base.locked))
		e.c[sessModified].varint(int64(s.RowsModified - base.modified))
	}
	if s.RowsExamined != base.examined {
		f |= newExamined
		e.c[sessExamined].varint(int64(s.RowsExamined - base.examined))
	}
	e.c[sessFlags].byte(f | bitIf(s.LockWait, lockWait))
	*conn = connection{who, what, m.tick, elapsed, trx, s.RowsLocked, s.RowsModified, s.RowsExamined}
}

// counts are the row counters that a row is coded against.
func (c *connection) counts(steady, goesOn bool) connection {
	var base connection
	if steady {
		base.locked, base.modified = c.locked, c.modified
	}
	if goesOn {
		base.examined = c.examined
	}
	return base
}

func (e *sessionEncoder) duration(which, col int, bit byte, value, last int64, goesOn bool) byte {
	missed := value - e.model.predict(which, last, goesOn)
	e.model.learn(which, missed, goesOn)
	if missed == 0 {
		return 0
	}
	e.c[col].varint(missed)
	return bit
}

// transaction writes the age of a transaction that does not just go on against the
// age that it would have if it had begun with the statement.
func (e *sessionEncoder) transaction(value, last, elapsed int64, goesOn bool) byte {
	m := &e.model
	predicted := int64(0)
	if goesOn {
		predicted = m.aligned(last + m.step)
	}
	var f byte
	if value != predicted {
		f = newTrx
		e.c[sessTrx].uvarint(ageCode(value, m.sinceStatement(elapsed)))
	}
	m.learnPhase(value)
	return f
}

func inUnit(d time.Duration, unit int64) int64 { return d.Milliseconds() / unit }

func (e *sessionEncoder) who(s *Session) int {
	key := [3]uint64{e.dictionary.ref(s.User), e.dictionary.ref(s.Host), e.dictionary.ref(s.DB)}
	return e.tuple(e.whos, sessWhos, key)
}

func (e *sessionEncoder) what(s *Session) int {
	key := [3]uint64{e.dictionary.ref(s.Command), e.dictionary.ref(s.State), e.dictionary.ref(s.SQL)}
	n := e.tuple(e.whats, sessWhats, key)
	if n == len(e.activities) {
		e.activities = append(e.activities, activity{int(key[0]), int(key[1]), int(key[2])})
	}
	return n
}

// tuple numbers a triple of string references in the order of first use.
func (e *sessionEncoder) tuple(known map[[3]uint64]int, col int, key [3]uint64) int {
	n, ok := known[key]
	if !ok {
		n = len(known)
		known[key] = n
		for _, ref := range key {
			e.c[col].uvarint(ref)
		}
	}
	return n
}

func (e *sessionEncoder) sameStatement(a, b int) bool {
	return e.activities[a].command == e.activities[b].command && e.activities[a].sql == e.activities[b].sql
}

// idleCounts writes what changed since the previous tick: how many accounts,
// then each one's reference with a bit for "gone", and the change of its count.
func (e *sessionEncoder) idleCounts(idle map[string]int) {
	c := &e.c[sessIdle]
	var changed []string
	for account, n := range idle {
		if before, ok := e.idle[account]; !ok || before != n {
			changed = append(changed, account)
		}
	}
	for account := range e.idle {
		if _, ok := idle[account]; !ok {
			changed = append(changed, account)
		}
	}
	slices.Sort(changed)
	c.uvarint(uint64(len(changed)))
	for _, account := range changed {
		n, stays := idle[account]
		c.uvarint(e.dictionary.ref(account)<<1 | uint64(bitIf(!stays, 1)))
		if stays {
			c.varint(int64(n - e.idle[account]))
		}
	}
	if len(changed) > 0 {
		e.idle = maps.Clone(idle)
		if e.idle == nil {
			e.idle = map[string]int{}
		}
	}
}

func (e *sessionEncoder) ticks() int { return e.n }

func (e *sessionEncoder) pack(dst []byte, p *packer) ([]byte, error) {
	if e.n == 0 {
		e.begin()
	}
	e.c[sessStrings] = e.dictionary.column()
	return p.pack(dst, sessions, e.n, e.c[:])
}
