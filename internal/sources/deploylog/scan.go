package deploylog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// Limits of what is kept of one log, so that a misread file cannot fill the memory.
const (
	maxEntries   = 20_000
	maxKept      = 64 << 20 // bytes of their texts
	maxBadShown  = 5        // bad lines cited per file
	maxSpans     = 20       // stretches with bad lines told apart per file
	maxWords     = 10       // unknown event words named per file
	stillWriting = time.Minute
	readBuffer   = 256 << 10
)

// found is a line that tells of a deploy, before it is masked.
type found struct {
	line  deployline.Line
	stamp deployline.Stamp
	event string
}

// scanner reads files for the lines of one range of time.
type scanner struct {
	reader deployline.Reader
	format string
	from   time.Time
	to     time.Time
	now    time.Time
	whole  int64 // files below this size are read whole
	near   int64
	budget *budget
}

// budget is shared by all files of a log.
type budget struct{ entries, bytes int }

// errShrank: somebody emptied the file, as logrotate does with copytruncate.
var errShrank = errors.New("it shrank")

var errTooMany = fmt.Errorf("more than %d lines or %d MiB tell of deploys: name a shorter window, or narrow file.paths", maxEntries, maxKept>>20)

// readFile reads what a file says about the range. What was read before an
// error counts.
func (s *scanner) readFile(ctx context.Context, f *logfile.File) (fileReport, []found, error) {
	size := f.Info.Size()
	input := logfile.NewMeter(ctx, f.File, 0)
	large := size > s.whole
	var start int64
	var err error
	if large && f.Content == logfile.Plain {
		start, err = logfile.Seeker{File: input, Size: size, When: s.timeOf, Reach: logfile.ProbeReach, Near: s.near}.Find(ctx, s.from)
		if errors.Is(err, logfile.ErrDisorder) {
			large, start, err = false, 0, nil
		}
	}
	p := &pass{scanner: s, file: f, ordered: large, input: input}
	if err == nil {
		err = p.run(ctx, start)
	}
	if errors.Is(err, logfile.ErrDisorder) {
		s.budget.entries -= len(p.found)
		p = &pass{scanner: s, file: f, input: input}
		p.report.note("its lines are not in order of time, so all were read")
		err = p.run(ctx, 0)
	}
	p.finish(size)
	if info, statErr := f.Stat(); err == nil && statErr == nil && info.Size() < size {
		err = fmt.Errorf("%w from %d to %d bytes while it was read", errShrank, size, info.Size())
	}
	if err != nil {
		p.report.Error = err.Error()
	}
	return p.report, p.found, err
}

// timeOf is the time of a line, whatever else it says.
func (s *scanner) timeOf(text []byte) (timeline.Instant, bool) {
	e, _ := s.reader.Read(deployline.Line{Text: string(text)})
	return e.Stamp.Instant, !e.Stamp.At.IsZero()
}

// pass is one run over a file.
type pass struct {
	*scanner
	file    *logfile.File
	input   *logfile.Meter
	ordered bool // lines are taken to be in order, so reading may stop early

	report  fileReport
	found   []found
	last    time.Time // of the last line with a time
	highest time.Time // earliest bound of the latest line so far
	bad     int       // since the last line with a time
}

// run reads from an offset to the end of the range.
func (p *pass) run(ctx context.Context, start int64) error {
	p.report.From = start
	return p.file.Each(ctx, p.input, start, p.take)
}

// take looks at one line and says whether nothing that follows can matter.
func (p *pass) take(l logfile.Line) (stop bool, err error) {
	if blank := bytes.TrimSpace(l.Text); len(blank) == 0 || blank[0] == '#' {
		return false, nil
	}
	p.report.Lines++
	current := deployline.Line{File: p.file.Path, Offset: l.Offset, Text: strings.ToValidUTF8(string(l.Text), "\uFFFD")}
	e, err := p.read(l, &current)
	unfinished := !l.Whole && p.file.Content == logfile.Plain
	switch {
	case unfinished && (err != nil && !errors.Is(err, deployline.ErrOther) || p.mayBeCut()):
		p.report.Lines--
		p.report.note("its last line was still being written")
		return false, nil
	case errors.Is(err, deployline.ErrUnmatched):
		p.report.Unmatched++
		return false, nil
	case errors.Is(err, deployline.ErrOther):
		p.other(e.Word)
	case err != nil:
		p.badLine(l, err, e.Stamp)
		return false, nil
	}
	if err := p.place(e.Stamp); err != nil {
		return false, err
	}
	if p.ordered && e.Stamp.Earliest.After(p.to.Add(logfile.Slack)) {
		return true, nil
	}
	if err == nil && !e.Stamp.Latest.Before(p.from) && !e.Stamp.Earliest.After(p.to) {
		return false, p.keep(found{current, e.Stamp, e.Event})
	}
	return false, nil
}

func (p *pass) read(l logfile.Line, current *deployline.Line) (deployline.Entry, error) {
	if l.TooLong {
		return deployline.Entry{}, fmt.Errorf("longer than %d bytes", logfile.MaxLine)
	}
	e, err := p.reader.Read(*current)
	if e.Stamp.Note != "" && !p.last.IsZero() {
		after := p.last
		current.After = &after
		return p.reader.Read(*current)
	}
	return e, err
}

// mayBeCut reports whether a last line without a newline that can be read may
// still lack its end: a JSON object is complete when it closes, the others
// only when nobody has written for a while.
func (p *pass) mayBeCut() bool {
	return p.format != deployline.FormatJSON && p.now.Sub(p.file.Info.ModTime()) < stillWriting
}

// place follows the order of times, and closes a stretch of bad lines.
func (p *pass) place(s deployline.Stamp) error {
	if p.ordered && s.Latest.Add(logfile.Slack).Before(p.highest) {
		return logfile.ErrDisorder
	}
	if s.Earliest.After(p.highest) {
		p.highest = s.Earliest
	}
	if p.bad > 0 {
		to := s.Latest
		p.closeSpan(&to)
	}
	p.last = s.At
	at := s.At
	if p.report.First == nil || at.Before(*p.report.First) {
		p.report.First = &at
	}
	if p.report.Last == nil || at.After(*p.report.Last) {
		p.report.Last = &at
	}
	return nil
}

func (p *pass) closeSpan(to *time.Time) {
	span := badSpan{To: to, Lines: p.bad}
	if !p.last.IsZero() {
		from := p.last
		span.From = &from
	}
	p.bad = 0
	p.addSpan(span)
}

func (p *pass) addSpan(span badSpan) {
	spans := p.report.BadSpans
	if len(spans) == maxSpans {
		last := &spans[maxSpans-1]
		last.To, last.Lines = span.To, last.Lines+span.Lines
		return
	}
	p.report.BadSpans = append(spans, span)
}

func (p *pass) badLine(l logfile.Line, reason error, at deployline.Stamp) {
	p.report.Bad++
	if at.At.IsZero() {
		p.bad++
	} else {
		p.addSpan(badSpan{From: &at.Earliest, To: &at.Latest, Lines: 1})
	}
	if len(p.report.BadShown) < maxBadShown {
		excerpt := string(l.Text[:min(len(l.Text), deployline.MaxText)])
		p.report.BadShown = append(p.report.BadShown, badLine{l.Offset, reason.Error(), excerpt})
	}
}

func (p *pass) other(word string) {
	p.report.Other++
	if len(p.report.OtherWords) < maxWords && word != "" && !slices.Contains(p.report.OtherWords, word) {
		p.report.OtherWords = append(p.report.OtherWords, word)
	}
}

func (p *pass) keep(f found) error {
	p.budget.entries++
	p.budget.bytes += len(f.line.Text)
	if p.budget.entries > maxEntries || p.budget.bytes > maxKept {
		return errTooMany
	}
	p.found = append(p.found, f)
	p.report.Entries++
	return nil
}

// finish completes the report.
func (p *pass) finish(size int64) {
	if p.bad > 0 {
		p.closeSpan(nil)
	}
	r := &p.report
	r.Path, r.Content, r.Size, r.BytesRead = p.file.Path, p.file.Content, size, p.input.BytesRead()
	r.Method = "whole"
	if p.ordered {
		r.Method = "seek"
		if p.file.Content != logfile.Plain {
			r.Method = "stream"
		}
	}
}
