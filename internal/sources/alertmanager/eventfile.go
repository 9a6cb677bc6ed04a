package alertmanager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// readBuffer is how much of a file is read at once.
const readBuffer = 256 << 10

// maxFiles is how many files of one glob are read: the newest.
const maxFiles = 200

// fileReport is what was read of one file.
type fileReport struct {
	Path      string     `json:"path"`
	Size      int64      `json:"size"`
	BytesRead int64      `json:"bytes_read"`
	From      int64      `json:"from_byte"`       // where reading began
	Lines     int        `json:"lines"`           // that were looked at
	First     *time.Time `json:"first,omitempty"` // earliest and latest time among them
	Last      *time.Time `json:"last,omitempty"`
	Bad       int        `json:"bad_lines,omitempty"`
	BadAt     int64      `json:"first_bad_at,omitempty"` // byte
	BadReason string     `json:"first_bad_reason,omitempty"`
	BadFrom   *time.Time `json:"bad_from,omitempty"` // the times of the lines around the bad ones
	BadTo     *time.Time `json:"bad_to,omitempty"`
	Unknown   []string   `json:"unknown_types,omitempty"`
	Cut       bool       `json:"last_line_unfinished,omitempty"`
}

// lineTaker is told of every line of the range of time.
type lineTaker func(text []byte) error

// fileReading is one run over one file.
type fileReading struct {
	file     *logfile.File
	from, to time.Time
	ordered  bool // lines are taken to be in order, so that reading may stop early
	take     lineTaker

	report  fileReport
	highest time.Time
	bad     bool // since the last line with a time
}

// readEvents reads what a file says about a range of time. begin is called before
// every run over the file: there are two where the lines turn out to be in disorder.
func (s *Source) readEvents(ctx context.Context, f *logfile.File, from, to time.Time, begin func() lineTaker) (fileReport, error) {
	size := f.Info.Size()
	input := logfile.NewMeter(ctx, f.File, 0)
	ordered, start := size > s.whole, int64(0)
	var err error
	if ordered && f.Content == logfile.Plain {
		start, err = logfile.Seeker{File: input, Size: size, When: instantOf, Reach: logfile.ProbeReach, Near: s.near}.Find(ctx, from)
	}
	r := &fileReading{file: f, from: from, to: to, ordered: ordered, take: begin()}
	if err == nil {
		err = r.run(ctx, input, start)
	}
	if errors.Is(err, logfile.ErrDisorder) {
		r = &fileReading{file: f, from: from, to: to, take: begin()}
		err = r.run(ctx, input, 0)
	}
	r.report.Path, r.report.Size, r.report.BytesRead = f.Path, size, input.BytesRead()
	return r.report, err
}

func instantOf(text []byte) (timeline.Instant, bool) {
	at, err := timeOf(text)
	return timeline.Exactly(at), err == nil
}

// run reads from an offset to the end of the range.
func (r *fileReading) run(ctx context.Context, input *logfile.Meter, start int64) error {
	r.report.From = start
	return r.file.Each(ctx, input, start, r.line)
}

// line looks at one line and says whether nothing that follows can matter.
func (r *fileReading) line(l logfile.Line) (stop bool, err error) {
	if len(l.Text) == 0 {
		return false, nil
	}
	at, err := timeOf(l.Text)
	if err != nil {
		if r.unfinished(l) {
			r.report.Cut = true
			return false, nil
		}
		r.badLine(l, err)
		return false, nil
	}
	if err := r.place(at); err != nil {
		return false, err
	}
	if r.ordered && at.After(r.to.Add(logfile.Slack)) {
		return true, nil
	}
	if at.Before(r.from) || at.After(r.to) {
		return false, nil
	}
	if l.TooLong {
		r.badLine(l, fmt.Errorf("it is longer than %d MiB", logfile.MaxLine>>20))
		return false, nil
	}
	err = r.take(l.Text)
	unknown := unknownType("")
	switch {
	case errors.Is(err, errTooMany):
		return true, err
	case errors.As(err, &unknown):
		r.unknown(string(unknown))
	case err != nil && r.unfinished(l):
		r.report.Cut = true
	case err != nil:
		r.badLine(l, err)
	}
	return false, nil
}

// unfinished reports whether a line is still being written.
func (r *fileReading) unfinished(l logfile.Line) bool {
	return !l.Whole && r.file.Content == logfile.Plain
}

// place follows the order of times.
func (r *fileReading) place(at time.Time) error {
	if r.ordered && at.Add(logfile.Slack).Before(r.highest) {
		return logfile.ErrDisorder
	}
	r.highest = later(r.highest, at)
	at = writable(at)
	if r.bad {
		r.bad = false
		r.report.BadTo = &at
	}
	r.report.Lines++
	if r.report.First == nil || at.Before(*r.report.First) {
		r.report.First = &at
	}
	if r.report.Last == nil || at.After(*r.report.Last) {
		r.report.Last = &at
	}
	return nil
}

// badLine remembers between which lines the unreadable ones stand.
func (r *fileReading) badLine(l logfile.Line, reason error) {
	if r.report.Bad++; r.report.Bad == 1 {
		r.report.BadAt, r.report.BadReason = l.Offset, clip(reason.Error(), maxName)
		r.report.BadFrom = r.report.Last
	}
	r.bad, r.report.BadTo = true, nil
}

// maxTypes is how many unknown types are named.
const maxTypes = 10

func (r *fileReading) unknown(kind string) {
	if kind = clip(kind, 60); !slices.Contains(r.report.Unknown, kind) && len(r.report.Unknown) < maxTypes {
		r.report.Unknown = append(r.report.Unknown, kind)
	}
}

// unknownType is the error of an event that this version does not know.
type unknownType string

func (u unknownType) Error() string { return "an event of an unknown type: " + string(u) }

var errTooMany = errors.New("more lines of the window than are kept: name a shorter one")

var errNoFile = errors.New("no file matches it: correct events_file, or see whether Alertmanager runs with --enable-feature=event-recorder and has event_recorder.file_outputs in its configuration")

// eventFiles lists the files of the glob, the newest first.
func eventFiles(glob string) ([]string, error) {
	paths, err := doublestar.FilepathGlob(glob, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
	if err != nil {
		return nil, fmt.Errorf("its directory cannot be listed: %w", logfile.Explain(err))
	}
	if len(paths) == 0 {
		return nil, errNoFile
	}
	times := map[string]time.Time{}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			times[path] = info.ModTime()
		}
	}
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(times[b].Compare(times[a]), cmp.Compare(a, b))
	})
	return paths, nil
}

// isKnown reports whether a file was read already, under whatever name.
func isKnown(seen []fs.FileInfo, info fs.FileInfo) bool {
	return slices.ContainsFunc(seen, func(s fs.FileInfo) bool { return os.SameFile(s, info) })
}
