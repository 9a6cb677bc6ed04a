package deploylog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
)

// maxSampled is how many files Check opens; the newest ones.
const maxSampled = 20

// Check lists the files and reads the last line of the newest one.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	var out []sources.Diagnosis
	say := func(level sources.Level, text string, fix ...string) {
		out = append(out, sources.Diagnosis{Source: kind + "/" + s.config.Name, Level: level, Text: text, Fix: fix})
	}
	paths := s.listed(ctx, say)
	if len(paths) == 0 {
		if len(out) == 0 {
			say(sources.Failed, "no file could be listed", "let the time limit be longer, or see whether the file system answers")
		}
		return out
	}
	var samples []sample
	for _, path := range paths[:min(len(paths), maxSampled)] {
		got, err := within(ctx, func() sample { return s.sample(ctx, path) })
		if err != nil {
			got = sample{path: path, err: fmt.Errorf("no answer in time: %w", err)}
		}
		if errors.Is(got.err, logfile.ErrDirectory) {
			continue
		}
		samples = append(samples, got)
	}
	s.judge(len(paths), samples, say)
	return out
}

type sayFunc func(level sources.Level, text string, fix ...string)

// listed returns the files, newest first.
func (s *Source) listed(ctx context.Context, say sayFunc) []string {
	var paths []string
	for _, glob := range s.config.File.Paths {
		m, err := within(ctx, func() matches { return expand(glob) })
		switch {
		case err != nil:
			say(sources.Failed, fmt.Sprintf("listing %s: %v", glob, err), "see whether the file system answers")
		case m.err != nil && len(m.paths) == 0:
			say(sources.Failed, m.err.Error(), "correct deploys[].file.paths, or let collector's user list the directory")
		case m.err != nil:
			say(sources.Degraded, m.err.Error(), "let collector's user list the directory")
		}
		paths = append(paths, m.paths...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	times := map[string]time.Time{}
	for _, p := range paths {
		if info, err := within(ctx, func() fs.FileInfo { return statOrNil(p) }); err == nil && info != nil {
			times[p] = info.ModTime()
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return times[b].Compare(times[a]) })
	return paths
}

// sample is what one file looks like.
type sample struct {
	path   string
	empty  bool
	last   time.Time // of its last line; of its first for a compressed file
	event  bool      // the line tells of a deploy
	reason error     // why no line could be read
	err    error     // why the file could not be opened
}

// maxSample is how many bytes of a file Check looks at, unpacked.
const maxSample = 256 << 10

func (s *Source) sample(ctx context.Context, path string) (out sample) {
	out.path = path
	f, err := s.open(path)
	if err != nil {
		out.err = err
		return out
	}
	defer func() { _ = f.Close() }()
	var start int64
	if f.Content == logfile.Plain {
		start = max(0, f.Info.Size()-maxSample)
	}
	out.empty = f.Info.Size() == 0
	stream, done, err := f.Unpack(logfile.NewMeter(ctx, f.File, start))
	if err != nil {
		out.err = err
		return out
	}
	defer done()
	text := logfile.NewLines(stream, start, readBuffer)
	for first := start > 0; text.Offset()-start < maxSample; first = false {
		l, err := text.Next()
		if err != nil {
			return out
		}
		if first || len(l.Text) == 0 || l.Text[0] == '#' {
			continue
		}
		e, err := s.reader.Read(deployline.Line{Text: string(l.Text)})
		if e.Stamp.At.IsZero() {
			out.reason = err
			continue
		}
		if err == nil {
			out.event = true
		}
		if e.Stamp.At.After(out.last) {
			out.last = e.Stamp.At
		}
	}
	return out
}

// judge says what the samples show.
func (s *Source) judge(files int, samples []sample, say sayFunc) {
	var last time.Time
	var good, empty int
	var bad *sample
	event := false
	for i, got := range samples {
		switch {
		case got.err != nil:
			say(sources.Degraded, fmt.Sprintf("%s: %v", got.path, got.err), readFix(got)...)
			continue
		case got.empty:
			empty++
			continue
		case got.last.IsZero():
			if bad == nil {
				bad = &samples[i]
			}
			continue
		}
		good++
		event = event || got.event
		if got.last.After(last) {
			last = got.last
		}
	}
	switch now := s.now(); {
	case good > 0 && last.After(now.Add(time.Minute)):
		say(sources.Degraded, fmt.Sprintf("the newest line is of %s, %s in the future", last.UTC().Format(time.RFC3339), deployline.Duration(last.Sub(now))),
			"correct deploys[].file.timezone (now "+s.config.File.Timezone+"), or the clock of the host that writes the log")
	case good > 0 && !event:
		say(sources.Degraded, fmt.Sprintf("%s, the newest line of %s; no line that was looked at tells of a deploy", count(files, "file"), last.UTC().Format(time.RFC3339)),
			"map the log's words to ours in deploys[].file.events, or the keys in deploys[].file.fields")
	case good > 0:
		say(sources.OK, fmt.Sprintf("%s, the newest line of %s (%s ago), read as %s", count(files, "file"), last.UTC().Format(time.RFC3339), deployline.Duration(max(0, now.Sub(last))), s.config.File.Format))
	case bad == nil && empty > 0:
		say(sources.OK, fmt.Sprintf("%s, without a line yet", count(files, "file")))
	}
	if bad != nil {
		level := sources.Degraded
		if good == 0 {
			level = sources.Failed
		}
		say(level, fmt.Sprintf("%s: no line can be read as %s: %v", bad.path, s.config.File.Format, bad.reason),
			"correct deploys[].file.format, pattern, time_layout or fields, or make file.paths narrower")
	} else if good == 0 && empty == 0 {
		say(sources.Failed, "no file can be read", "see the lines above")
	}
}

func readFix(got sample) []string {
	if errors.Is(got.err, os.ErrPermission) {
		return []string{"setfacl -m u:collector:r " + got.path}
	}
	return nil
}
