package store

import "time"

// The columns of a block of sessions.
const (
	sessStrings    = iota
	sessUnits      // of elapsed and transaction, in ms: 1, or 1000 when all values are whole seconds
	sessAt         //
	sessRows       // rows of the tick, against the previous tick
	sessID         // gap to the previous row's ID; the first row's against the previous tick's first
	sessFlags      // what of a row is not as predicted
	sessWhos       // the accounts: user, host, database
	sessWho        // which one
	sessWhats      // the activities: command, state, statement
	sessWhat       // which one
	sessElapsed    //
	sessTrx        //
	sessLocked     //
	sessModified   //
	sessExamined   //
	sessIdle       // changes of the idle counts
	sessionColumns //
)

// The bits of sessFlags.
const (
	newWho      = 1 << iota // another account than the connection had
	newWhat                 // another activity than the connection had
	newElapsed              // did not just go on
	newTrx                  // did not just go on
	newLocks                // rows locked or modified changed
	newExamined             // rows examined changed
	lockWait                // the value itself
	allFlags    = 1<<iota - 1
)

// maxRows is how many sessions one look may hold. MySQL's max_connections ends
// at 100,000.
const maxRows = 1 << 17

// connection is what is known of a connection ID from earlier ticks of a block;
// its next row is predicted from it.
type connection struct {
	who, what                  int
	tick                       int // the last one that it was seen in
	elapsed, trx               int64
	locked, modified, examined uint64
}

// activity is an index triple; two with the same command and sql are the same
// statement in another state.
type activity struct{ command, state, sql int }

// sessionModel predicts rows. Encoder and decoder move it in step: whatever one
// learns from a row the other must learn from the same row.
type sessionModel struct {
	ids         map[uint64]int32
	connections []connection
	before, now []seen // rows of the previous and of this tick, ordered by ID
	merge       int    // how far before has been walked
	tick        int
	step        int64 // ms since the previous tick
	units       [2]int64
	bias        [2]int64 // what elapsed and transaction of the previous row missed their predictions by
	phased      bool     // transactions are predicted by their phase: since block format 2
	coded       bool     // what they missed that by is an ageCode: since block format 3
	phase       int64    // ms within a second of the ages of this tick's transactions; -1: not known yet
}

type seen struct {
	id uint64
	at int32 // in connections
}

func (m *sessionModel) reset() {
	clear(m.ids)
	if m.ids == nil {
		m.ids = make(map[uint64]int32)
	}
	m.connections, m.before, m.now, m.tick = m.connections[:0], m.before[:0], m.now[:0], 0
	m.units, m.phase = [2]int64{1, 1}, -1
}

// begin starts a tick that came step ms after the previous one.
func (m *sessionModel) begin(step int64) {
	m.before, m.now = m.now, m.before[:0]
	m.merge, m.step, m.bias = 0, step, [2]int64{}
	if m.phase >= 0 {
		m.phase = within(m.phase + step)
	}
	m.tick++
	if len(m.connections) > maxRows { // bounds memory; both sides forget at the same tick
		clear(m.ids)
		m.connections, m.before = m.connections[:0], m.before[:0]
	}
}

// find returns the connection of the next row. Rows come ordered by ID, so the
// previous tick's row is usually the next one of that tick.
func (m *sessionModel) find(id uint64) *connection {
	for m.merge < len(m.before) && m.before[m.merge].id < id {
		m.merge++
	}
	var at int32
	if m.merge < len(m.before) && m.before[m.merge].id == id {
		at = m.before[m.merge].at
	} else if known, ok := m.ids[id]; ok {
		at = known
	} else {
		at = int32(len(m.connections))
		m.ids[id] = at
		m.connections = append(m.connections, connection{tick: -1})
	}
	m.now = append(m.now, seen{id, at})
	return &m.connections[at]
}

// predict is a duration that goes on from last, in its unit, or starts anew.
func (m *sessionModel) predict(which int, last int64, goesOn bool) int64 {
	if !goesOn {
		return 0
	}
	unit := m.units[which]
	if unit == 1000 {
		return last + (m.step+500)/1000 + m.bias[which]
	}
	return last + m.step + m.bias[which]
}

// learn keeps by what a duration that went on missed its prediction: what
// delayed one row of a tick delayed the next ones too.
func (m *sessionModel) learn(which int, missed int64, goesOn bool) {
	if goesOn {
		m.bias[which] += missed
	}
}

// Servers say in whole seconds when a transaction began, so that the ages of all
// that are open at a tick have the same milliseconds: those of the server's clock.

// aligned is the age nearest to v that has the tick's milliseconds.
func (m *sessionModel) aligned(v int64) int64 {
	if m.phase < 0 {
		return v
	}
	return v + within(m.phase-v+500) - 500
}

// sinceStatement is the age of a transaction that began with a statement which
// has been running for so many ms: the least that has the tick's milliseconds.
func (m *sessionModel) sinceStatement(elapsed int64) int64 {
	if m.phase < 0 {
		return elapsed
	}
	return elapsed + within(m.phase-elapsed)
}

// ageCode says by what a transaction's age missed that since the statement: that
// there is none, which no prediction is near to; by whole seconds, because it began
// in an earlier or a later one; or by anything.
func ageCode(age, since int64) uint64 {
	missed := age - since
	switch {
	case age == 0:
		return 0
	case missed%1000 == 0:
		return 1 + 2*zigzag(missed/1000)
	}
	return 2 + 2*zigzag(missed)
}

// ageOf undoes ageCode.
func ageOf(code uint64, since int64) int64 {
	switch {
	case code == 0:
		return 0
	case code%2 == 1:
		return since + 1000*unzigzag((code-1)/2)
	}
	return since + unzigzag((code-2)/2)
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// learnPhase keeps the milliseconds of a transaction's age.
func (m *sessionModel) learnPhase(age int64) {
	if age > 0 {
		m.phase = within(age)
	}
}

// byPhase reports whether the block's transactions are predicted by their phase.
func (m *sessionModel) byPhase() bool { return m.phased && m.units[1] == 1 }

// within is ms within a second.
func within(ms int64) int64 { return (ms%1000 + 1000) % 1000 }

// seconds reports whether d is whole seconds.
func seconds(d time.Duration) bool { return d%time.Second == 0 }
