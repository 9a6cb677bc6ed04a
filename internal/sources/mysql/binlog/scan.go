package binlog

import (
	"slices"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"collector/internal/timeline"
)

// Thresholds and limits of what is told.
const (
	LargeTransaction = 64 << 20 // bytes in the log
	maxStatements    = 1000
	maxTransactions  = 200
	maxTables        = 20
)

// transaction is one that wrote much.
type transaction struct {
	place
	Last       uint32   `json:"last_seconds"`           // when the last statement before its commit in the log began: no later than the commit
	Next       uint32   `json:"next_seconds,omitempty"` // when a transaction behind it in the log began, later than Last
	Bytes      uint64   `json:"bytes"`
	Compressed bool     `json:"compressed,omitempty"`
	Tables     []string `json:"tables"`
}

// scan follows the events of the log. It holds what is between two events and what
// was found.
type scan struct {
	self     uint32 // the server's own ID
	from, to int64  // the window on the server's clock, in microseconds since 1970

	file     string
	position uint32
	lastUS   int64  // the latest time that the log showed, no later than what was read
	seconds  uint32 // the latest second in which anything in the log began
	late     int    // groups in a row that began after the window

	group   *transaction // the open one
	pending *transaction // a large one whose Next is not known

	opened       []uint32 // when each file that was read was opened
	statements   []statement
	transactions []transaction
	untold       int // beyond the limits
	compressed   int // transactions
	unreadable   int // events
	past         bool
}

func newScan(self uint32, from, to time.Time) *scan {
	return &scan{self: self, from: from.UnixMicro(), to: to.UnixMicro()}
}

// slack is by how much the order of commits in the log may differ from that of
// their times; lateGroups is how many transactions in a row must have begun after
// the window for it to be over, because a session can set its own time.
const (
	slack      = int64(2 * time.Second / time.Microsecond)
	lateGroups = 16
)

const micros = int64(time.Second / time.Microsecond)

// feed takes the next event.
func (s *scan) feed(e *event) {
	s.move(e.header)
	switch e.Type {
	case replication.ROTATE_EVENT:
		if name, err := readRotate(e.body); s.readable(err) {
			s.file, s.position = name, 4
		}
		return
	case replication.FORMAT_DESCRIPTION_EVENT:
		s.opened = append(s.opened, e.Seconds)
		s.past = s.past || int64(e.Seconds)*micros > s.to
		s.saw(int64(e.Seconds) * micros)
		return
	case replication.HEARTBEAT_EVENT, replication.HEARTBEAT_LOG_EVENT_V2, replication.STOP_EVENT, replication.PREVIOUS_GTIDS_EVENT,
		replication.MARIADB_GTID_LIST_EVENT, replication.MARIADB_BINLOG_CHECKPOINT_EVENT, replication.MARIADB_START_ENCRYPTION_EVENT:
		return
	case replication.GTID_EVENT, replication.ANONYMOUS_GTID_EVENT, replication.GTID_TAGGED_LOG_EVENT:
		s.begin(e.header)
		if times, err := readCommit(e.Type, e.body); s.readable(err) {
			s.group.CommitUS, s.group.OriginalUS = times.here, times.original
		}
	case replication.MARIADB_GTID_EVENT:
		s.begin(e.header)
	}
	s.inGroup(e)
}

// inGroup takes an event of a transaction.
func (s *scan) inGroup(e *event) {
	if s.group == nil { // a log without GTID events
		s.begin(e.header)
	}
	g := s.group
	g.Bytes += uint64(e.Size)
	g.Seconds = min(g.Seconds, e.Seconds)
	s.seconds = max(s.seconds, e.Seconds)
	g.Position = s.position
	switch e.Type {
	case replication.QUERY_EVENT, replication.MARIADB_QUERY_COMPRESSED_EVENT:
		s.query(e)
	case replication.TABLE_MAP_EVENT:
		s.table(e.body)
	case replication.TRANSACTION_PAYLOAD_EVENT:
		s.payload(e.body)
	case replication.XID_EVENT, replication.XA_PREPARE_LOG_EVENT:
		s.end()
	}
}

// move keeps the position. Servers that give no position give none for all events.
func (s *scan) move(h header) {
	if h.End != 0 {
		s.position = h.End
	} else {
		s.position += h.Size
	}
}

// readable counts what could not be read.
func (s *scan) readable(err error) bool {
	if err != nil {
		s.unreadable++
	}
	return err == nil
}

func (s *scan) saw(us int64) { s.lastUS = max(s.lastUS, us) }

// begin opens a transaction. The one before it is over, however it ended.
func (s *scan) begin(h header) {
	s.end()
	origin := h.ServerID
	if origin == s.self {
		origin = 0
	}
	s.group = &transaction{place: place{File: s.file, Origin: origin, Seconds: h.Seconds, After: s.seconds}}
	if int64(h.Seconds)*micros > s.to+slack {
		s.late++
	} else {
		s.late = 0
	}
	s.past = s.past || s.late >= lateGroups
	if p := s.pending; p != nil && h.Seconds > p.Last {
		p.Next = h.Seconds
		s.keepTransaction()
	}
}

// end closes the open transaction.
func (s *scan) end() {
	g := s.group
	s.group = nil
	if g == nil {
		return
	}
	committed := g.CommitUS
	if committed == 0 {
		committed = int64(g.Seconds) * micros
	} else {
		s.past = s.past || committed > s.to+slack
	}
	s.saw(committed)
	if g.Bytes < LargeTransaction {
		return
	}
	s.keepTransaction()
	g.Last = s.seconds
	s.pending = g
	if g.CommitUS != 0 {
		s.keepTransaction()
	}
}

// keepTransaction keeps the pending large one, when it may lie in the window.
func (s *scan) keepTransaction() {
	p := s.pending
	s.pending = nil
	switch {
	case p == nil || p.CommitUS != 0 && p.CommitUS < s.from-slack || p.Next != 0 && int64(p.Next)*micros < s.from-slack:
	case len(s.transactions) >= maxTransactions:
		s.untold++
	default:
		slices.Sort(p.Tables)
		s.transactions = append(s.transactions, *p)
	}
}

// query takes a statement.
func (s *scan) query(e *event) {
	q, err := readQuery(e.body, e.Type == replication.MARIADB_QUERY_COMPRESSED_EVENT)
	if !s.readable(err) {
		return
	}
	s.group.Thread = q.thread
	switch {
	case strings.EqualFold(q.text, "BEGIN"):
		return
	case strings.EqualFold(q.text, "COMMIT"), strings.EqualFold(q.text, "ROLLBACK"):
		s.end()
		return
	}
	if q.alter&(alterStarts|alterRollsBack) != 0 {
		return
	}
	changes, text := parse(q)
	if changes == nil {
		return
	}
	found := statement{place: s.group.place, Took: q.seconds, Error: q.errorCode, Text: text, Changes: changes}
	found.Seconds = e.Seconds
	s.keepStatement(found)
}

// keepStatement keeps one that may lie in the window. What was done to a ghost table
// before it is part of a migration that may be cut over in it.
func (s *scan) keepStatement(found statement) {
	_, ended := found.ended()
	switch {
	case ended < s.from-slack && !aboutGhost(found):
	case len(s.statements) >= maxStatements:
		s.untold++
	default:
		s.statements = append(s.statements, found)
	}
}

func (s *scan) table(body []byte) {
	schema, table, err := readTableMap(body)
	if !s.readable(err) {
		return
	}
	if name := schema + "." + table; len(s.group.Tables) < maxTables && !slices.Contains(s.group.Tables, name) {
		s.group.Tables = append(s.group.Tables, name)
	}
}

// payload looks into a compressed transaction, as far as its beginning goes.
func (s *scan) payload(body []byte) {
	s.compressed++
	p, err := readPayload(body)
	if !s.readable(err) {
		return
	}
	g := s.group
	g.Compressed = true
	g.Bytes += p.size
	for _, e := range p.events {
		if s.group != g { // its last event was among them
			return
		}
		g.Seconds = min(g.Seconds, e.Seconds)
		switch e.Type {
		case replication.QUERY_EVENT:
			s.query(&e)
		case replication.TABLE_MAP_EVENT:
			s.table(e.body)
		}
	}
	s.end()
}

// finish closes what is open when the log is not read any further.
func (s *scan) finish() {
	s.end()
	s.keepTransaction()
}

// window is what the scan was asked for, on the server's clock.
func (c Clock) window(w timeline.Window) (from, to time.Time) {
	offset := time.Duration(c.OffsetUS) * time.Microsecond
	return w.From.Add(offset), w.To.Add(offset)
}
