package errorlog

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// Bounds of what is read of one server's log.
const (
	maxBytes = 64 << 20 // unpacked, of all files: deadlocks and dumps are long
	lookBack = 10 * time.Minute
	atOnce   = 256 << 10
	headPart = 64 << 10 // how far the first time of a file is searched
)

// errTooMuch: the log is longer than maxBytes in the window.
var errTooMuch = fmt.Errorf("more than %d MiB of it lie in the window", maxBytes>>20)

// rotated names the files that logrotate and mysqladmin flush-logs leave beside a log.
var rotated = regexp.MustCompile(`^(?:[.-](?:\d{1,3}|\d{8}(?:[-T]?\d{2,6})?|old))?(?:\.(?:gz|bz2|zst))?$`)

// filesOf lists a log and its rotated neighbours that were written to in or after
// the window, oldest first. A log that is not there is an error only if nothing is.
func filesOf(path string, from time.Time) ([]string, error) {
	type candidate struct {
		path string
		at   time.Time
	}
	var list []candidate
	info, err := os.Stat(path)
	if err == nil {
		list = append(list, candidate{path, info.ModTime()})
	}
	names, _ := filepath.Glob(escaped(path) + `[.\-]*`)
	for _, name := range names {
		if !rotated.MatchString(strings.TrimPrefix(name, path)) {
			continue
		}
		if info, statErr := os.Stat(name); statErr == nil && info.Mode().IsRegular() && !info.ModTime().Before(from) {
			list = append(list, candidate{name, info.ModTime()})
		}
	}
	if len(list) == 0 {
		return nil, logfile.Explain(err)
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.path, b.path))
	})
	var paths []string
	for _, c := range list {
		paths = append(paths, c.path)
	}
	return paths, nil
}

// escaped takes a glob's characters in a path for themselves.
func escaped(path string) string {
	return regexp.MustCompile(`[\\*?\[]`).ReplaceAllString(path, `\$0`)
}

// Readable says why the log at a path cannot be read, or nil.
func Readable(ctx context.Context, path string) error {
	paths, err := filesOf(path, time.Now())
	if err != nil {
		return err
	}
	f, err := logfile.Open(paths[len(paths)-1])
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r := reader{ctx: ctx}
	if first, err := r.first(f); err != nil {
		return err
	} else if first == nil && f.Info.Size() > 0 {
		return errForeign
	}
	return nil
}

// errForeign: not one line begins as those of a server do.
var errForeign = errors.New("no line at its beginning is one of a MySQL or MariaDB server's error log")

// reader reads the files of one log.
type reader struct {
	ctx    context.Context
	clock  Clock
	window timeline.Window // with what is read before it
	budget int64
	near   int64 // see logfile.Seeker
	whole  int64 // files below this size are not searched
	take   func(entry)
}

// read hands on the messages of a file in the window, in the order of the file.
func (r *reader) read(path string) (report fileReport, err error) {
	report.Path = path
	f, err := logfile.Open(path)
	if err != nil {
		return report, err
	}
	defer func() { _ = f.Close() }()
	report.Size = f.Info.Size()
	if report.First, err = r.first(f); err != nil {
		return report, err
	}
	start := int64(0)
	if f.Content == logfile.Plain && report.Size > r.whole {
		start, err = logfile.Seeker{
			File: logfile.NewMeter(r.ctx, f.File, 0), Size: report.Size, When: r.when, Reach: logfile.ProbeReach, Near: r.near,
		}.Find(r.ctx, r.window.From)
		if errors.Is(err, logfile.ErrDisorder) {
			start, err = 0, nil
		}
		if err != nil {
			return report, err
		}
	}
	report.From = start
	input := logfile.NewMeter(r.ctx, f.File, start)
	stream, done, err := f.Unpack(input)
	if err != nil {
		return report, err
	}
	defer done()
	err = r.lines(logfile.NewLines(stream, start, atOnce), start, &report)
	report.BytesRead = input.BytesRead()
	return report, err
}

// lines reads from an offset to the end of the window.
func (r *reader) lines(text *logfile.Lines, start int64, report *fileReport) error {
	var before time.Time // day of the line before, for heads that have none
	for {
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading it: %w", logfile.Explain(err))
		}
		if l.Next-start > r.budget {
			r.budget = 0
			return errTooMuch
		}
		h, ok := parseHead(string(l.Text[:min(len(l.Text), 64<<10)]))
		if !ok {
			if len(bytes.TrimSpace(l.Text)) > 0 {
				report.Other++
			}
			continue
		}
		h = h.on(before)
		if h.day {
			before = h.wall
		}
		h.at = r.clock.place(h)
		if h.at.Earliest.After(r.window.To.Add(logfile.Slack)) {
			return nil
		}
		last := h.at.At
		report.Last = &last
		report.Messages++
		if h.local = !h.zone; h.local {
			report.Local++
		}
		if !h.at.Latest.Before(r.window.From) && h.at.Earliest.Before(r.window.To) {
			r.take(h.entry)
		}
	}
}

// on gives a head without a date the day of the line before it.
func (h head) on(before time.Time) head {
	if h.day || before.IsZero() {
		return h
	}
	y, m, d := before.Date()
	hour, minute, second := h.wall.Clock()
	h.wall = time.Date(y, m, d, hour, minute, second, 0, time.UTC)
	if h.wall.Before(before.Add(-12 * time.Hour)) {
		h.wall = h.wall.Add(day)
	}
	return h
}

// when is the time of a line, for the search.
func (r *reader) when(text []byte) (timeline.Instant, bool) {
	h, ok := parseHead(string(text[:min(len(text), 64<<10)]))
	if !ok || !h.day {
		return timeline.Instant{}, false
	}
	return r.clock.place(h), true
}

// first is the first time in a file, nil when there is none near its beginning.
func (r *reader) first(f *logfile.File) (*time.Time, error) {
	stream, done, err := f.Unpack(logfile.NewMeter(r.ctx, f.File, 0))
	if err != nil {
		return nil, err
	}
	defer done()
	text := logfile.NewLines(stream, 0, 16<<10)
	for text.Offset() < headPart {
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading it: %w", logfile.Explain(err))
		}
		if at, ok := r.when(l.Text); ok {
			return &at.At, nil
		}
	}
	return nil, nil
}
