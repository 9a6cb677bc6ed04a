package binlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"time"

	protocol "github.com/go-mysql-org/go-mysql/mysql"

	"github.com/go-mysql-org/go-mysql/replication"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Server is a server whose log is to be read.
type Server struct {
	Name    string
	ID      uint32 // @@server_id
	MariaDB bool
	Clock   Clock
	Login   Login
	Files   []string // SHOW BINARY LOGS, the oldest first
	Budget  int64    // bytes that are streamed at most
}

// query is what the coverage was asked.
const coverageQuery = "SHOW BINARY LOGS; COM_BINLOG_DUMP"

// Failed is the record of a log that could not be read at all.
func Failed(server string, w timeline.Window, reason error, at time.Time) ([]timeline.Evidence, error) {
	e, err := sources.Failure(question{Kind: kindCoverage, Server: server, Window: w}.ask(coverageQuery), reason, at)
	return []timeline.Evidence{e}, err
}

// Gather reads the part of the log that covers the window: one record for each
// schema change, migration and large transaction, and one for what was read. What
// ends the reading early, ctx included, is said there.
func Gather(ctx context.Context, s Server, req sources.Request) ([]timeline.Evidence, error) {
	q := question{Server: s.Name, Window: req.Window, Clock: s.Clock, Budget: s.Budget, Threshold: LargeTransaction}
	r := run{server: s, notify: req.Notify, coverage: coverage{Listed: len(s.Files)}}
	from, to := s.Clock.window(req.Window)
	r.scan = newScan(s.ID, from, to)
	if err := r.read(ctx, uint32(from.Add(-clockError).Unix())); err != nil {
		r.coverage.Ended, r.coverage.Reason = endError, reason(err)
		if ctx.Err() != nil {
			r.coverage.Ended, r.coverage.Reason = endTime, ""
		}
	}
	r.finish()
	return r.records(q, req.Now())
}

// clockError is what the measured offset of the clocks may be wrong by, generously.
const clockError = 100 * time.Millisecond

// run is one reading.
type run struct {
	server   Server
	notify   func(string)
	scan     *scan
	coverage coverage
}

// read finds the first file that overlaps the window and streams from there.
func (r *run) read(ctx context.Context, from uint32) error {
	first, err := r.locate(ctx, from)
	if err != nil {
		return err
	}
	s, err := open(ctx, r.server.Login, r.server.MariaDB, r.server.Files[first])
	if err != nil {
		return err
	}
	defer s.close()
	for r.coverage.Ended == "" {
		e, err := s.next()
		if errors.Is(err, io.EOF) {
			r.coverage.Ended = endLog
			return nil
		}
		if err != nil {
			return err
		}
		r.take(e)
	}
	return nil
}

// progress is after how many bytes a person is told.
const progress = 64 << 20

// take counts an event and hands it on.
func (r *run) take(e *event) {
	c := &r.coverage
	r.scan.feed(e)
	if n := len(c.Files); n == 0 || c.Files[n-1].Name != r.scan.file {
		c.Files = append(c.Files, readFile{Name: r.scan.file})
	}
	size := int64(e.Size)
	c.Files[len(c.Files)-1].Bytes += size
	if c.Bytes/progress != (c.Bytes+size)/progress {
		r.notify(fmt.Sprintf("%s: %s of the binary log read", r.server.Name, sources.Size((c.Bytes+size)/progress*progress)))
	}
	c.Bytes += size
	switch {
	case r.scan.past:
		c.Ended = endWindow
	case c.Bytes >= r.server.Budget:
		c.Ended = endBudget
	}
}

// locate is the last file that was opened before a second, by galloping back from the
// newest one and bisecting: a file's first event says in which second it was opened.
func (r *run) locate(ctx context.Context, from uint32) (int, error) {
	files := r.server.Files
	var failed error
	before := func(i int) bool {
		opened, err := r.probe(ctx, files[i])
		failed = errors.Join(failed, err)
		return err != nil || opened < from
	}
	hi, lo := len(files), len(files)-1 // lo … hi holds the answer's successor
	for step := 1; lo > 0 && !before(lo); step *= 2 {
		hi, lo = lo, max(0, lo-step)
	}
	after := lo + 1 + sort.Search(hi-lo-1, func(i int) bool { return !before(lo + 1 + i) })
	return after - 1, failed
}

// probe reads when a file was opened, and hangs up.
func (r *run) probe(ctx context.Context, file string) (uint32, error) {
	r.coverage.Probed++
	s, err := open(ctx, r.server.Login, r.server.MariaDB, file)
	if err != nil {
		return 0, err
	}
	defer s.close()
	for {
		e, err := s.next()
		if err != nil {
			return 0, fmt.Errorf("reading when %s was opened: %w", file, err)
		}
		if e.Type == replication.FORMAT_DESCRIPTION_EVENT {
			return e.Seconds, nil
		}
	}
}

func (r *run) finish() {
	r.scan.finish()
	c := &r.coverage
	if len(r.scan.opened) > 0 {
		c.FromUS = int64(r.scan.opened[0]+1) * micros // it says a whole second
	}
	c.LastUS, c.Compressed, c.Unreadable, c.Untold = r.scan.lastUS, r.scan.compressed, r.scan.unreadable, r.scan.untold
}

// records makes the evidence.
func (r *run) records(q question, at time.Time) ([]timeline.Evidence, error) {
	var list []timeline.Evidence
	add := func(kind, query string, answer any) error {
		q.Kind = kind
		e, err := sources.Answer(q.ask(query), answer, at)
		list = append(list, e)
		return err
	}
	changes, migrations := fold(r.scan.statements)
	var errs []error
	for _, s := range changes {
		if _, hi := s.ended(); hi >= r.scan.from-slack {
			errs = append(errs, add(kindSchemaChange, s.where(), s))
		}
	}
	for _, m := range migrations {
		if _, hi := m.Statements[len(m.Statements)-1].ended(); hi >= r.scan.from-slack {
			errs = append(errs, add(kindMigration, m.Statements[0].where(), m))
		}
	}
	for _, t := range r.scan.transactions {
		errs = append(errs, add(kindTransaction, t.where(), t))
	}
	errs = append(errs, add(kindCoverage, coverageQuery, r.coverage))
	return list, errors.Join(errs...)
}

// reason says in words why reading failed. Messages of servers quote accounts and
// hosts, so only their numbers are told.
func reason(err error) string {
	var server *protocol.MyError
	if !errors.As(err, &server) {
		return "the connection broke or the server sent what is no event"
	}
	switch server.Code {
	case protocol.ER_SPECIFIC_ACCESS_DENIED_ERROR, protocol.ER_ACCESS_DENIED_ERROR:
		return fmt.Sprintf("no privilege to read it: REPLICATION SLAVE (error %d)", server.Code)
	case protocol.ER_MASTER_FATAL_ERROR_READING_BINLOG:
		return fmt.Sprintf("the server could not read it: a file is gone or broken (error %d)", server.Code)
	}
	return fmt.Sprintf("error %d", server.Code)
}
