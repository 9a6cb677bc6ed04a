package loki

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// limits bound one query of one draft.
type limits struct {
	page  int   // lines that one request asks for
	lines int   // lines that are read at most
	bytes int64 // and bytes of them
}

// The usual limits. Loki's own for a page is max_entries_limit_per_query, 5000; a thousand
// lines of a kilobyte stay below the 4 MB that its parts send each other by default.
const (
	pageLines  = 1000
	mostLines  = 5000
	fewestPage = 15
	readBytes  = 64 << 20
	leastSpan  = time.Minute
)

// coverage says what was read, as a record tells it.
type coverage struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Until    time.Time `json:"until"` // the lines before it were read
	Requests int       `json:"requests"`
	Lines    int       `json:"lines"`
	Bytes    int64     `json:"bytes"` // of the lines

	Outside    int `json:"outside,omitempty"`    // entries at times that were not asked for, left out
	Unreadable int `json:"unreadable,omitempty"` // entries without a time or a line, left out
	Crowded    int `json:"crowded,omitempty"`    // nanoseconds with more lines than Loki gives at once
}

// sink takes lines in order of time.
type sink interface {
	// stream says which one labels are, so that a page asks once for each.
	stream(labels map[string]string) int
	line(stream int, e entry)
}

// reading is the reading of one query over a range of time.
type reading struct {
	client *client
	query  string
	limits limits
	sink   sink
	covers coverage

	page int           // lines asked for at once, as Loki lets us
	most int           // what it may grow to
	span time.Duration // range asked for at once; 0: all of it
	seen map[sighting]bool
}

// sighting is an entry that was taken. Loki itself takes two lines of a stream with the
// same time and text for one.
type sighting struct {
	ns           int64
	stream, line string
}

var (
	errBudget    = errors.New("too much to read")
	errDisorder  = errors.New("the lines of a full page are not in order of time, though it was asked for (direction=forward): is there a proxy between?")
	errElsewhere = errors.New("a full page has only lines of other times than were asked for: is there a proxy between?")
)

func newReading(c *client, query string, from, to time.Time, l limits, s sink) *reading {
	return &reading{
		client: c, query: query, limits: l, sink: s, page: l.page, most: max(l.page, mostLines), seen: map[sighting]bool{},
		covers: coverage{From: from, To: to, Until: from},
	}
}

// run reads everything, or as much as it can: covers.Until says how far it came.
func (r *reading) run(ctx context.Context) error {
	cursor, end := r.covers.From.UnixNano(), r.covers.To.UnixNano()
	for cursor < end {
		stop := end
		if r.span > 0 {
			stop = min(end, cursor+int64(r.span))
		}
		p, err := r.ask(ctx, cursor, stop)
		if err != nil {
			if r.adapt(err, time.Duration(stop-cursor)) {
				continue
			}
			return err
		}
		cursor, err = r.take(p, cursor, stop)
		r.covers.Until = time.Unix(0, cursor).UTC()
		if err != nil {
			return err
		}
	}
	return nil
}

// ask asks for one page.
func (r *reading) ask(ctx context.Context, from, to int64) (page, error) {
	r.covers.Requests++
	body, err := r.client.get(ctx, "query_range", url.Values{
		"query": {r.query}, "direction": {"forward"}, "limit": {strconv.Itoa(r.page)},
		"start": {strconv.FormatInt(from, 10)}, "end": {strconv.FormatInt(to, 10)},
	})
	if err != nil {
		return page{}, err
	}
	p, err := decode(body)
	if err != nil {
		return page{}, r.client.explain(ctx, err)
	}
	return p, nil
}

// take hands a page on and says where the next one begins.
func (r *reading) take(p page, cursor, stop int64) (next int64, err error) {
	full := p.entered >= r.page
	if full && p.descending {
		return cursor, errDisorder
	}
	r.covers.Unreadable += p.unreadable
	names := make([]string, len(p.streams))
	ids := make([]int, len(p.streams))
	for i, labels := range p.streams {
		names[i], ids[i] = selectorOf(labels), r.sink.stream(labels)
	}
	entries := slices.DeleteFunc(p.entries, func(e entry) bool { return e.ns < cursor || e.ns >= stop })
	r.covers.Outside += len(p.entries) - len(entries)
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.ns, b.ns), strings.Compare(names[a.stream], names[b.stream]))
	})
	for _, e := range entries {
		s := sighting{e.ns, names[e.stream], e.line}
		if r.seen[s] {
			continue
		}
		r.seen[s] = true
		if r.covers.Lines == r.limits.lines || r.covers.Bytes+int64(len(e.line)) > r.limits.bytes {
			return e.ns, fmt.Errorf("%w: more than %d lines or %d MiB match: make the query narrower, name a shorter window, or raise max_lines", errBudget, r.limits.lines, max(1, r.limits.bytes>>20))
		}
		r.covers.Lines++
		r.covers.Bytes += int64(len(e.line))
		r.sink.line(ids[e.stream], e)
	}
	return r.after(entries, full, cursor, stop)
}

// after is where the page after this one begins.
func (r *reading) after(entries []entry, full bool, cursor, stop int64) (int64, error) {
	if !full {
		clear(r.seen)
		return stop, nil
	}
	if len(entries) == 0 {
		return cursor, errElsewhere
	}
	last := entries[len(entries)-1].ns
	switch {
	case last > cursor: // of that nanosecond there may be more
		for s := range r.seen {
			if s.ns != last {
				delete(r.seen, s)
			}
		}
		return last, nil
	case r.page < r.most:
		r.page = min(4*r.page, r.most)
		return cursor, nil
	}
	r.covers.Crowded++
	clear(r.seen)
	return cursor + 1, nil
}

// selectorOf writes labels in one order, as LogQL does: {app="shop", job="x"}.
func selectorOf(labels map[string]string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range sortedKeys(labels) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + "=" + strconv.Quote(labels[name]))
	}
	b.WriteByte('}')
	return b.String()
}
