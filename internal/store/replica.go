package store

import (
	"fmt"
	"strings"
)

// The columns of a block of replication looks. A state is everything of a
// channel but its lag and its GTID set.
const (
	replStrings = iota
	replAt
	replChannels // how many, against the previous tick
	replStates   // the states
	replState    // which one; channels of a tick in their order
	replLag      // change in ms, against the same place of the previous tick
	replGTID     // what of the set is not as at the previous tick
	replicaColumns
)

const (
	maxChannels = 1 << 12 // of one look; MySQL allows 256
	maxStates   = 1 << 17 // of one block
	maxGTID     = 1 << 20 // bytes of one channel's set
	maxGTIDs    = 8 << 20 // bytes of the sets of one look
)

// replicaState is a comparable copy of a channel without what moves at every tick.
type replicaState struct {
	channel, host, uuid, io, sql, ioError, sqlError string
	port, ioErrno, sqlErrno                         uint16
	id                                              uint32
	lagKnown                                        bool
}

func stateOf(r *Replica) replicaState {
	return replicaState{
		channel: r.Channel, host: r.SourceHost, uuid: r.SourceUUID, io: r.IORunning, sql: r.SQLRunning,
		ioError: r.IOError, sqlError: r.SQLError, port: r.SourcePort, ioErrno: r.IOErrno, sqlErrno: r.SQLErrno,
		id: r.SourceID, lagKnown: r.LagKnown,
	}
}

func (s *replicaState) replica() Replica {
	return Replica{
		Channel: s.channel, SourceHost: s.host, SourceUUID: s.uuid, IORunning: s.io, SQLRunning: s.sql,
		IOError: s.ioError, SQLError: s.sqlError, SourcePort: s.port, IOErrno: s.ioErrno, SQLErrno: s.sqlErrno,
		SourceID: s.id, LagKnown: s.lagKnown,
	}
}

// replicaEncoder collects the replication looks of one block.
type replicaEncoder struct {
	c          [replicaColumns]column
	dictionary dictionary
	states     map[replicaState]uint64
	clock      clock
	last       []moving
	n          int
}

// moving is what of a channel moves at every tick.
type moving struct {
	lag  int64
	gtid string
}

func (e *replicaEncoder) add(at int64, r *Replicas) error {
	if len(r.Channels) > maxChannels {
		return fmt.Errorf("%d replication channels in one look; the limit is %d", len(r.Channels), maxChannels)
	}
	sets := 0
	for i := range r.Channels {
		n := len(r.Channels[i].GTID)
		if sets += n; n > maxGTID || sets > maxGTIDs {
			return fmt.Errorf("a GTID set of %d bytes, %d in one look; the limits are %d and %d", n, sets, maxGTID, maxGTIDs)
		}
	}
	e.clock.write(&e.c[replAt], at)
	e.c[replChannels].uvarint(uint64(len(r.Channels)))
	for i := range r.Channels {
		ch := &r.Channels[i]
		e.c[replState].uvarint(e.state(stateOf(ch)))
		if i == len(e.last) {
			e.last = append(e.last, moving{})
		}
		lag := ch.Lag.Milliseconds()
		e.c[replLag].varint(lag - e.last[i].lag)
		e.gtid(e.last[i].gtid, ch.GTID)
		e.last[i] = moving{lag, ch.GTID}
	}
	e.n++
	return nil
}

func (e *replicaEncoder) state(s replicaState) uint64 {
	n, ok := e.states[s]
	if ok {
		return n
	}
	if e.states == nil {
		e.states = make(map[replicaState]uint64)
	}
	n = uint64(len(e.states))
	e.states[s] = n
	c := &e.c[replStates]
	for _, text := range [...]string{s.channel, s.host, s.uuid, s.io, s.sql, s.ioError, s.sqlError} {
		c.uvarint(e.dictionary.ref(text))
	}
	for _, number := range [...]uint64{uint64(s.port), uint64(s.ioErrno), uint64(s.sqlErrno), uint64(s.id)} {
		c.uvarint(number)
	}
	c.byte(bitIf(s.lagKnown, 1))
	return n
}

// gtid writes how many bytes at the start and at the end are those of before,
// and what stands between. A set grows in its middle: "uuid:1-815,uuid:1-9".
func (e *replicaEncoder) gtid(before, now string) {
	head := 0
	for head < min(len(before), len(now)) && before[head] == now[head] {
		head++
	}
	tail := 0
	for tail < min(len(before), len(now))-head && before[len(before)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	c := &e.c[replGTID]
	c.uvarint(uint64(head))
	c.uvarint(uint64(tail))
	c.text(now[head : len(now)-tail])
}

// put adds a look; or reports that the block is full for it.
func (e *replicaEncoder) put(v ReplicasAt) (fits bool, err error) {
	text := len(e.c[replGTID]) + len(e.dictionary.strings)
	if e.n > 0 && (text > blockText || len(e.states)+len(v.Channels) > maxStates) {
		return false, nil
	}
	return true, e.add(v.At.UnixMilli(), &v.Replicas)
}

func (e *replicaEncoder) full() bool { return e.ticks() >= blockTicks }

func (e *replicaEncoder) ticks() int { return e.n }

func (e *replicaEncoder) pack(dst []byte, p *packer) ([]byte, error) {
	e.c[replStrings] = e.dictionary.column()
	return p.pack(dst, replicas, e.n, e.c[:])
}

// replicaDecoder reads a block of replication looks. The channels of its value
// are overwritten by the next tick.
type replicaDecoder struct {
	u        *unpacker
	in       *interner
	strings  []string
	states   []replicaState
	clock    clock
	last     []moving
	channels []Replica
	ticks    int
}

func (d *replicaDecoder) open(block []byte) error {
	ticks, err := d.u.unpack(block, replicas, replicaColumns, 0)
	if err != nil {
		return err
	}
	return d.begin(ticks)
}

func (d *replicaDecoder) begin(ticks int) error {
	d.ticks, d.clock, d.last, d.states = ticks, clock{}, d.last[:0], d.states[:0]
	d.strings = d.in.read(d.strings[:0], &d.u.columns[replStrings])
	for c := &d.u.columns[replStates]; len(c.b) > 0 && !c.bad && len(d.states) < maxStates; {
		s := replicaState{}
		for _, text := range [...]*string{&s.channel, &s.host, &s.uuid, &s.io, &s.sql, &s.ioError, &s.sqlError} {
			*text = pick(c, d.strings)
		}
		for _, number := range [...]*uint16{&s.port, &s.ioErrno, &s.sqlErrno} {
			*number = uint16(c.uvarint())
		}
		s.id, s.lagKnown = uint32(c.uvarint()), c.byte() != 0
		d.states = append(d.states, s)
	}
	if d.u.bad() {
		return errContents
	}
	return nil
}

func (d *replicaDecoder) next() (at int64, ok bool, err error) {
	if d.ticks == 0 {
		if d.u.left() {
			return 0, false, errContents
		}
		return 0, false, nil
	}
	d.ticks--
	c := d.u.columns
	at = d.clock.read(&c[replAt])
	n := c[replChannels].below(maxChannels + 1)
	if n > len(c[replState].b) { // each takes a byte at least
		return 0, false, errContents
	}
	if d.channels == nil {
		d.channels = []Replica{} // none is not the same as not looked
	}
	d.channels = d.channels[:0]
	for i := range n {
		state := c[replState].below(len(d.states))
		if state >= len(d.states) {
			return 0, false, errContents
		}
		if i == len(d.last) {
			d.last = append(d.last, moving{})
		}
		now := &d.last[i]
		now.lag += c[replLag].varint()
		now.gtid = d.gtid(now.gtid, &c[replGTID])
		r := d.states[state].replica()
		r.Lag, r.GTID = millis(now.lag), now.gtid
		d.channels = append(d.channels, r)
	}
	if d.u.bad() {
		return 0, false, errContents
	}
	return at, true, nil
}

func (d *replicaDecoder) gtid(before string, c *cursor) string {
	head := c.below(len(before) + 1)
	tail := c.below(len(before) - head + 1)
	middle := c.bytes()
	switch {
	case c.bad || head+len(middle)+tail > maxGTID:
		c.bad = true
		return ""
	case len(middle) == 0 && head+tail == len(before):
		return before
	}
	var b strings.Builder
	b.Grow(head + len(middle) + tail)
	b.WriteString(before[:head])
	b.Write(middle)
	b.WriteString(before[len(before)-tail:])
	return b.String()
}

func (d *replicaDecoder) value() ReplicasAt {
	return ReplicasAt{At: fromMillis(d.clock.at), Replicas: Replicas{Channels: d.channels}}
}
