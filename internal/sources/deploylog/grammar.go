package deploylog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The fields that a line can have, by our names.
const (
	fieldTime        = "time"
	fieldService     = "service"
	fieldVersion     = "version"
	fieldEvent       = "event"
	fieldCommit      = "commit"
	fieldEnvironment = "environment"
	fieldAuthor      = "author"
	fieldMessage     = "message"
	fieldURL         = "url"
)

var fieldNames = [...]string{
	fieldTime, fieldService, fieldVersion, fieldEvent, fieldCommit, fieldEnvironment, fieldAuthor, fieldMessage, fieldURL,
}

// The events that a line can tell of.
const (
	deployStarted    = "deploy_started"
	deployFinished   = "deploy_finished"
	deployFailed     = "deploy_failed"
	rollbackStarted  = "rollback_started"
	rollbackFinished = "rollback_finished"
	rollbackFailed   = "rollback_failed"
	changed          = "change"
)

var eventNames = [...]string{
	deployStarted, deployFinished, deployFailed, rollbackStarted, rollbackFinished, rollbackFailed, changed,
}

// grammar says how the lines of one log are read. It stands in every question,
// so that Interpret reads a line as Gather did.
type grammar struct {
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

// reader is a grammar made ready for work. It is safe for concurrent use.
type reader struct {
	syntax syntax
	clock  clock
	events map[string]string // their word to ours
	ours   map[string]string // their key to our field
	pairBy []string
}

// errUnmatched: the line does not match the pattern, so it is not about a deploy.
var errUnmatched = errors.New("the pattern does not match")

// errOther: the line is fine and tells of something else.
var errOther = errors.New("another event")

func (g grammar) reader() (reader, error) {
	r := reader{events: map[string]string{}, ours: map[string]string{}, pairBy: g.PairBy}
	var err error
	if r.clock, err = newClock(g.TimeLayout, g.Timezone); err != nil {
		return reader{}, err
	}
	if r.syntax, err = newSyntax(g.Format, g.Pattern); err != nil {
		return reader{}, err
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
	case formatJSON:
		return jsonSyntax{}, nil
	case formatLogfmt:
		return logfmtSyntax{}, nil
	case formatRegexp:
		return newPatternSyntax(pattern)
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// entry is what a line says.
type entry struct {
	line  line
	stamp stamp
	event string // ours
	word  string // the log's own word, when the event is none of ours

	service, version, environment, commit, author, message, url string

	others map[string]string // unknown keys
	pair   string            // the values of pair_by
}

// line is where a line stands and what it says, as a record keeps it.
type line struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // of its first byte, uncompressed
	Text   string `json:"text"`   // masked
	// After is the time of the line before, kept where the line's own local time
	// is ambiguous: it tells which candidate is the better estimate.
	After *time.Time `json:"after,omitempty"`
	// Fields are the line's keys and values where its text no longer shows them:
	// it was cut, or masking broke the pattern.
	Fields map[string]string `json:"fields,omitempty"`
}

// fields takes the line apart.
func (r reader) fields(l line) (map[string]string, error) {
	if l.Fields != nil {
		return l.Fields, nil
	}
	return r.syntax.parse(l.Text)
}

// read understands a line. After errOther the entry still has its time.
func (r reader) read(l line) (entry, error) {
	fields, err := r.fields(l)
	if err != nil {
		return entry{}, err
	}
	return r.understand(l, fields)
}

func (r reader) understand(l line, fields map[string]string) (entry, error) {
	e := entry{line: l}
	var when, word string
	for key, value := range fields {
		switch r.ours[key] {
		case fieldTime:
			when = value
		case fieldEvent:
			word = value
		case fieldService:
			e.service = value
		case fieldVersion:
			e.version = value
		case fieldEnvironment:
			e.environment = value
		case fieldCommit:
			e.commit = value
		case fieldAuthor:
			e.author = value
		case fieldMessage:
			e.message = value
		case fieldURL:
			e.url = value
		default:
			if e.others == nil {
				e.others = map[string]string{}
			}
			e.others[key] = value
		}
	}
	if when == "" {
		return entry{}, errors.New("no time")
	}
	var after time.Time
	if l.After != nil {
		after = *l.After
	}
	var err error
	if e.stamp, err = r.clock.parse(when, after); err != nil {
		return entry{}, err
	}
	e.word = word
	e.event = r.events[strings.ToLower(strings.TrimSpace(word))]
	if e.event == "" {
		return e, errOther
	}
	if e.service == "" {
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

// starts, ends and fails tell what an event does to an episode.
func starts(event string) bool { return event == deployStarted || event == rollbackStarted }
func fails(event string) bool  { return event == deployFailed || event == rollbackFailed }

// ownKey reports whether a key of the log is one of the named fields.
func (r reader) ownKey(key string) bool { return slices.Contains(fieldNames[:], r.ours[key]) }
