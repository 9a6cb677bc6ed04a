package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// stream is a kind of samples with blocks of its own. The numbers stand in the
// file: they are never reused.
type stream uint8

const (
	heartbeats stream = 1
	sessions   stream = 2
	replicas   stream = 3
	statuses   stream = 4
	waits      stream = 5
	digests    stream = 6
	facts      stream = 7
)

// streams is every stream of a tick, in the order of a tail record.
func streams() [7]stream {
	return [...]stream{heartbeats, sessions, replicas, statuses, waits, digests, facts}
}

const (
	blockVersion = 2 // 1 predicted transactions of sessions otherwise; see sessionModel.aligned

	maxTicks   = 1 << 16  // of one block
	maxColumns = 64       // of one block
	maxRaw     = 64 << 20 // bytes of one block's columns, unpacked: bounds what hostile bytes can make a reader allocate

	// blockText is how many bytes of text a block takes before the next one is
	// begun; far below maxRaw, so that what one tick held fits into some block.
	blockText = 16 << 20

	blockHeader = 1 + 1 + 4 // version, stream, checksum
	packFrom    = 48        // bytes; shorter columns are not worth a zstd frame
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// packer packs the columns of blocks. It is not safe for concurrent use.
type packer struct {
	zstd    *zstd.Encoder
	scratch []byte
}

func newPacker(level zstd.EncoderLevel) (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("preparing zstd: %w", err)
	}
	return &packer{zstd: enc}, nil
}

// pack appends a block to dst: its header, the lengths of its columns (unpacked
// and stored; equal when stored as they are), the columns.
func (p *packer) pack(dst []byte, s stream, ticks int, columns []column) ([]byte, error) {
	start := len(dst)
	dst = append(dst, blockVersion, byte(s), 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(ticks))
	dst = binary.AppendUvarint(dst, uint64(len(columns)))
	p.scratch = p.scratch[:0]
	raw := 0
	for _, c := range columns {
		raw += len(c)
		at := len(p.scratch)
		if len(c) >= packFrom {
			p.scratch = p.zstd.EncodeAll(c, p.scratch)
		}
		if len(c) < packFrom || len(p.scratch)-at >= len(c) {
			p.scratch = append(p.scratch[:at], c...)
		}
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = binary.AppendUvarint(dst, uint64(len(p.scratch)-at))
	}
	if raw > maxRaw || ticks > maxTicks {
		return nil, fmt.Errorf("packing a block of %d ticks and %d bytes: the limits are %d and %d", ticks, raw, maxTicks, maxRaw)
	}
	dst = append(dst, p.scratch...)
	sum := crc32.Checksum(dst[start+blockHeader:], castagnoli)
	binary.LittleEndian.PutUint32(dst[start+2:], sum)
	return dst, nil
}

// unpacker unpacks blocks and keeps its memory for the next one. The cursors
// point into that memory, or into the block itself. It is not safe for
// concurrent use.
type unpacker struct {
	version byte // of the block
	zstd    *zstd.Decoder
	columns []cursor
	buffer  []byte
}

func newUnpacker() (*unpacker, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxMemory(maxRaw), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("preparing zstd: %w", err)
	}
	return &unpacker{zstd: dec}, nil
}

var (
	errSum       = errors.New("the checksum of a block does not match")
	errFraming   = errors.New("the framing of a block is broken")
	errContents  = errors.New("the contents of a block are broken")
	errBlockKind = errors.New("a block is of another stream than its row says")
)

// unpack checks a block's sum and unpacks its columns into u.columns: those that
// it must have, and of the later ones that it may have those it does.
func (u *unpacker) unpack(block []byte, s stream, columns, later int) (ticks int, err error) {
	if len(block) < blockHeader {
		return 0, errFraming
	}
	if block[0] == 0 || block[0] > blockVersion {
		return 0, fmt.Errorf("%w: a block has format %d, this collector knows %d", ErrNewer, block[0], blockVersion)
	}
	if stream(block[1]) != s {
		return 0, errBlockKind
	}
	u.version = block[0]
	body := block[blockHeader:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(block[2:]) {
		return 0, errSum
	}
	return u.unframe(body, columns, later)
}

// unframe takes a block's body apart, without its sum. Additional columns of a
// later minor addition are ignored.
func (u *unpacker) unframe(body []byte, columns, later int) (ticks int, err error) {
	head := cursor{b: body}
	ticks = head.below(maxTicks + 1)
	n := head.below(maxColumns + 1)
	if head.bad || n < columns {
		return 0, errFraming
	}
	columns = min(n, columns+later)
	var lengths [maxColumns][2]int
	total := 0
	for i := range n {
		lengths[i] = [2]int{head.below(maxRaw + 1), head.below(maxRaw + 1)}
		total += lengths[i][0]
	}
	if head.bad || total > maxRaw {
		return 0, errFraming
	}
	if cap(u.buffer) < total {
		u.buffer = make([]byte, 0, total)
	}
	u.columns = u.columns[:0]
	room, packed := u.buffer[:cap(u.buffer)], head.b
	for i := range columns {
		raw, stored := lengths[i][0], lengths[i][1]
		if stored > len(packed) {
			return 0, errFraming
		}
		c := packed[:stored]
		packed = packed[stored:]
		if raw != stored {
			c, err = u.zstd.DecodeAll(c, room[:0:raw])
			if err != nil || len(c) != raw {
				return 0, errFraming
			}
			room = room[raw:]
		}
		u.columns = append(u.columns, cursor{b: c})
	}
	return ticks, nil
}

// bad reports whether any column was read past its end.
func (u *unpacker) bad() bool {
	for i := range u.columns {
		if u.columns[i].bad {
			return true
		}
	}
	return false
}

// left reports whether any column has more than was read.
func (u *unpacker) left() bool {
	for i := range u.columns {
		if len(u.columns[i].b) > 0 {
			return true
		}
	}
	return false
}
