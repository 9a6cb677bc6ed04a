package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// seedBlocks are the bodies of blocks of one stream: of one tick, of many, of
// none, and with everything stored unpacked.
func seedBlocks(f *testing.F, s stream) {
	f.Helper()
	p, err := newPacker(zstd.SpeedFastest)
	if err != nil {
		f.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(s), 2))
	ticks := append(newWorkload(9, true, false).ticks(3), randomTicks(r, 40)...)
	for _, n := range []int{0, 1, 3, len(ticks)} {
		units := [2]int64{1, 1}
		beats, looks, channels, readings := &heartbeatEncoder{}, newSessionEncoder(&units), &replicaEncoder{}, newStatusEncoder()
		locks, statements, noticed := newRowEncoder(waitForm()), newRowEncoder(digestForm()), newRowEncoder(factForm())
		for _, t := range ticks[:n] {
			beats.add(&t.Heartbeat)
			at := t.Heartbeat.At
			if err := errors.Join(locks.add(at.UnixMilli(), t.Waits), statements.add(at.UnixMilli(), t.Digests), noticed.add(at.UnixMilli(), t.Facts)); err != nil {
				f.Fatal(err)
			}
			if t.Sessions == nil || t.Replicas == nil || t.Status == nil {
				continue
			}
			if fits, err := looks.put(SessionsAt{at, *t.Sessions}); err != nil || !fits {
				f.Fatal(fits, err)
			}
			if _, err := channels.put(ReplicasAt{at, *t.Replicas}); err != nil {
				f.Fatal(err)
			}
			if _, err := readings.put(StatusAt{at, t.Status}); err != nil {
				f.Fatal(err)
			}
		}
		block, err := map[stream]encoder{heartbeats: beats, sessions: looks, replicas: channels, statuses: readings, waits: locks, digests: statements, facts: noticed}[s].pack(nil, p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(block[blockHeader:])
	}
}

// fuzzDecoder feeds a decoder with bodies whose checksum is right, so that
// nothing protects it from what stands in them.
func fuzzDecoder[T any](f *testing.F, s stream, d decoder[T], check func(*testing.T, T)) {
	f.Helper()
	seedBlocks(f, s)
	f.Fuzz(func(t *testing.T, body []byte) {
		block := append([]byte{blockVersion, byte(s), 0, 0, 0, 0}, body...)
		binary.LittleEndian.PutUint32(block[2:], crc32.Checksum(body, castagnoli))
		if d.open(block) != nil {
			return
		}
		for n := 0; ; n++ {
			_, ok, err := d.next()
			if err != nil || !ok {
				return
			}
			if n >= maxTicks {
				t.Fatalf("%d ticks", n)
			}
			check(t, d.value())
		}
	})
}

func newTestUnpacker(f *testing.F) *unpacker {
	f.Helper()
	u, err := newUnpacker()
	if err != nil {
		f.Fatal(err)
	}
	return u
}

func FuzzDecodeHeartbeats(f *testing.F) {
	fuzzDecoder(f, heartbeats, decoder[Heartbeat](&heartbeatDecoder{u: newTestUnpacker(f), in: &interner{}}), func(t *testing.T, h Heartbeat) {
		_ = h.Outcome.String() // an unknown one would panic
	})
}

func FuzzDecodeSessions(f *testing.F) {
	fuzzDecoder(f, sessions, decoder[SessionsAt](&sessionDecoder{u: newTestUnpacker(f), in: &interner{}}), func(t *testing.T, v SessionsAt) {
		if len(v.Active) > maxRows || v.Active == nil || v.Idle == nil {
			t.Fatalf("%d rows, idle %v", len(v.Active), v.Idle)
		}
	})
}

func FuzzDecodeReplicas(f *testing.F) {
	fuzzDecoder(f, replicas, decoder[ReplicasAt](&replicaDecoder{u: newTestUnpacker(f), in: &interner{}}), func(t *testing.T, v ReplicasAt) {
		if len(v.Channels) > maxChannels || v.Channels == nil {
			t.Fatalf("%d channels", len(v.Channels))
		}
		for _, ch := range v.Channels {
			if len(ch.GTID) > maxGTID {
				t.Fatalf("a set of %d bytes", len(ch.GTID))
			}
		}
	})
}

func FuzzDecodeStatus(f *testing.F) {
	fuzzDecoder(f, statuses, decoder[StatusAt](&statusDecoder{u: newTestUnpacker(f), in: &interner{}}), func(t *testing.T, v StatusAt) {
		if v.Status == nil {
			t.Fatal("no status")
		}
	})
}

func FuzzDecodeWaits(f *testing.F) {
	fuzzDecoder(f, waits, rowDecoders(waitForm(), waitsAt)(newTestUnpacker(f), &interner{}), func(t *testing.T, v WaitsAt) {
		if len(v.Waits) > formRows || v.Waits == nil {
			t.Fatalf("%d rows", len(v.Waits))
		}
	})
}

func FuzzDecodeDigests(f *testing.F) {
	fuzzDecoder(f, digests, rowDecoders(digestForm(), digestsAt)(newTestUnpacker(f), &interner{}), func(t *testing.T, v DigestsAt) {
		if len(v.Digests) > formRows {
			t.Fatalf("%d rows", len(v.Digests))
		}
	})
}

func FuzzDecodeFacts(f *testing.F) {
	fuzzDecoder(f, facts, rowDecoders(factForm(), factsAt)(newTestUnpacker(f), &interner{}), func(t *testing.T, v FactsAt) {
		if len(v.Facts) > formRows {
			t.Fatalf("%d rows", len(v.Facts))
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	r, err := newRecordEncoder()
	if err != nil {
		f.Fatal(err)
	}
	for _, tick := range newWorkload(3, true, false).ticks(2) {
		record, err := r.encode(&tick)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(slices.Clone(record))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		for _, s := range streams() {
			if block, err := recordPart(record, s); err == nil && len(block) > len(record) {
				t.Fatalf("%d bytes of %d", len(block), len(record))
			}
		}
	})
}
