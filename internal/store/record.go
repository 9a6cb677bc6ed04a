package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
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

// encodeTick makes a tail record.
func encodeTick(t *Tick, p *packer) ([]byte, error) {
	at := t.Heartbeat.At.UnixMilli()
	var parts [7]encoder
	beat := &heartbeatEncoder{}
	beat.add(&t.Heartbeat)
	parts[0] = beat
	if t.Sessions != nil {
		units := unitsOf([2]int64{1000, 1000}, t.Sessions.Active)
		e := newSessionEncoder(&units)
		if err := e.add(at, t.Sessions); err != nil {
			return nil, err
		}
		parts[1] = e
	}
	if t.Replicas != nil {
		e := &replicaEncoder{}
		if err := e.add(at, t.Replicas); err != nil {
			return nil, err
		}
		parts[2] = e
	}
	if t.Status != nil {
		e := &statusEncoder{}
		if err := e.add(at, t.Status); err != nil {
			return nil, err
		}
		parts[3] = e
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
	record := []byte{recordVersion}
	var block []byte
	for _, part := range parts {
		block = block[:0]
		if part != nil {
			var err error
			if block, err = part.pack(block, p); err != nil {
				return nil, err
			}
		}
		record = binary.AppendUvarint(record, uint64(len(block)))
		record = append(record, block...)
	}
	return record, nil
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
