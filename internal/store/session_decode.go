package store

// sessionDecoder reads a block of sessions. The rows and the map of its value
// are overwritten by the next tick.
type sessionDecoder struct {
	u       *unpacker
	in      *interner
	strings []string
	whos    []account
	whats   []doing
	model   sessionModel
	clock   clock
	idle    map[string]int
	firstID uint64
	rows    int
	ticks   int
	active  []Session
}

type account struct{ user, host, db string }

// doing is an activity with its strings.
type doing struct {
	command, state, sql string
	refs                activity
}

func (d *sessionDecoder) open(block []byte) error {
	ticks, err := d.u.unpack(block, sessions, sessionColumns, 0)
	if err != nil {
		return err
	}
	return d.begin(ticks)
}

func (d *sessionDecoder) begin(ticks int) error {
	d.ticks, d.clock, d.firstID, d.rows = ticks, clock{}, 0, 0
	if d.idle == nil {
		d.idle = make(map[string]int)
	}
	clear(d.idle)
	d.model.reset()
	d.model.phased, d.model.coded = d.u.version >= 2, d.u.version >= 3
	c := d.u.columns
	d.model.units = [2]int64{int64(c[sessUnits].uvarint()), int64(c[sessUnits].uvarint())}
	for _, unit := range d.model.units {
		if unit != 1 && unit != 1000 {
			return errContents
		}
	}
	d.strings = d.in.read(d.strings[:0], &c[sessStrings])
	d.whos, d.whats = d.whos[:0], d.whats[:0]
	for w := &c[sessWhos]; len(w.b) > 0 && !w.bad && len(d.whos) < maxStrings; {
		d.whos = append(d.whos, account{pick(w, d.strings), pick(w, d.strings), pick(w, d.strings)})
	}
	for w := &c[sessWhats]; len(w.b) > 0 && !w.bad && len(d.whats) < maxStrings; {
		a := activity{w.below(len(d.strings)), w.below(len(d.strings)), w.below(len(d.strings))}
		if !w.bad {
			d.whats = append(d.whats, doing{d.strings[a.command], d.strings[a.state], d.strings[a.sql], a})
		}
	}
	if d.u.bad() {
		return errContents
	}
	return nil
}

func (d *sessionDecoder) next() (at int64, ok bool, err error) {
	if d.ticks == 0 {
		if d.u.left() {
			return 0, false, errContents
		}
		return 0, false, nil
	}
	d.ticks--
	c := d.u.columns
	before := d.clock.at
	at = d.clock.read(&c[sessAt])
	d.model.begin(at - before)
	d.rows += int(c[sessRows].varint())
	if d.rows < 0 || d.rows > min(maxRows, len(c[sessFlags].b)) {
		return 0, false, errContents
	}
	d.grow()
	id := d.firstID
	for i := range d.active {
		id += uint64(c[sessID].varint())
		if i == 0 {
			d.firstID = id
		}
		if !d.row(c, id, &d.active[i]) {
			return 0, false, errContents
		}
	}
	d.idleCounts(&c[sessIdle])
	if d.u.bad() {
		return 0, false, errContents
	}
	return at, true, nil
}

// grow makes room for the tick's rows.
func (d *sessionDecoder) grow() {
	if cap(d.active) < d.rows || d.active == nil {
		d.active = make([]Session, d.rows, d.rows+d.rows/4)
	}
	d.active = d.active[:d.rows]
}

// row reads one row; it mirrors sessionEncoder.row.
func (d *sessionDecoder) row(c []cursor, id uint64, s *Session) bool {
	m := &d.model
	conn := m.find(id)
	f := c[sessFlags].byte()
	if conn.tick < 0 && f&(newWho|newWhat) != newWho|newWhat || f > allFlags {
		return false
	}
	steady := conn.tick == m.tick-1
	who, what := conn.who, conn.what
	if f&newWho != 0 {
		who = c[sessWho].below(len(d.whos))
	}
	if f&newWhat != 0 {
		what = c[sessWhat].below(len(d.whats))
	}
	if who >= len(d.whos) || what >= len(d.whats) {
		return false
	}
	goesOn := steady && d.sameStatement(conn.what, what)
	trxGoesOn := steady && conn.trx > 0

	elapsed := d.duration(0, &c[sessElapsed], f&newElapsed != 0, conn.elapsed, goesOn)
	var trx int64
	if m.byPhase() {
		trx = d.transaction(&c[sessTrx], f&newTrx != 0, conn.trx, elapsed*m.units[0], trxGoesOn)
	} else {
		trx = d.duration(1, &c[sessTrx], f&newTrx != 0, conn.trx, trxGoesOn)
	}
	base := conn.counts(steady, goesOn)
	if f&newLocks != 0 {
		base.locked += uint64(c[sessLocked].varint())
		base.modified += uint64(c[sessModified].varint())
	}
	if f&newExamined != 0 {
		base.examined += uint64(c[sessExamined].varint())
	}
	*conn = connection{who, what, m.tick, elapsed, trx, base.locked, base.modified, base.examined}
	w, a := &d.whos[who], &d.whats[what]
	*s = Session{
		ID: id, User: w.user, Host: w.host, DB: w.db, Command: a.command, State: a.state, SQL: a.sql,
		Elapsed: millis(elapsed * m.units[0]), Transaction: millis(trx * m.units[1]),
		RowsLocked: base.locked, RowsModified: base.modified, RowsExamined: base.examined, LockWait: f&lockWait != 0,
	}
	return true
}

func (d *sessionDecoder) duration(which int, c *cursor, missedIt bool, last int64, goesOn bool) int64 {
	value := d.model.predict(which, last, goesOn)
	if missedIt {
		missed := c.varint()
		d.model.learn(which, missed, goesOn)
		value += missed
	}
	return value
}

// transaction mirrors sessionEncoder.transaction.
func (d *sessionDecoder) transaction(c *cursor, missedIt bool, last, elapsed int64, goesOn bool) int64 {
	m := &d.model
	value := int64(0)
	switch {
	case missedIt && m.coded:
		value = ageOf(c.uvarint(), m.sinceStatement(elapsed))
	case missedIt:
		value = m.sinceStatement(elapsed) + c.varint()
	case goesOn:
		value = m.aligned(last + m.step)
	}
	m.learnPhase(value)
	return value
}

func (d *sessionDecoder) sameStatement(a, b int) bool {
	x, y := d.whats[a].refs, d.whats[b].refs
	return x.command == y.command && x.sql == y.sql
}

func (d *sessionDecoder) idleCounts(c *cursor) {
	n := c.below(maxStrings)
	for range n {
		ref := c.uvarint()
		if ref>>1 >= uint64(len(d.strings)) {
			c.bad = true
			return
		}
		account := d.strings[ref>>1]
		if ref&1 != 0 {
			delete(d.idle, account)
			continue
		}
		d.idle[account] += int(c.varint())
	}
}

func (d *sessionDecoder) value() SessionsAt {
	return SessionsAt{At: fromMillis(d.clock.at), Sessions: Sessions{Active: d.active, Idle: d.idle}}
}
