package binlog

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/klauspost/compress/zstd"
)

// body of a QUERY_EVENT as servers write it.
func queryBody(thread, seconds uint32, mode uint64, schema, text string) []byte {
	variables := append([]byte{0, 0, 0, 0, 0, 1}, binary.LittleEndian.AppendUint64(nil, mode)...)
	b := binary.LittleEndian.AppendUint32(nil, thread)
	b = binary.LittleEndian.AppendUint32(b, seconds)
	b = append(b, byte(len(schema)), 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(variables)))
	b = append(b, variables...)
	return append(append(append(b, schema...), 0), text...)
}

func tableBody(schema, table string) []byte {
	b := append(make([]byte, 8), byte(len(schema)))
	b = append(append(b, schema...), 0, byte(len(table)))
	return append(append(b, table...), 0, 3, 8)
}

func eventBytes(h header, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, h.Seconds)
	b = append(b, byte(h.Type))
	b = binary.LittleEndian.AppendUint32(b, h.ServerID)
	b = binary.LittleEndian.AppendUint32(b, uint32(headerSize+len(body)))
	b = binary.LittleEndian.AppendUint32(b, h.End)
	b = binary.LittleEndian.AppendUint16(b, h.Flags)
	return append(b, body...)
}

func TestReadQuery(t *testing.T) {
	q, err := readQuery(queryBody(7, 3, uint64(modeANSIQuotes), "shop", `ALTER TABLE "t" DROP "a"`), false)
	if err != nil || q.thread != 7 || q.seconds != 3 || q.schema != "shop" || q.mode == nil || *q.mode != modeANSIQuotes {
		t.Fatalf("%+v, %v", q, err)
	}
	changes, _ := parse(q)
	if len(changes) != 1 || changes[0].Key() != "drop_column shop.t a" {
		t.Errorf("%+v", changes)
	}
}

// TestDefiner: the account of a view is masked, however it is written.
func TestDefiner(t *testing.T) {
	for _, definer := range []string{"`canary`@`canary`", "canary@canary", "'canary'@'canary'", "`can``ary`@`%`", "canary", "`canary`@canary.example-1.org", "CANARY@`10.0.0.1`"} {
		t.Run(definer, func(t *testing.T) {
			changes, text := parse(query{text: "CREATE DEFINER=" + definer + " VIEW v AS SELECT 1", schema: "s"})
			if len(changes) != 1 || changes[0].Key() != "create_view s.v " || strings.Contains(strings.ToLower(text), "can") {
				t.Errorf("%+v %s", changes, text)
			}
		})
	}
}

// payloadBody compresses events as MySQL does.
func payloadBody(t testing.TB, events ...[]byte) []byte {
	var plain []byte
	for _, e := range events {
		plain = append(plain, e...)
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := w.EncodeAll(plain, nil)
	b := []byte{payloadCompression, 1, compressionZstd, payloadSize, 3, 0xfc, byte(len(plain)), byte(len(plain) >> 8), payloadEnd}
	return append(b, packed...)
}

func TestReadPayload(t *testing.T) {
	body := payloadBody(t,
		eventBytes(header{Type: replication.QUERY_EVENT}, queryBody(7, 0, 0, "", "BEGIN")),
		eventBytes(header{Type: replication.TABLE_MAP_EVENT}, tableBody("shop", "orders")),
		eventBytes(header{Type: replication.WRITE_ROWS_EVENTv2}, make([]byte, 3000)))
	p, err := readPayload(body)
	if err != nil || p.size < 3000 || p.size > 3300 || len(p.events) != 3 {
		t.Fatalf("%+v, %v", p, err)
	}
	if p, err = readPayload(body[:len(body)-2]); err != nil || len(p.events) == 0 && p.size == 0 {
		t.Errorf("cut off: %+v, %v", p, err)
	}
}

// feed takes a whole event.
func feed(s *scan, raw []byte) {
	h := readHeader(raw)
	body := raw[headerSize:]
	s.feed(&event{h, body[:min(len(body), keep(h.Type))]})
}

// FuzzScan: no event breaks the reading, and nothing from a row event is kept.
func FuzzScan(f *testing.F) {
	gtid, err := hex.DecodeString("00" + strings.Repeat("11", 16) + "0100000000000000" + "02" + strings.Repeat("00", 16) + "60aa0000000000" + "20")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []struct {
		t    replication.EventType
		body []byte
	}{
		{replication.QUERY_EVENT, queryBody(1, 2, 0, "shop", "DROP TABLE t")},
		{replication.MARIADB_QUERY_COMPRESSED_EVENT, queryBody(1, 2, 0, "shop", "\x81\x05x\x9c")},
		{replication.TABLE_MAP_EVENT, tableBody("shop", "orders")},
		{replication.TRANSACTION_PAYLOAD_EVENT, payloadBody(f, eventBytes(header{Type: replication.QUERY_EVENT}, queryBody(1, 0, 0, "", "BEGIN")))},
		{replication.GTID_EVENT, gtid}, {replication.GTID_TAGGED_LOG_EVENT, gtid}, {replication.MARIADB_GTID_EVENT, nil},
		{replication.ROTATE_EVENT, []byte("\x04\x00\x00\x00\x00\x00\x00\x00binlog.000001")}, {replication.XID_EVENT, make([]byte, 8)},
		{replication.FORMAT_DESCRIPTION_EVENT, nil}, {replication.WRITE_ROWS_EVENTv2, []byte("canary")},
	} {
		f.Add(byte(seed.t), uint32(1000), seed.body)
	}
	f.Fuzz(func(t *testing.T, kind byte, seconds uint32, body []byte) {
		s := scan{self: 1, from: 0, to: 2e15}
		feed(&s, eventBytes(header{Type: replication.ROTATE_EVENT}, []byte("\x04\x00\x00\x00\x00\x00\x00\x00binlog.000001")))
		for range 2 {
			feed(&s, eventBytes(header{Seconds: seconds, Type: replication.EventType(kind), ServerID: 2}, body))
		}
		s.finish()
		for _, x := range s.statements {
			lo, hi := x.ended()
			if c := (Clock{}); c.instant(x.began(lo, hi)).Validate() != nil {
				t.Errorf("%+v", x)
			}
		}
		fold(s.statements)
	})
}
