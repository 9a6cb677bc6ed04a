package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/fse"
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
	// blockVersion is what is written; earlier ones are read. 1 predicted transactions
	// of sessions otherwise, see sessionModel.aligned; 2 stored no column split.
	blockVersion = 3

	maxTicks   = 1 << 16  // of one block
	maxColumns = 64       // of one block
	maxRaw     = 64 << 20 // bytes of one block's columns, unpacked: bounds what hostile bytes can make a reader allocate

	// blockText is how many bytes of text a block takes before the next one is
	// begun; far below maxRaw, so that what one tick held fits into some block.
	blockText = 16 << 20

	blockHeader = 1 + 1 + 4 // version, stream, checksum
	packFrom    = 48        // bytes; shorter columns are not worth a zstd frame
	briefFrom   = 512       // bytes; the same where the block does not last
	splitFrom   = 1024      // bytes; shorter columns are not worth two parts
)

// How a column is stored, since format 3 in the lowest bits of its stored length.
const (
	asIs     = iota
	zstded   // a zstd frame
	split    // see packSplit
	fseCoded // tokens of a split column only
	methods
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// packer packs the columns of blocks. It is not safe for concurrent use.
type packer struct {
	zstd           *zstd.Encoder
	brief          bool // the blocks will be packed anew within minutes: little work is worth more than few bytes
	scratch        []byte
	tokens, packed []byte // of the column that is being split
	bits           bitWriter
	fse            fse.Scratch
}

func newPacker(level zstd.EncoderLevel) (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("preparing zstd: %w", err)
	}
	return &packer{zstd: enc}, nil
}

// pack appends a block to dst: its header, the lengths of its columns (unpacked,
// and stored with how), the columns.
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
		how := p.packColumn(c)
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = binary.AppendUvarint(dst, uint64(len(p.scratch)-at)*methods+how)
	}
	if raw > maxRaw || ticks > maxTicks {
		return nil, fmt.Errorf("packing a block of %d ticks and %d bytes: the limits are %d and %d", ticks, raw, maxTicks, maxRaw)
	}
	dst = append(dst, p.scratch...)
	sum := crc32.Checksum(dst[start+blockHeader:], castagnoli)
	binary.LittleEndian.PutUint32(dst[start+2:], sum)
	return dst, nil
}

// packColumn appends a column to p.scratch in the way that is shortest.
func (p *packer) packColumn(c column) (how uint64) {
	at := len(p.scratch)
	from := packFrom
	if p.brief {
		from = briefFrom
	}
	if len(c) >= from {
		p.scratch = p.zstd.EncodeAll(c, p.scratch)
		how = zstded
	}
	if how == asIs || len(p.scratch)-at >= len(c) {
		p.scratch, how = append(p.scratch[:at], c...), asIs
	}
	if p.brief || len(c) < splitFrom {
		return how
	}
	end := len(p.scratch)
	longer, ok := p.packSplit(p.scratch, c)
	if ok && len(longer)-end < end-at {
		p.scratch, how = append(p.scratch[:at], longer[end:]...), split
	}
	return how
}

// unpacker unpacks blocks and keeps its memory for the next one. The cursors
// point into that memory, or into the block itself. It is not safe for
// concurrent use.
type unpacker struct {
	version byte // of the block
	zstd    *zstd.Decoder
	columns []cursor
	buffer  []byte
	tokens  []byte
	fse     fse.Scratch
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
	var lengths [maxColumns]columnLengths
	total := 0
	for i := range n {
		lengths[i] = u.lengths(&head)
		total += lengths[i].raw
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
		l := lengths[i]
		if l.stored > len(packed) {
			return 0, errFraming
		}
		c, ok := u.unpackColumn(packed[:l.stored], room[:0:l.raw], l.how)
		if !ok || len(c) != l.raw {
			return 0, errFraming
		}
		packed = packed[l.stored:]
		if l.how != asIs {
			room = room[l.raw:]
		}
		u.columns = append(u.columns, cursor{b: c})
	}
	return ticks, nil
}

// columnLengths are a column's bytes unpacked and stored, and how it is stored.
type columnLengths struct {
	raw, stored int
	how         uint64
}

func (u *unpacker) lengths(head *cursor) columnLengths {
	raw := head.below(maxRaw + 1)
	if u.version >= 3 {
		stored := head.below((maxRaw + 1) * methods)
		return columnLengths{raw, stored / methods, uint64(stored % methods)}
	}
	l := columnLengths{raw, head.below(maxRaw + 1), zstded}
	if l.raw == l.stored {
		l.how = asIs
	}
	return l
}

// unpackColumn unpacks a column into room, whose capacity is its length; one that
// is stored as it is stays where it is.
func (u *unpacker) unpackColumn(stored, room []byte, how uint64) (c []byte, ok bool) {
	switch how {
	case asIs:
		return stored, true
	case zstded:
		c, err := u.zstd.DecodeAll(stored, room)
		return c, err == nil
	case split:
		return u.unsplit(stored, room)
	}
	return nil, false
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
