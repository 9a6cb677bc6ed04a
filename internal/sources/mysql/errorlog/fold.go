package errorlog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// maxFound is how many events a server's error log makes; the rest are one.
const maxFound = 40

// foldPause is how long a warning or an error must be silent to be another one
// when it comes back. Notes of a window are one.
const foldPause = 5 * time.Minute

// sameEnd is how long after one line that says so another may say that the server is
// ready, or has ended.
const sameEnd = 10 * time.Second

// folder folds the messages of one log, which come in order of time.
type folder struct {
	window  timeline.Window
	mask    masker
	phase   part // starts and stops while the server does so
	done    []*found
	open    map[string]*found // by what makes messages alike
	life    *found            // the start or stop that goes on
	said    []string          // the kinds of lines that it said
	over    *found            // the last start or stop that came to its end
	overBy  part
	lines   int // messages in the window
	leftOut int
}

func newFolder(w timeline.Window, mask masker) *folder {
	return &folder{window: w, mask: mask, open: map[string]*found{}}
}

// add takes the next message, also of before the window: a start may have begun there.
func (f *folder) add(e entry) {
	c := classify(e)
	inside := e.at.Earliest.Before(f.window.To) && !e.at.Latest.Before(f.window.From)
	if inside {
		f.lines++
	}
	used := f.step(c)
	if !used && inside && f.worth(c) {
		f.fold(c)
		used = true
	}
	if inside && !used {
		f.leftOut++
	}
}

// step follows the server's life, and says whether the message was about it.
func (f *folder) step(c classified) bool {
	if c.category == nil {
		return false
	}
	switch c.part {
	case starts, stops:
		line, _, _ := strings.Cut(fmt.Sprint(c.code, " ", c.message), " ")
		if c.code == 0 {
			line, _, _ = strings.Cut(c.message, " ")
		}
		if f.phase == c.part && f.life != nil && !slices.Contains(f.said, line) {
			f.said = append(f.said, line)
			f.extend(f.life, c) // the wrapper and the server both say so
			return true
		}
		f.phase, f.said = c.part, []string{line}
		maps.DeleteFunc(f.open, func(_ string, x *found) bool { return x.Category == "crash_recovery" }) // each start has its own
		f.life = f.begin(c)
		f.done = append(f.done, f.life)
	case ready:
		f.finish(starts, c)
	case stopped:
		f.finish(stops, c)
	default:
		if c.name == "crash" {
			f.phase, f.life = plain, nil
		}
		return false
	}
	return true
}

// finish ends a start or a stop; without one, the message stands for itself.
func (f *folder) finish(phase part, c classified) {
	if f.phase == phase && f.life != nil {
		f.extend(f.life, c)
	} else if f.over != nil && c.part == f.overBy && c.at.Earliest.Sub(f.over.Last.Latest) < sameEnd {
		f.extend(f.over, c) // the server and its X plugin, or its process, both say so
		return
	} else {
		f.life = f.begin(c)
		f.done = append(f.done, f.life)
	}
	f.life.Complete = true
	f.over, f.overBy, f.life, f.phase = f.life, c.part, nil, plain
}

// worth reports whether a message may stand in a timeline. While a server starts or
// stops it says much, and closes all connections: only harm counts then.
func (f *folder) worth(c classified) bool {
	level := c.level()
	if c.category != nil && c.part == omitted || c.category == nil && level != levelError && level != levelWarning {
		return false
	}
	if f.phase == starts || f.phase == stops {
		return level == levelError || c.category != nil && c.part == recovers
	}
	return true
}

// level is the category's, or the server's own.
func (c classified) level() string {
	if c.category != nil && c.category.level != "" {
		return c.category.level
	}
	return c.entry.level
}

// fold adds a message to those that are like it.
func (f *folder) fold(c classified) {
	fresh := f.begin(c)
	key := alike(fresh)
	if c.category != nil && c.name == "replication_error" && (fresh.Details["error"] == "" || fresh.Details["error"] == coordinatorStopped) {
		key = f.replicationKey(c.at, key)
	}
	old := f.open[key]
	pause := foldPause
	if fresh.Category == "crash" {
		pause = 30 * time.Second // the next crash is another one
	}
	if old == nil || c.level() != levelNote && c.at.Earliest.Sub(old.Last.Latest) > pause {
		f.open[key] = fresh
		f.done = append(f.done, fresh)
		return
	}
	f.extend(old, c)
}

// coordinatorStopped is the error of a coordinator whose workers stopped: they said why.
const coordinatorStopped = "1756"

// replicationKey: a thread that stops says so in several lines, the last without a number.
func (f *folder) replicationKey(at timeline.Instant, key string) string {
	latest := ""
	for k, x := range f.open {
		if x.Category == "replication_error" && at.Earliest.Sub(x.Last.Latest) < 10*time.Second && (latest == "" || k < latest) {
			latest = k
		}
	}
	return cmp.Or(latest, key)
}

// begin makes the record of one message.
func (f *folder) begin(c classified) *found {
	x := &found{Level: c.entry.level, Subsystem: c.subsystem, First: c.at, Last: c.at, Local: c.local}
	if c.code > 0 {
		x.Code = fmt.Sprintf("MY-%06d", c.code)
	}
	switch {
	case c.category == nil:
		x.Message = f.mask.message(c.code, c.message)
	case c.name == "replication_error" || c.name == "replication_connection":
		n, _ := strconv.Atoi(c.details["error"])
		x.Message = f.mask.replication(n, c.message)
	}
	if c.category != nil {
		x.Category = c.name
	}
	f.extend(x, c)
	return x
}

// extend adds a message to a record.
func (f *folder) extend(x *found, c classified) {
	x.Lines++
	if c.at.Earliest.Before(x.First.Earliest) {
		x.First = c.at
	}
	if c.at.Latest.After(x.Last.Latest) {
		x.Last = c.at
	}
	for name, value := range c.details {
		switch name {
		case "account":
			x.Accounts = withName(x.Accounts, f.mask.who(value))
		case "host":
			x.Hosts = withName(x.Hosts, f.mask.host(value))
		default:
			if x.Details == nil {
				x.Details = map[string]string{}
			}
			if x.Details[name] == "" {
				x.Details[name] = value
			}
		}
	}
}

// all gives what touches the window, in order of time. Of too many, the gravest
// are kept, and one record counts the rest.
func (f *folder) all() []found {
	var kept []found
	for _, x := range f.done {
		if x.First.Earliest.Before(f.window.To) && !x.Last.Latest.Before(f.window.From) {
			kept = append(kept, *x)
		}
	}
	if len(kept) > maxFound {
		slices.SortStableFunc(kept, func(a, b found) int { return cmp.Compare(rank(b), rank(a)) })
		kept = append(kept[:maxFound-1], rest(kept[maxFound-1:]))
	}
	slices.SortStableFunc(kept, func(a, b found) int { return a.First.At.Compare(b.First.At) })
	return kept
}
