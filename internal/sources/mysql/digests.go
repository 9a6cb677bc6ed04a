package mysql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// digestsEvery is how often the statement digests are read. One reading takes
// about 45 ms of a server with 10,000 digests, whatever is asked for: the table is
// put together row by row (see docs/timeline.md).
const digestsEvery = 10 * time.Second

// digestLimit bounds one answer. performance_schema_digests_size may be a million;
// it is 10,000 at most unless somebody set it.
const digestLimit = 20_000

// digestSlack is by how much a reading looks back behind the one before: MariaDB
// has whole seconds, and the clocks of the heartbeat and of the table may differ.
const digestSlack = 2 * time.Second

// digestsStatement reads the counters of the statements that ended since a time of
// the server's clock; all of them when it is zero. Neither flavour has an index on
// LAST_SEEN: the condition spares the answer, not the work. Nothing is sorted on
// the server. LAST_SEEN and FIRST_SEEN are when a statement ended, in the session's
// time zone, which is +00:00.
func digestsStatement(since time.Time) string {
	where := ""
	if !since.IsZero() {
		where = fmt.Sprintf(" WHERE LAST_SEEN >= '%s'", since.UTC().Format("2006-01-02 15:04:05"))
	}
	return "SELECT SCHEMA_NAME, DIGEST, FIRST_SEEN, COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_LOCK_TIME, SUM_ROWS_EXAMINED," +
		" SUM_ROWS_SENT, SUM_ROWS_AFFECTED, SUM_NO_INDEX_USED, SUM_CREATED_TMP_DISK_TABLES" +
		" FROM performance_schema.events_statements_summary_by_digest" + where + fmt.Sprintf(" LIMIT %d", digestLimit)
}

// digestTextsStatement reads the texts of some digests, which are hexadecimal.
func digestTextsStatement(ids []string) string {
	return fmt.Sprintf("SELECT DIGEST, MAX(LEFT(DIGEST_TEXT, %d)) FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IN ('%s') GROUP BY DIGEST",
		sqltext.MaxInput, strings.Join(ids, "','"))
}

// digestReader reads what the statements did since the reading before.
//
// Counters that are less than they were, or belong to a row that was first seen
// later, began anew: the table was truncated, or the server restarted.
type digestReader struct {
	memory digestMemory
	shapes map[string]string // by digest, of those that were written
	since  time.Time         // the reading before, on the server's clock
	off    reminder          // that performance_schema is off
}

// shapesKept bounds the memory: the whole memory is dropped when full.
const shapesKept = 1024

// errNotAsked says that a part has nothing to ask of this server. It is no failure.
var errNotAsked = errors.New("this server has nothing to ask")

func newDigestReader() *digestReader {
	return &digestReader{memory: digestMemory{}, shapes: map[string]string{}}
}

func (d *digestReader) read(ctx context.Context, c *conn, into *store.Tick) error {
	if !c.schema {
		if !d.off.due(into.Heartbeat.At) {
			return errNotAsked
		}
		if err := note(into, facts.KindUnread, facts.Unread{Part: facts.PartName(store.PartDigests), Reason: "performance_schema is off"}); err != nil {
			return err
		}
		return errNotAsked
	}
	now := into.Heartbeat.At.Add(into.Heartbeat.ClockOffset)
	first := d.since.IsZero() || len(d.memory) > digestLimit
	since := d.since.Add(-digestSlack)
	if first || now.Before(since) { // or the server's clock was set back
		since = time.Time{}
	}
	answer, err := c.query(ctx, digestsStatement(since))
	if err != nil {
		return fmt.Errorf("reading the statement digests: %w", err)
	}
	if first {
		d.memory = digestMemory{}
	}
	var moved []digestRow
	for _, row := range answer.values {
		r := newDigestRow(row)
		if d.memory.subtract(&r, since, first) {
			moved = append(moved, r)
		}
	}
	into.Digests = []store.Digest{}
	if d.since = now; first {
		return nil
	}
	chosen, rest := chooseDigests(moved)
	if err := d.learn(ctx, c, chosen); err != nil {
		return err
	}
	for _, r := range chosen {
		shape := d.shapes[r.digest]
		switch {
		case r.digest == "":
			r.ID, r.SQL = store.DigestUnlisted, "(statements that the full digest table does not tell apart)"
		case isMonitoring(r.DB, shape):
			rest.add(&r.Digest)
			continue
		default:
			r.SQL = shape
		}
		into.Digests = append(into.Digests, r.Digest)
	}
	if rest.Count > 0 {
		rest.ID, rest.SQL = store.DigestRest, "(all other statements)"
		into.Digests = append(into.Digests, rest.Digest)
	}
	return nil
}

// learn asks for the texts that are not known yet. They are normalised by the
// server already; what is stored went through our own normaliser, too, because a
// text may be cut off anywhere.
func (d *digestReader) learn(ctx context.Context, c *conn, chosen []digestRow) error {
	if len(d.shapes) > shapesKept {
		clear(d.shapes)
	}
	var unknown []string
	for _, r := range chosen {
		if _, known := d.shapes[r.digest]; !known && isHex(r.digest) {
			unknown = append(unknown, r.digest)
		}
	}
	if unknown == nil {
		return nil
	}
	answer, err := c.query(ctx, digestTextsStatement(unknown))
	if err != nil {
		return fmt.Errorf("reading the texts of statement digests: %w", err)
	}
	for _, row := range answer.values {
		d.shapes[row[0].String] = c.texts.shape([]byte(row[1].String))
	}
	return nil
}

// isMonitoring reports whether a statement only asks the server about itself, as
// ours do and those of other monitors.
func isMonitoring(schema, shape string) bool {
	upper := strings.ToUpper(shape)
	if strings.HasPrefix(upper, "EXPLAIN") || strings.HasPrefix(upper, "SHOW ") {
		return true
	}
	return schema == "" && (strings.Contains(upper, "PERFORMANCE_SCHEMA") || strings.Contains(upper, "INFORMATION_SCHEMA") || strings.Contains(upper, "@@"))
}

func isHex(digest string) bool {
	_, err := hex.DecodeString(digest)
	return err == nil && digest != ""
}

// newDigestRow reads a row of digestsStatement. Times are picoseconds.
func newDigestRow(row []sql.NullString) digestRow {
	first, err := time.ParseInLocation(clockLayout, row[2].String, time.UTC)
	if err != nil {
		first = time.Time{} // 0000-00-00 of a row that was truncated and not used since
	}
	n := func(i int) int64 { return int64(number(row[i])) }
	id := row[1].String
	return digestRow{digest: id, Digest: store.Digest{
		ID: id[:min(len(id), digestShown)], DB: row[0].String, FirstSeen: first, Count: n(3), Errors: n(4),
		Time: picoseconds(number(row[5])), LockTime: picoseconds(number(row[6])), RowsExamined: n(7), RowsSent: n(8), RowsAffected: n(9),
		NoIndex: n(10), TmpDisk: n(11),
	}}
}

// digestShown is how much of a digest is stored: 64 of its 256 (MariaDB 128) bits.
const digestShown = 16

// picoseconds is a timer value to the microsecond, which is what is stored.
func picoseconds(n uint64) time.Duration { return time.Duration(n/1e6) * time.Microsecond }
