package binlog

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// packet takes one packet of the stream apart while it arrives, so that the body of
// an event of a gigabyte needs no memory.
type packet struct {
	head  []byte // the status byte, and of an event its header
	event event
	want  int // of the body, -1 until the header is there
}

// The first byte of a packet.
const (
	statusEvent = 0x00
	statusEnd   = 0xfe
	statusError = 0xff
)

var _ io.Writer = (*packet)(nil)

func (p *packet) reset() {
	p.head = p.head[:0]
	p.event = event{body: p.event.body[:0]}
	p.want = -1
}

// Write takes the next bytes of the packet.
func (p *packet) Write(b []byte) (int, error) {
	n := len(b)
	if p.want < 0 {
		take := min(len(b), 1+headerSize-len(p.head))
		p.head, b = append(p.head, b[:take]...), b[take:]
		if len(p.head) < 1+headerSize {
			return n, nil
		}
		p.want = keptSmall // of an error
		if p.status() == statusEvent {
			p.event.header = readHeader(p.head[1:])
			p.want = keep(p.event.Type)
		}
	}
	take := min(len(b), p.want-len(p.event.body))
	p.event.body = append(p.event.body, b[:take]...)
	return n, nil
}

func (p *packet) status() byte {
	if len(p.head) == 0 {
		return statusError
	}
	return p.head[0]
}

// isEvent reports whether the packet held a whole header.
func (p *packet) isEvent() bool {
	return p.status() == statusEvent && len(p.head) == 1+headerSize && p.event.Size >= headerSize
}

// isEnd reports whether the log ended.
func (p *packet) isEnd() bool { return p.status() == statusEnd && len(p.head)+len(p.event.body) < 9 }

// stripChecksum takes the checksum from the end of a body that was kept whole. Most
// events have one (binlog_checksum), those that the server makes up for a replica
// may not; one that fits is one.
func (p *packet) stripChecksum() {
	e := &p.event
	end := len(e.body) - crc32.Size
	if end < 0 || len(e.body) != int(e.Size)-headerSize {
		return
	}
	sum := crc32.Update(crc32.ChecksumIEEE(p.head[1:]), crc32.IEEETable, e.body[:end])
	if sum == binary.LittleEndian.Uint32(e.body[end:]) {
		e.body = e.body[:end]
	}
}
