package binlog

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-mysql-org/go-mysql/replication"
)

// header is what every event begins with. See
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html.
type header struct {
	Seconds  uint32 // since 1970, on the clock of the server that wrote it first: when its statement began
	Type     replication.EventType
	ServerID uint32 // who wrote it first
	Size     uint32 // with this header
	End      uint32 // position of the next event; 0 where the server does not say
	Flags    uint16
}

const headerSize = replication.EventHeaderSize

func readHeader(b []byte) header {
	return header{
		Seconds: binary.LittleEndian.Uint32(b), Type: replication.EventType(b[4]), ServerID: binary.LittleEndian.Uint32(b[5:]),
		Size: binary.LittleEndian.Uint32(b[9:]), End: binary.LittleEndian.Uint32(b[13:]), Flags: binary.LittleEndian.Uint16(b[17:]),
	}
}

// event is one event with as much of its body as keep says.
type event struct {
	header
	body []byte
}

// The most that is kept of a body. A statement that is longer is data or a routine;
// what it changes stands at its beginning.
const (
	keptQuery   = 64 << 10
	keptPayload = 256 << 10
	keptSmall   = 1 << 10
)

// keep is how much of a body is kept, by the event's type.
func keep(t replication.EventType) int {
	switch t {
	case replication.QUERY_EVENT, replication.MARIADB_QUERY_COMPRESSED_EVENT:
		return keptQuery
	case replication.TRANSACTION_PAYLOAD_EVENT:
		return keptPayload
	case replication.ROTATE_EVENT, replication.TABLE_MAP_EVENT, replication.GTID_EVENT,
		replication.ANONYMOUS_GTID_EVENT, replication.GTID_TAGGED_LOG_EVENT:
		return keptSmall
	}
	return 0
}

var errShort = errors.New("the event is shorter than its type says")

// query is a QUERY_EVENT: a statement as text.
type query struct {
	thread    uint32
	seconds   uint32 // from the statement's start to the writing of the event
	errorCode uint16
	variables
	schema string // the session's default one
	text   string
}

// readQuery takes a QUERY_EVENT's body apart. It may be cut off in the statement.
func readQuery(body []byte, compressed bool) (query, error) {
	const fixed = 4 + 4 + 1 + 2 + 2
	if len(body) < fixed {
		return query{}, errShort
	}
	q := query{
		thread: binary.LittleEndian.Uint32(body), seconds: binary.LittleEndian.Uint32(body[4:]), errorCode: binary.LittleEndian.Uint16(body[9:]),
	}
	schemaLength, status := int(body[8]), int(binary.LittleEndian.Uint16(body[11:]))
	rest := body[fixed:]
	if len(rest) < status+schemaLength+1 {
		return query{}, errShort
	}
	q.variables = readVariables(rest[:status])
	q.schema = string(rest[status : status+schemaLength])
	text := rest[status+schemaLength+1:] // a NUL ends the schema's name
	if compressed {
		var err error
		if text, err = inflate(text); err != nil {
			return query{}, err
		}
	}
	q.text = string(text)
	return q, nil
}

// readTableMap is the table that the row events after a TABLE_MAP_EVENT are about.
func readTableMap(body []byte) (schema, table string, err error) {
	const fixed = 6 + 2 // table's number, flags
	rest := body[min(fixed, len(body)):]
	for _, name := range []*string{&schema, &table} {
		if len(rest) < 2 || len(rest) < int(rest[0])+2 {
			return "", "", errShort
		}
		*name, rest = string(rest[1:1+rest[0]]), rest[2+int(rest[0]):]
	}
	return schema, table, nil
}

// readRotate is the file that the following events are from.
func readRotate(body []byte) (string, error) {
	const position = 8
	if len(body) <= position {
		return "", errShort
	}
	return string(body[position:]), nil
}

// commitTimes are MySQL's, in microseconds since 1970; 0 where the event has none.
type commitTimes struct {
	here     int64 // on this server
	original int64 // where it was first committed, on that server's clock
}

// readCommit reads a GTID event of MySQL. The library indexes without looking, so a
// broken event panics.
func readCommit(t replication.EventType, body []byte) (times commitTimes, err error) {
	defer func() {
		if r := recover(); r != nil {
			times, err = commitTimes{}, fmt.Errorf("%w: %v", errShort, r)
		}
	}()
	var e replication.GTIDEvent
	if t == replication.GTID_TAGGED_LOG_EVENT {
		var tagged replication.GtidTaggedLogEvent
		err = tagged.Decode(body)
		e = tagged.GTIDEvent
	} else {
		err = e.Decode(body)
	}
	if err != nil {
		return commitTimes{}, err
	}
	times = commitTimes{here: int64(e.ImmediateCommitTimestamp), original: int64(e.OriginalCommitTimestamp)}
	if times.original == 0 { // a tagged event leaves it out when both are equal
		times.original = times.here
	}
	return times, nil
}
