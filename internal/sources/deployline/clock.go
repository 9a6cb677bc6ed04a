package deployline

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"

	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// Stamp is a line's time with its error, and what is odd about it.
type Stamp struct {
	timeline.Instant
	Note string // "02:30:00 occurs twice in Europe/Berlin"
}

// clock reads the times of one log.
type clock struct {
	layouts []string      // tried in order
	unit    time.Duration // of a number; 0: by its size; -1: numbers are no times
	zone    *time.Location
}

// anyLayouts are tried when none is configured. Go's parser accepts a fraction
// after the seconds of each.
var anyLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
}

func newClock(layout, zone string) (clock, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return clock{}, fmt.Errorf("unknown time zone %q", zone)
	}
	c := clock{zone: loc}
	switch layout {
	case "":
		c.layouts = anyLayouts[:]
	case "rfc3339":
		c.layouts, c.unit = []string{time.RFC3339}, -1
	case "unix":
		c.unit = time.Second
	case "unix_ms":
		c.unit = time.Millisecond
	case "unix_us":
		c.unit = time.Microsecond
	case "unix_ns":
		c.unit = time.Nanosecond
	default:
		if strings.Contains(layout, "%") {
			if layout, err = strftime.Layout(layout); err != nil {
				return clock{}, fmt.Errorf("not a strftime format that can be read: %w", err)
			}
		}
		if same(layout, reference, reference.AddDate(1, 0, 0)) {
			return clock{}, fmt.Errorf("%q has no year, so its times cannot be placed", layout)
		}
		c.layouts, c.unit = []string{layout}, -1
	}
	return c, nil
}

// reference is a time in which a change of any part shows.
var reference = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func same(layout string, a, b time.Time) bool { return a.Format(layout) == b.Format(layout) }

// The years that a time can have; what lies outside is a misread number.
var (
	firstYear = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	lastYear  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// parse reads a time. After is the time of the line before, or zero; it only
// chooses between the two candidates of an ambiguous local time.
func (c clock) parse(value string, after time.Time) (Stamp, error) {
	value = strings.TrimSpace(value)
	s, err := c.read(value, after)
	if err != nil {
		return Stamp{}, err
	}
	if s.Earliest.Before(firstYear) || s.Latest.After(lastYear) {
		return Stamp{}, errors.New("the time is out of range")
	}
	return s, nil
}

func (c clock) read(value string, after time.Time) (Stamp, error) {
	if c.unit >= 0 {
		if s, err := c.number(value); err == nil || len(c.layouts) == 0 {
			return s, err
		}
	}
	for _, layout := range c.layouts {
		if zoned(layout) {
			t, err := time.ParseInLocation(layout, value, c.zone)
			if err != nil {
				continue
			}
			if invented(t, c.zone) {
				return Stamp{}, errors.New("unknown abbreviation of a time zone")
			}
			return Stamp{Instant: lasting(t, resolution(layout, value, t))}, nil
		}
		if t, err := time.Parse(layout, value); err == nil {
			return c.local(t, after, resolution(layout, value, t)), nil
		}
	}
	return Stamp{}, errors.New("the time does not fit the layout")
}

// zoned reports whether a layout says which zone a time is in.
func zoned(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") || strings.Contains(layout, "MST")
}

// invented reports whether Go made up a zone with offset zero for an abbreviation
// that it did not know (see time.Parse), which would be wrong by hours.
func invented(t time.Time, zone *time.Location) bool {
	name, offset := t.Zone()
	known := name == "" || name == "UTC" || name == "GMT" || name == "WET" || name == "Z"
	return offset == 0 && !known && t.Location() != zone && t.Location() != time.UTC
}

// lasting is the instant of a time that is written no finer than d.
func lasting(t time.Time, d time.Duration) timeline.Instant {
	t = t.UTC().Truncate(time.Millisecond)
	return timeline.Instant{At: t, Earliest: t, Latest: t.Add(d)}
}

var fraction = regexp.MustCompile(`:\d\d[.,](\d{1,9})`)

// resolution is the smallest step of a time as it is written, at least a millisecond.
func resolution(layout, value string, t time.Time) time.Duration {
	if m := fraction.FindStringSubmatch(value); m != nil {
		return decimals(len(m[1]))
	}
	if t.Nanosecond() != 0 {
		digits := strings.TrimRight(fmt.Sprintf("%09d", t.Nanosecond()), "0")
		return decimals(len(digits))
	}
	for _, step := range [...]time.Duration{time.Second, time.Minute, time.Hour} {
		if !same(layout, reference, reference.Add(step)) {
			return step
		}
	}
	return 24 * time.Hour
}

func decimals(n int) time.Duration {
	d := time.Second
	for ; n > 0 && d > time.Millisecond; n-- {
		d /= 10
	}
	return d
}

// local places a wall clock reading, given as if it were UTC, in the log's zone.
func (c clock) local(wall, after time.Time, step time.Duration) Stamp {
	var valid, all []time.Time
	for _, probe := range [...]time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(probe).In(c.zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		all = append(all, t)
		if _, real := t.In(c.zone).Zone(); real == offset {
			valid = append(valid, t)
		}
	}
	verb := "occurs twice in"
	if len(valid) == 0 { // skipped when daylight saving began
		valid, verb = all, "does not exist in"
	}
	slices.SortFunc(valid, time.Time.Compare)
	first, last := valid[0], valid[len(valid)-1]
	s := Stamp{Instant: lasting(first, step)}
	if first.Equal(last) {
		return s
	}
	s.Latest = lasting(last, step).Latest
	s.Note = fmt.Sprintf("%s %s %s", wall.Format("2006-01-02 15:04:05"), verb, c.zone)
	if !after.IsZero() && first.Add(logfile.Slack).Before(after) {
		s.At = lasting(last, step).At
	}
	return s
}

var plainNumber = regexp.MustCompile(`^\d{1,20}(\.\d{1,12})?$`)

// number reads a Unix time. Without a unit its size tells: up to 11 digits are
// seconds, up to 14 milliseconds, up to 17 microseconds, else nanoseconds.
func (c clock) number(value string) (Stamp, error) {
	if strings.ContainsAny(value, "eE") { // some JSON writers: 1.7e+09
		if f, err := strconv.ParseFloat(value, 64); err == nil && f > 0 && f < 1e20 {
			value = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	if !plainNumber.MatchString(value) {
		return Stamp{}, errors.New("the time is not a Unix time")
	}
	whole, frac, _ := strings.Cut(value, ".")
	unit := c.unit
	if unit == 0 {
		unit = unitOf(len(whole))
	}
	n, _ := new(big.Rat).SetString(value)
	n.Mul(n, big.NewRat(int64(unit), 1))
	ns := new(big.Int).Quo(n.Num(), n.Denom())
	if !ns.IsInt64() {
		return Stamp{}, errors.New("the time is out of range")
	}
	step := max(unit, time.Millisecond)
	if frac != "" && unit == time.Second {
		step = decimals(len(frac))
	}
	return Stamp{Instant: lasting(time.Unix(0, ns.Int64()), step)}, nil
}

func unitOf(digits int) time.Duration {
	switch {
	case digits <= 11:
		return time.Second
	case digits <= 14:
		return time.Millisecond
	case digits <= 17:
		return time.Microsecond
	}
	return time.Nanosecond
}
