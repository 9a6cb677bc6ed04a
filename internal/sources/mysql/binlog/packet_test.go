package binlog

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
)

// TestPacket: however a packet is torn, its header and the wanted part of its body
// are kept, and its checksum is not.
func TestPacket(t *testing.T) {
	query := eventBytes(header{Type: replication.QUERY_EVENT}, append(queryBody(1, 2, 0, "shop", "DROP TABLE t"), 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(query[len(query)-4:], crc32.ChecksumIEEE(query[:len(query)-4]))
	rows := eventBytes(header{Type: replication.WRITE_ROWS_EVENTv2}, make([]byte, 1<<20))
	for _, tc := range []struct {
		name string
		raw  []byte
		kept int
	}{
		{"statement", query, len(query) - headerSize - 4},
		{"rows", rows, 0},
	} {
		for _, step := range []int{1, 7, len(tc.raw) + 1} {
			var p packet
			for range 2 { // the second time in the memory of the first
				p.reset()
				raw := append([]byte{statusEvent}, tc.raw...)
				for len(raw) > 0 {
					n := min(step, len(raw))
					if wrote, err := p.Write(raw[:n]); wrote != n || err != nil {
						t.Fatal(wrote, err)
					}
					raw = raw[n:]
				}
				p.stripChecksum()
				if !p.isEvent() || len(p.event.body) != tc.kept || int(p.event.Size) != len(tc.raw) {
					t.Errorf("%s in steps of %d: %+v", tc.name, step, p.event.header)
				}
			}
			if cap(p.event.body) > 1<<12 {
				t.Errorf("%s: %d bytes of memory", tc.name, cap(p.event.body))
			}
		}
	}
	var p packet
	p.reset()
	_, _ = p.Write([]byte{statusEnd, 0, 0, 2, 0})
	if !p.isEnd() || p.isEvent() {
		t.Error("the end of the log is not seen")
	}
}
