package deploylog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// rounds is how often the globs are expanded again, to find what was rotated
// while the files were read.
const rounds = 3

// collection is the work of one Gather.
type collection struct {
	source  *Source
	req     sources.Request
	window  timeline.Window
	scan    *scanner
	seen    []fs.FileInfo
	reports []fileReport
	found   []found
	failed  []failure
	misses  map[string]error // of globs, in the last round
	gone    map[string]error // files that were listed and not there any more
	shrunk  []failure        // files that were emptied while they were read
}

// failure is a file or a glob that could not be read.
type failure struct {
	what  string // fileFailed or globFailed
	path  string
	until *time.Time // its lines up to this time were read
	err   error
}

// Gather reads the files and returns one record for each episode in or shortly
// before the window, one on what was read, and one for each thing that could not be.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	clusters := timeline.Scope{Clusters: req.Scope.Clusters} // scoped targets are servers; a service is none
	if !clusters.Includes(s.config.Cluster, s.config.Name) {
		return nil, nil
	}
	w := req.Window.UTC()
	c := &collection{source: s, req: req, window: w, gone: map[string]error{}}
	c.scan = &scanner{
		reader: s.reader, format: s.config.File.Format, now: req.Now(), whole: s.whole, near: s.near, budget: &budget{},
		from: w.From.Add(-max(time.Duration(s.config.File.Lookback), time.Duration(s.config.File.Lookaround))),
		to:   w.To.Add(time.Duration(s.config.File.Lookaround)),
	}
	c.readAll(ctx)
	return c.records()
}

// readAll reads every file that the globs name, newest first, each once however
// many names it has.
func (c *collection) readAll(ctx context.Context) {
	copied := false
	for round := range rounds {
		fresh := c.expand(ctx)
		if len(fresh) == 0 {
			break
		}
		for _, path := range fresh {
			if err := ctx.Err(); err != nil {
				c.failed = append(c.failed, failure{what: fileFailed, path: path, err: fmt.Errorf("not read for want of time: %w: give the source more, or make file.paths narrower", err)})
				continue
			}
			before := len(c.seen)
			c.readOne(ctx, path)
			copied = copied || (round > 0 && len(c.seen) > before)
		}
	}
	if !copied { // else the copy that logrotate made was read in a later round
		c.failed = append(c.failed, c.shrunk...)
	}
	for _, path := range slices.Sorted(maps.Keys(c.gone)) {
		// A file that was rotated away was read under its new name; a link that
		// leads nowhere is still there.
		if _, err := os.Lstat(path); err == nil {
			c.failed = append(c.failed, failure{what: fileFailed, path: path, err: c.gone[path]})
		}
	}
	for _, glob := range slices.Sorted(maps.Keys(c.misses)) {
		c.failed = append(c.failed, failure{what: globFailed, path: glob, err: c.misses[glob]})
	}
}

// expand returns the paths of files that were not read yet.
func (c *collection) expand(ctx context.Context) []string {
	c.misses = map[string]error{}
	type candidate struct {
		path string
		at   time.Time
	}
	var list []candidate
	for _, glob := range c.source.config.File.Paths {
		m, err := within(ctx, func() matches { return expand(glob) })
		if err != nil {
			c.misses[glob] = fmt.Errorf("listing the files of %s: %w: does the file system answer?", glob, err)
			continue
		}
		if m.err != nil {
			c.misses[glob] = m.err
		}
		for _, path := range m.paths {
			info, err := within(ctx, func() fs.FileInfo { return statOrNil(path) })
			if err == nil && (c.isKnown(info, path) || slices.ContainsFunc(list, func(k candidate) bool { return k.path == path })) {
				continue
			}
			k := candidate{path: path}
			if info != nil {
				k.at = info.ModTime()
			}
			list = append(list, k)
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		if d := b.at.Compare(a.at); d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	paths := make([]string, len(list))
	for i, k := range list {
		paths[i] = k.path
	}
	return paths
}

func statOrNil(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// isKnown reports whether a file was read already, or failed under this name.
func (c *collection) isKnown(info fs.FileInfo, path string) bool {
	if slices.ContainsFunc(c.failed, func(f failure) bool { return f.path == path }) {
		return true
	}
	return info != nil && slices.ContainsFunc(c.seen, func(s fs.FileInfo) bool { return os.SameFile(s, info) })
}

// reading is what reading one file came to.
type reading struct {
	info   fs.FileInfo
	report fileReport
	found  []found
	err    error
}

func (c *collection) readOne(ctx context.Context, path string) {
	shared := *c.scan.budget
	r, err := within(ctx, func() reading {
		mine := *c.scan
		mine.budget = &shared
		f, err := c.source.open(path)
		if err != nil {
			return reading{err: err}
		}
		defer func() { _ = f.Close() }()
		report, lines, err := mine.readFile(ctx, f)
		return reading{f.Info, report, lines, err}
	})
	if err != nil {
		c.failed = append(c.failed, failure{what: fileFailed, path: path, err: fmt.Errorf("no answer in time: %w: does the file system answer?", err)})
		return
	}
	switch {
	case errors.Is(r.err, logfile.ErrDirectory):
		return
	case errors.Is(r.err, fs.ErrNotExist):
		c.gone[path] = r.err
		return
	}
	delete(c.gone, path)
	*c.scan.budget = shared
	if r.info != nil {
		if c.isKnown(r.info, path) { // renamed between the look and the opening
			return
		}
		c.seen = append(c.seen, r.info)
		c.reports = append(c.reports, r.report)
		c.found = append(c.found, r.found...)
		c.req.Log.Debug("read deploy log", "path", path, "bytes", r.report.BytesRead, "lines", r.report.Lines, "entries", r.report.Entries)
	}
	if r.err == nil {
		return
	}
	if errors.Is(r.err, errShrank) {
		c.shrunk = append(c.shrunk, failure{what: fileFailed, path: path, until: r.report.Last, err: r.err})
		return
	}
	if errors.Is(r.err, context.DeadlineExceeded) || errors.Is(r.err, context.Canceled) {
		r.err = fmt.Errorf("stopped after %d of %d bytes: %w: give the source more time, or make file.paths narrower", r.report.BytesRead, r.report.Size, r.err)
	}
	c.failed = append(c.failed, failure{what: fileFailed, path: path, until: r.report.Last, err: r.err})
}
