package deployline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// The fields that a line can have, by our names.
const (
	FieldTime        = "time"
	FieldService     = "service"
	FieldVersion     = "version"
	FieldEvent       = "event"
	FieldCommit      = "commit"
	FieldEnvironment = "environment"
	FieldAuthor      = "author"
	FieldMessage     = "message"
	FieldURL         = "url"
)

var fieldNames = [...]string{
	FieldTime, FieldService, FieldVersion, FieldEvent, FieldCommit, FieldEnvironment, FieldAuthor, FieldMessage, FieldURL,
}

// The formats of lines.
const (
	FormatJSON   = "json"
	FormatLogfmt = "logfmt"
	FormatRegexp = "regexp"
)

// The events that a line can tell of.
const (
	DeployStarted    = "deploy_started"
	DeployFinished   = "deploy_finished"
	DeployFailed     = "deploy_failed"
	RollbackStarted  = "rollback_started"
	RollbackFinished = "rollback_finished"
	RollbackFailed   = "rollback_failed"
	Changed          = "change"
)

var eventNames = [...]string{
	DeployStarted, DeployFinished, DeployFailed, RollbackStarted, RollbackFinished, RollbackFailed, Changed,
}

// Grammar says how the lines of one log are read. It stands in every question,
// so that Interpret reads a line as Gather did.
type Grammar struct {
	Format     string            `json:"format"`
	Pattern    string            `json:"pattern,omitempty"`
	TimeLayout string            `json:"time_layout,omitempty"`
	Timezone   string            `json:"timezone"`
	Fields     map[string]string `json:"fields,omitempty"`
	Events     map[string]string `json:"events,omitempty"`
	PairBy     []string          `json:"pair_by,omitempty"`
}

// syntax takes a line apart into its keys and values, as the log names them.
type syntax interface {
	// parse returns errUnmatched for a line that is none of this log's.
	parse(line string) (map[string]string, error)
	// rewrite returns the line with every value changed, in the same format
	// where that is possible. What cannot be taken apart is an error.
	rewrite(line string, change func(key, value string) string) (string, error)
}

// Reader is a grammar made ready for work. It is safe for concurrent use.
type Reader struct {
	syntax syntax
	clock  clock
	events map[string]string // their word to ours
	ours   map[string]string // their key to our field
	pairBy []string
}

// ErrNoTime is the error of a line that says no time of its own.
var ErrNoTime = errors.New("no time")

// ErrUnmatched is the error of a line that the pattern does not match, so that it is not
// about a deploy.
var ErrUnmatched = errors.New("the pattern does not match")

// ErrOther is the error of a line that is fine and tells of something else.
var ErrOther = errors.New("another event")

// Reader prepares the grammar. It fails on a zone, a layout, a format or a pattern that
// is none.
func (g Grammar) Reader() (Reader, error) {
	r := Reader{events: map[string]string{}, ours: map[string]string{}, pairBy: g.PairBy}
	var err error
	if r.clock, err = newClock(g.TimeLayout, g.Timezone); err != nil {
		return Reader{}, err
	}
	if r.syntax, err = newSyntax(g.Format, g.Pattern); err != nil {
		return Reader{}, err
	}
	for _, name := range eventNames {
		r.events[name] = name
	}
	for theirs, ours := range g.Events {
		r.events[strings.ToLower(theirs)] = ours
	}
	for _, name := range fieldNames {
		if theirs := g.Fields[name]; theirs != "" {
			r.ours[theirs] = name
		}
	}
	for _, name := range fieldNames {
		if _, taken := r.ours[name]; !taken && g.Fields[name] == "" {
			r.ours[name] = name
		}
	}
	return r, nil
}

func newSyntax(format, pattern string) (syntax, error) {
	switch format {
	case FormatJSON:
		return jsonSyntax{}, nil
	case FormatLogfmt:
		return logfmtSyntax{}, nil
	case FormatRegexp:
		return newPatternSyntax(pattern)
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// Entry is what a line says.
type Entry struct {
	Line  Line
	Stamp Stamp
	Event string // ours
	Word  string // the log's own word, when the event is none of ours

	Service string

	version, environment, commit, author, message, url string

	others map[string]string // unknown keys
	pair   string            // the values of pair_by
}

// Line is where a line stands and what it says, as a record keeps it.
type Line struct {
	File   string `json:"file"`   // its path; of a line of Loki its stream
	Offset int64  `json:"offset"` // of its first byte, uncompressed; of a line of Loki its timestamp in nanoseconds
	Text   string `json:"text"`   // masked
	// At is when the line was written by whoever keeps it; it counts where the line says
	// no time of its own.
	At *timeline.Instant `json:"at,omitempty"`
	// After is the time of the line before, kept where the line's own local time
	// is ambiguous: it tells which candidate is the better estimate.
	After *time.Time `json:"after,omitempty"`
	// Fields are the line's keys and values where its text no longer shows them:
	// it was cut, or masking broke the pattern.
	Fields map[string]string `json:"fields,omitempty"`
}

// fields takes the line apart.
func (r Reader) fields(l Line) (map[string]string, error) {
	if l.Fields != nil {
		return l.Fields, nil
	}
	return r.syntax.parse(l.Text)
}

// Read understands a line. After ErrOther the entry still has its time.
func (r Reader) Read(l Line) (Entry, error) {
	fields, err := r.fields(l)
	if err != nil {
		return Entry{}, err
	}
	return r.understand(l, fields)
}

func (r Reader) understand(l Line, fields map[string]string) (Entry, error) {
	e := Entry{Line: l}
	var when, word string
	for key, value := range fields {
		switch r.ours[key] {
		case FieldTime:
			when = value
		case FieldEvent:
			word = value
		case FieldService:
			e.Service = value
		case FieldVersion:
			e.version = value
		case FieldEnvironment:
			e.environment = value
		case FieldCommit:
			e.commit = value
		case FieldAuthor:
			e.author = value
		case FieldMessage:
			e.message = value
		case FieldURL:
			e.url = value
		default:
			if e.others == nil {
				e.others = map[string]string{}
			}
			e.others[key] = value
		}
	}
	var err error
	if e.Stamp, err = r.stamp(l, when); err != nil {
		return Entry{}, err
	}
	e.Word = word
	e.Event = r.events[strings.ToLower(strings.TrimSpace(word))]
	if e.Event == "" {
		return e, ErrOther
	}
	if e.Service == "" {
		return e, errors.New("no service")
	}
	var pair []string
	for _, key := range r.pairBy {
		if fields[key] != "" {
			pair = append(pair, key+" "+fields[key])
		}
	}
	e.pair = strings.Join(pair, ", ")
	return e, nil
}

// stamp is the time that a line says, else the one that was told of it.
func (r Reader) stamp(l Line, when string) (Stamp, error) {
	switch {
	case when != "" && l.After != nil:
		return r.clock.parse(when, *l.After)
	case when != "":
		return r.clock.parse(when, time.Time{})
	case l.At != nil:
		return Stamp{Instant: *l.At}, nil
	}
	return Stamp{}, ErrNoTime
}

// starts, ends and fails tell what an event does to an episode.
func starts(event string) bool { return event == DeployStarted || event == RollbackStarted }
func fails(event string) bool  { return event == DeployFailed || event == RollbackFailed }

// ownKey reports whether a key of the log is one of the named fields.
func (r Reader) ownKey(key string) bool { return slices.Contains(fieldNames[:], r.ours[key]) }
