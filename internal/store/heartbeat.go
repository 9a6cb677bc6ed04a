package store

// The columns of a block of heartbeats. An identity is what rarely changes:
// server UUID, server ID, version and read-only flag together.
const (
	beatStrings = iota
	beatAt
	beatOutcome
	beatError
	beatRoundTrip
	beatOffset
	beatSpent
	beatQueries
	beatInterval
	beatUptime
	beatIdentity
	beatIdentities
	beatLooked // missing in files of before it was recorded
	beatColumns
)

type identity struct {
	uuid, version string
	id            uint32
	readOnly      bool
}

// heartbeatEncoder collects the heartbeats of one block.
type heartbeatEncoder struct {
	c          [beatColumns]column
	dictionary dictionary
	identities map[identity]uint64
	clock      clock
	last       beat
	n          int
}

// beat is what the next heartbeat is predicted from.
type beat struct {
	interval int64 // ms
	queries  int64
	uptime   int64
	at       int64
}

func (e *heartbeatEncoder) add(h *Heartbeat) {
	at := h.At.UnixMilli()
	e.clock.write(&e.c[beatAt], at)
	e.c[beatOutcome].byte(byte(h.Outcome))
	e.c[beatError].uvarint(uint64(h.ErrorNumber))
	e.c[beatRoundTrip].varint(h.RoundTrip.Microseconds())
	e.c[beatOffset].varint(h.ClockOffset.Microseconds())
	e.c[beatSpent].varint(h.Spent.Microseconds())
	now := beat{interval: h.Interval.Milliseconds(), queries: int64(h.Queries), uptime: int64(h.UptimeSec), at: at}
	e.c[beatQueries].varint(now.queries - e.last.queries)
	e.c[beatInterval].varint(now.interval - e.last.interval)
	e.c[beatUptime].varint(now.uptime - e.last.uptimeAt(at))
	e.last = now
	e.c[beatLooked].uvarint(uint64(h.Looked))
	e.identity(identity{h.ServerUUID, h.Version, h.ServerID, h.ReadOnly})
	e.n++
}

func (e *heartbeatEncoder) identity(id identity) {
	n, ok := e.identities[id]
	if !ok {
		if e.identities == nil {
			e.identities = make(map[identity]uint64)
		}
		n = uint64(len(e.identities))
		e.identities[id] = n
		c := &e.c[beatIdentities]
		c.uvarint(e.dictionary.ref(id.uuid))
		c.uvarint(e.dictionary.ref(id.version))
		c.uvarint(uint64(id.id))
		c.byte(bitIf(id.readOnly, 1))
	}
	e.c[beatIdentity].uvarint(n)
}

// uptimeAt predicts the uptime: it goes on, unless it was not known.
func (b beat) uptimeAt(at int64) int64 {
	if b.uptime == 0 {
		return 0
	}
	return b.uptime + (at-b.at+500)/1000
}

// put adds a heartbeat; a block takes as many as it is given.
func (e *heartbeatEncoder) put(v Heartbeat) (fits bool, err error) {
	e.add(&v)
	return true, nil
}

func (e *heartbeatEncoder) full() bool { return e.ticks() >= blockTicks }

func (e *heartbeatEncoder) ticks() int { return e.n }

func (e *heartbeatEncoder) pack(dst []byte, p *packer) ([]byte, error) {
	e.c[beatStrings] = e.dictionary.column()
	return p.pack(dst, heartbeats, e.n, e.c[:])
}

// heartbeatDecoder reads a block of heartbeats.
type heartbeatDecoder struct {
	u          *unpacker
	in         *interner
	identities []identity
	strings    []string
	clock      clock
	last       beat
	ticks      int
	looked     bool // the block has the column
	now        Heartbeat
}

func (d *heartbeatDecoder) open(block []byte) error {
	ticks, err := d.u.unpack(block, heartbeats, beatLooked, 1)
	if err != nil {
		return err
	}
	return d.begin(ticks)
}

func (d *heartbeatDecoder) begin(ticks int) error {
	d.ticks, d.clock, d.last, d.identities = ticks, clock{}, beat{}, d.identities[:0]
	d.looked = len(d.u.columns) > beatLooked
	d.strings = d.in.read(d.strings[:0], &d.u.columns[beatStrings])
	c := &d.u.columns[beatIdentities]
	for len(c.b) > 0 && !c.bad && len(d.identities) < maxTicks {
		d.identities = append(d.identities, identity{
			uuid: pick(c, d.strings), version: pick(c, d.strings), id: uint32(c.uvarint()), readOnly: c.byte() != 0,
		})
	}
	if d.u.bad() || ticks > 0 && len(d.identities) == 0 {
		return errContents
	}
	return nil
}

func (d *heartbeatDecoder) next() (at int64, ok bool, err error) {
	c := d.u.columns
	if d.ticks == 0 {
		if d.u.left() {
			return 0, false, errContents
		}
		return 0, false, nil
	}
	d.ticks--
	at = d.clock.read(&c[beatAt])
	outcome := Outcome(c[beatOutcome].byte())
	d.now = Heartbeat{
		At: fromMillis(at), Outcome: outcome, ErrorNumber: uint16(c[beatError].uvarint()),
		RoundTrip: micros(c[beatRoundTrip].varint()), ClockOffset: micros(c[beatOffset].varint()), Spent: micros(c[beatSpent].varint()),
	}
	now := beat{at: at, uptime: d.last.uptimeAt(at)}
	now.queries = d.last.queries + c[beatQueries].varint()
	now.interval = d.last.interval + c[beatInterval].varint()
	now.uptime += c[beatUptime].varint()
	d.last = now
	id := d.identities[c[beatIdentity].below(len(d.identities))]
	d.now.Queries, d.now.Interval, d.now.UptimeSec = uint32(now.queries), millis(now.interval), uint64(now.uptime)
	d.now.ServerUUID, d.now.Version, d.now.ServerID, d.now.ReadOnly = id.uuid, id.version, id.id, id.readOnly
	if d.looked {
		d.now.Looked = Parts(c[beatLooked].uvarint())
	}
	if d.u.bad() || outcome > Skipped {
		return 0, false, errContents
	}
	return at, true, nil
}

func (d *heartbeatDecoder) value() Heartbeat { return d.now }

// bitIf is bit when on, else 0.
func bitIf(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}
