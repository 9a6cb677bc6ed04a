package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
)

// SessionsAt is one look at the processlist with its tick's time.
type SessionsAt struct {
	At time.Time
	Sessions
}

// ReplicasAt is one look at replication with its tick's time.
type ReplicasAt struct {
	At time.Time
	Replicas
}

// StatusAt is one reading of the status with its tick's time.
type StatusAt struct {
	At     time.Time
	Status Status
}

// WaitsAt is one look at who waits for whom, with its tick's time.
type WaitsAt struct {
	At    time.Time
	Waits []LockWait
}

// DigestsAt is what the statements did up to a tick.
type DigestsAt struct {
	At      time.Time
	Digests []Digest
}

// FactsAt is what was noticed at a tick.
type FactsAt struct {
	At    time.Time
	Facts []Fact
}

// A tail record is one tick before compaction: a version byte, then for each
// stream in order the length of its one-tick block, 0 when absent, and the block.
// Streams at the end that the tick has nothing of may be left out.
const recordVersion = 1

// encoder collects ticks of one stream.
type encoder interface {
	ticks() int
	pack(dst []byte, p *packer) ([]byte, error)
}

// recordEncoder makes tail records. It keeps its memory for the next one, because there is
// one in each second of a server that has other things to do. It is not safe for
// concurrent use.
type recordEncoder struct {
	packer        *packer
	sessions      *sessionEncoder
	statuses      *statusEncoder
	record, block []byte
}

func newRecordEncoder() (*recordEncoder, error) {
	p, err := newPacker(zstd.SpeedFastest)
	if err != nil {
		return nil, err
	}
	p.brief = true
	r := &recordEncoder{packer: p}
	r.forget()
	return r, nil
}

// forget lets go of the memory.
func (r *recordEncoder) forget() {
	r.sessions, r.statuses, r.record, r.block = newSessionEncoder(new([2]int64)), newStatusEncoder(), nil, nil
}

// largeRecord is from how many bytes on a record's memory is not kept: ten thousand
// sessions are rare.
const largeRecord = 1 << 20

// encode makes a record of a tick. It is valid until the next one.
func (r *recordEncoder) encode(t *Tick) ([]byte, error) {
	if len(r.record) > largeRecord {
		r.forget()
	}
	at := t.Heartbeat.At.UnixMilli()
	var parts [7]encoder
	beat := &heartbeatEncoder{}
	beat.add(&t.Heartbeat)
	parts[0] = beat
	if t.Sessions != nil {
		units := unitsOf([2]int64{1000, 1000}, t.Sessions.Active)
		r.sessions.reset(&units)
		if err := r.sessions.add(at, t.Sessions); err != nil {
			return nil, err
		}
		parts[1] = r.sessions
	}
	if t.Replicas != nil {
		e := &replicaEncoder{}
		if err := e.add(at, t.Replicas); err != nil {
			return nil, err
		}
		parts[2] = e
	}
	if t.Status != nil {
		r.statuses.reset()
		if err := r.statuses.add(at, t.Status); err != nil {
			return nil, err
		}
		parts[3] = r.statuses
	}
	for i, rows := range []struct {
		any  bool
		make func() (encoder, error)
	}{
		{t.Waits != nil, func() (encoder, error) { return oneTick(waitForm(), at, t.Waits) }},
		{t.Digests != nil, func() (encoder, error) { return oneTick(digestForm(), at, t.Digests) }},
		{len(t.Facts) > 0, func() (encoder, error) { return oneTick(factForm(), at, t.Facts) }},
	} {
		if !rows.any {
			continue
		}
		e, err := rows.make()
		if err != nil {
			return nil, err
		}
		parts[4+i] = e
	}
	r.record = append(r.record[:0], recordVersion)
	for _, part := range parts {
		r.block = r.block[:0]
		if part != nil {
			var err error
			if r.block, err = part.pack(r.block, r.packer); err != nil {
				return nil, err
			}
		}
		r.record = binary.AppendUvarint(r.record, uint64(len(r.block)))
		r.record = append(r.record, r.block...)
	}
	return r.record, nil
}

var errRecord = errors.New("the framing of a tail record is broken")

// recordPart is the block of one stream in a tail record; nil when the tick has none.
func recordPart(record []byte, s stream) ([]byte, error) {
	if len(record) == 0 {
		return nil, errRecord
	}
	if record[0] != recordVersion {
		return nil, fmt.Errorf("%w: a tail record has format %d, this collector knows %d", ErrNewer, record[0], recordVersion)
	}
	c := cursor{b: record[1:]}
	for _, each := range streams() {
		if len(c.b) == 0 {
			return nil, nil // the tick has nothing of the streams that are left
		}
		block := c.bytes()
		if c.bad {
			return nil, errRecord
		}
		if each == s && len(block) > 0 {
			return block, nil
		}
	}
	return nil, nil
}
