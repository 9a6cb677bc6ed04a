package logfile

import (
	"context"
	"errors"
	"io"
	"time"

	"collector/internal/timeline"
)

// Slack is by how much a line may be earlier than one before it: writers on
// several hosts, buffers, clocks that are set. Bisection and early stops rely on it.
const Slack = 5 * time.Minute

const (
	// WholeBelow is the size below which files are read from the first to the last byte, whatever the order of their lines.
	WholeBelow = 8 << 20
	// NearEnough ends the bisection: reading this much costs less than another probe.
	NearEnough = 256 << 10
	// ProbeReach is how far a probe looks for a line with a time.
	ProbeReach = 4 << 20
	// probeBuffer is how much a probe reads at once.
	probeBuffer = 16 << 10
)

// ErrDisorder says that the lines are out of order by more than Slack, so only reading all of them is sound.
var ErrDisorder = errors.New("the lines are not in order of time")

// probe is a line's place and time.
type probe struct {
	offset int64
	when   timeline.Instant
}

// Seeker finds where in a plain file a time begins.
type Seeker struct {
	File  *Meter
	Size  int64
	When  func(text []byte) (timeline.Instant, bool) // the time of a line, if it has one
	Reach int64                                      // how far a probe looks for a line with a time: ProbeReach
	Near  int64                                      // ends the bisection: NearEnough
}

// Find returns the offset of a line before which no line is at or after `from`,
// given that no line is more than Slack earlier than one before it. Only probes
// that prove this move the lower bound, so a file without readable lines is read
// from its beginning. It returns ErrDisorder when the probes contradict the order.
func (s Seeker) Find(ctx context.Context, from time.Time) (int64, error) {
	low, high := int64(0), s.Size
	seen, err := s.survey(ctx)
	if err != nil {
		return 0, err
	}
	for high-low > s.Near {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		middle := low + (high-low)/2
		p, ok, err := s.probe(middle, high)
		if err != nil {
			return 0, err
		}
		if !ok {
			high = middle
			continue
		}
		seen = append(seen, p)
		if !ordered(seen) {
			return 0, ErrDisorder
		}
		if p.when.Latest.Add(Slack).Before(from) {
			low = p.offset
		} else {
			high = middle
		}
	}
	return low, nil
}

// surveyed is how many evenly spaced probes look for disorder before the order
// is relied on, besides the last line.
const surveyed = 16

// survey looks at lines from all over the file. It catches files with the newest
// line first and logs that were put together in the wrong order.
func (s Seeker) survey(ctx context.Context) ([]probe, error) {
	var seen []probe
	add := func(p probe, ok bool, err error) error {
		if err == nil && ok {
			if seen = append(seen, p); !ordered(seen) {
				return ErrDisorder
			}
		}
		return errors.Join(err, ctx.Err())
	}
	for i := range int64(surveyed) {
		if err := add(s.probe(s.Size/surveyed*i, s.Size)); err != nil {
			return nil, err
		}
	}
	return seen, add(s.last())
}

// ordered reports whether the newest probe fits all others.
func ordered(seen []probe) bool {
	last := seen[len(seen)-1]
	for _, p := range seen[:len(seen)-1] {
		first, second := p, last
		if first.offset > second.offset {
			first, second = second, first
		}
		if first.offset != second.offset && second.when.Latest.Add(Slack).Before(first.when.Earliest) {
			return false
		}
	}
	return true
}

// probe finds the first line with a time that begins after an offset and before a limit.
func (s Seeker) probe(after, limit int64) (probe, bool, error) {
	limit = min(limit, after+s.Reach)
	section := &Meter{ctx: s.File.ctx, file: s.File, at: after}
	text := NewLines(section, after, probeBuffer)
	for skipped := after == 0; ; skipped = true {
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return probe{}, false, nil
		}
		if err != nil {
			return probe{}, false, err
		}
		if skipped && l.Offset < limit && !l.TooLong {
			if when, ok := s.When(l.Text); ok {
				return probe{l.Offset, when}, true, nil
			}
		}
		if l.Next >= limit {
			return probe{}, false, nil
		}
	}
}

// last finds the last line with a time in the final reach bytes.
func (s Seeker) last() (p probe, ok bool, err error) {
	from := max(0, s.Size-min(s.Reach, 64<<10))
	text := NewLines(&Meter{ctx: s.File.ctx, file: s.File, at: from}, from, probeBuffer)
	for first := from > 0; ; first = false {
		l, err := text.Next()
		if errors.Is(err, io.EOF) {
			return p, ok, nil
		}
		if err != nil {
			return p, ok, err
		}
		if first || l.TooLong {
			continue
		}
		if when, has := s.When(l.Text); has {
			p, ok = probe{l.Offset, when}, true
		}
	}
}
