package errorlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// Server is a server as its log is read.
type Server struct {
	Name string
	File string // of its log; "" reads it over SQL
	// Clock is for the times of its log.
	Clock Clock
	// ClockSays words how sure the server's clock is.
	ClockSays string
	// Unread says why neither can be read; then nothing is tried.
	Unread error
	// Rows asks performance_schema.error_log for a window of the server's own clock. Nil
	// when it cannot be asked.
	Rows func(ctx context.Context, from, to time.Time) (Table, error)
}

// Table is an answer of performance_schema.error_log.
type Table struct {
	Query   string
	Rows    []Row      // in order of time
	Full    bool       // there were more
	First   *time.Time // the oldest row of the whole table, on the server's clock; nil when it is empty
	Expired int64      // rows that the ring buffer dropped since the server started
}

// tableName is how records and gaps call the table.
const tableName = "performance_schema.error_log"

// Gather reads a server's error log of the window. It returns a record of what was
// read, and one for each message that matters, folded. A log that cannot be read
// gives a failure record.
func Gather(ctx context.Context, s Server, req sources.Request) ([]timeline.Evidence, error) {
	g := gatherer{server: s, window: req.Window.UTC(), at: req.Now(), folder: newFolder(req.Window.UTC(), newMasker(req.Roles))}
	g.question = question{Server: s.Name, Window: g.window, Clock: s.ClockSays}
	switch {
	case s.Unread != nil:
		return g.failure("the server's error log", s.Unread)
	case s.File != "":
		g.question.Via, g.question.Zone = s.File, s.Clock.Says
		return g.files(ctx)
	}
	g.question.Via = tableName
	return g.table(ctx)
}

// gatherer makes the records of one log.
type gatherer struct {
	server   Server
	window   timeline.Window
	question question
	at       time.Time
	folder   *folder
	reading  reading
}

// files reads the configured file and its rotated neighbours.
func (g *gatherer) files(ctx context.Context) ([]timeline.Evidence, error) {
	read := g.window
	read.From = read.From.Add(-lookBack)
	paths, err := filesOf(g.server.File, read.From)
	if err != nil {
		return g.failure(g.server.File, fmt.Errorf("the error log %s cannot be read: %w", g.server.File, err))
	}
	r := &reader{ctx: ctx, clock: g.server.Clock, window: read, budget: maxBytes, near: logfile.NearEnough, whole: logfile.WholeBelow, take: g.folder.add}
	until := g.window.From
	for _, path := range paths {
		report, err := r.read(path)
		r.budget -= min(r.budget, report.BytesRead)
		g.reading.Files = append(g.reading.Files, report)
		if report.Last != nil && report.Last.After(until) {
			until = *report.Last
		}
		if first := report.First; first != nil && (g.reading.First == nil || first.Before(*g.reading.First)) {
			g.reading.First = first
		}
		switch {
		case errors.Is(err, errTooMuch):
			g.miss(until, g.window.To, fmt.Sprintf("the error log %s was not read to its end: %v", path, err))
		case err != nil:
			if len(paths) == 1 {
				return g.failure(path, fmt.Errorf("the error log %s cannot be read: %w", path, err))
			}
			g.miss(g.window.From, g.window.To, fmt.Sprintf("the error log %s cannot be read: %v", path, err))
		}
	}
	switch first := g.reading.First; {
	case first == nil:
		g.miss(g.window.From, g.window.To, fmt.Sprintf("the error log %s is empty: it was rotated away, or the server logs elsewhere", g.server.File))
	case first.After(g.window.From):
		g.miss(g.window.From, *first, "the error log begins only then: what was before was rotated away or never written")
	}
	local := slices.ContainsFunc(g.reading.Files, func(f fileReport) bool { return f.Local > 0 })
	if g.server.Clock.ZoneError > 0 && local {
		g.miss(g.window.From, g.window.To, "the time zone of the error log is not known, its times may be wrong by hours: the collector's is taken; set error_log_timezone")
	}
	return g.records(fmt.Sprintf("error log %s of %s, from %s to %s", g.server.File, g.server.Name, timeline.FormatTime(read.From), timeline.FormatTime(read.To)))
}

// table reads performance_schema.error_log.
func (g *gatherer) table(ctx context.Context) ([]timeline.Evidence, error) {
	clock := g.server.Clock
	from, to := g.window.From.Add(clock.Ahead-clock.Error-lookBack), g.window.To.Add(clock.Ahead+clock.Error)
	t, err := g.server.Rows(ctx, from, to)
	if err != nil {
		return g.failure(tableName, fmt.Errorf("the error log could not be read: %w", err))
	}
	for _, row := range t.Rows {
		h := row.head()
		h.at = clock.place(h)
		g.folder.add(h.entry)
	}
	if t.Full && len(t.Rows) > 0 {
		last := t.Rows[len(t.Rows)-1].Logged.Add(-clock.Ahead)
		g.miss(last, g.window.To, fmt.Sprintf("the error log has more rows than the %d that are read", len(t.Rows)))
	}
	if t.First == nil {
		g.miss(g.window.From, g.window.To, "the error log is empty: "+tableName+" has no row")
		return g.records(t.Query)
	}
	first := t.First.Add(-clock.Ahead)
	g.reading.First = &first
	if first.After(g.window.From) {
		why := "the error log in " + tableName + " begins only then"
		if t.Expired > 0 {
			why += fmt.Sprintf(": the server dropped %d older rows since it started; set error_log_file to read them", t.Expired)
		}
		g.miss(g.window.From, first, why)
	}
	return g.records(t.Query)
}

// miss notes a part of the window that is not told.
func (g *gatherer) miss(from, to time.Time, reason string) {
	from, to = later(from, g.window.From), earlier(to, g.window.To)
	if from.Before(to) {
		g.reading.Missing = append(g.reading.Missing, missing{from.UTC(), to.UTC(), reason})
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// records makes the records of what was read.
func (g *gatherer) records(query string) ([]timeline.Evidence, error) {
	g.reading.Lines, g.reading.LeftOut = g.folder.lines, g.folder.leftOut
	records := make([]timeline.Evidence, 0, 1+len(g.folder.done))
	q := g.question
	q.Kind = kindRead
	e, err := sources.Answer(g.ask(q, query), g.reading, g.at)
	if err != nil {
		return nil, err
	}
	records = append(records, e)
	q.Kind = kindMessage
	for _, x := range g.folder.all() {
		e, err := sources.Answer(g.ask(q, query), x, g.at)
		if err != nil {
			return nil, err
		}
		// A message's record speaks of the message, not of the whole window.
		e.ObservedFrom, e.ObservedTo = x.First.Earliest.UTC().Truncate(time.Millisecond), x.Last.Latest.UTC().Truncate(time.Millisecond)
		records = append(records, e)
	}
	return records, nil
}

func (g *gatherer) failure(query string, reason error) ([]timeline.Evidence, error) {
	q := g.question
	q.Kind = kindRead
	e, err := sources.Failure(g.ask(q, query), reason, g.at)
	return []timeline.Evidence{e}, err
}

func (g *gatherer) ask(q question, query string) sources.Ask {
	return sources.Ask{Source: sourceKind, Target: g.server.Name, Query: query, Question: q, Observed: g.window}
}
