package pushed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	episodeAsked = "episode" // what was pushed about one deploy, rollback or change
	journalAsked = "journal" // what was read
	manyFailed   = "limit"   // more than what is recorded
)

// question stands in every record. An episode's names no window, so that its ID stays
// the same from draft to draft.
type question struct {
	Kind       string              `json:"kind"`
	Lookaround string              `json:"lookaround"` // a duration: 6h0m0s
	From       *time.Time          `json:"from,omitempty"`
	To         *time.Time          `json:"to,omitempty"`
	Until      *time.Time          `json:"until,omitempty"` // everything up to it was recorded
	Grammar    *deployline.Grammar `json:"lines,omitempty"` // how they are read
}

// journalAnswer is the answer to journalAsked.
type journalAnswer struct {
	Changes int `json:"changes"`
	More    int `json:"more,omitempty"`    // that were not read
	Damaged int `json:"damaged,omitempty"` // rows that cannot be read
}

const (
	// lookaround is how far outside the window the other end of a deploy is looked for.
	lookaround = 6 * time.Hour
	// lookback is how far before the window the last deploy is looked for.
	lookback = 24 * time.Hour
	// maxLines is how many changes are read for one draft.
	maxLines = 20_000
)

// grammar is how the journal's changes are read: they are JSON objects.
func grammar() deployline.Grammar {
	return deployline.Grammar{Format: deployline.FormatJSON, Timezone: "UTC"}
}

// collection is the work of one Gather.
type collection struct {
	req    sources.Request
	window timeline.Window
	read   timeline.Window
	found  store.Entries
}

// Gather reads what was pushed about the window: a record for each episode in it or
// shortly before, and one on what was read. Nothing, where nobody ever pushed anything.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	w := req.Window.UTC()
	c := collection{req: req, window: w, read: timeline.Window{From: w.From.Add(-lookback), To: w.To.Add(lookaround)}}
	found, ever, err := s.Find(ctx, c.read)
	if err != nil {
		record, err := sources.Failure(c.ask(c.question(journalAsked), c.query()), err, req.Now())
		return []timeline.Evidence{record}, err
	}
	if !ever {
		return nil, nil
	}
	c.found = found
	return c.records()
}

func (c *collection) question(kind string) question {
	q := question{Kind: kind, Lookaround: lookaround.String()}
	if kind != episodeAsked {
		q.From, q.To = &c.read.From, &c.read.To
	}
	return q
}

func (c *collection) query() string {
	return fmt.Sprintf("changes pushed from %s to %s", timeline.FormatTime(c.read.From), timeline.FormatTime(c.read.To))
}

func (c *collection) ask(q question, query string) sources.Ask {
	return sources.Ask{Source: Kind, Target: name, Query: query, Question: q, Observed: c.read}
}

func (c *collection) records() ([]timeline.Evidence, error) {
	groups, err := c.groups()
	if err != nil {
		return nil, err
	}
	var out []timeline.Evidence
	chosen, more := deployline.Choose(groups, c.window, lookaround)
	for _, g := range chosen {
		e, err := c.episode(g)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if more != nil {
		q := c.question(manyFailed)
		q.Until = &more.Earliest
		e, err := sources.Failure(c.ask(q, c.query()), fmt.Errorf("more than %d changes in the window: name a shorter one", deployline.MaxEpisodes), c.req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	answer := journalAnswer{len(c.found.List), c.found.More, c.found.Damaged}
	e, err := sources.Answer(c.ask(c.question(journalAsked), c.query()), answer, c.req.Now())
	return append(out, e), err
}

// groups masks the changes of the scope and puts them together to episodes.
func (c *collection) groups() ([]*deployline.Group, error) {
	r, err := grammar().Reader()
	if err != nil {
		return nil, err
	}
	scope := timeline.Scope{Clusters: c.req.Scope.Clusters} // scoped targets are servers; a service is none
	m := deployline.NewMasker(r, c.req.Roles)
	var lines []deployline.Line
	for _, e := range c.found.List {
		if !scope.Includes(e.Fields[clusterField], name) {
			continue
		}
		l, err := lineOf(e)
		if err != nil {
			return nil, err
		}
		entry, err := r.Read(l)
		if err != nil { // an older or newer collector took it
			c.found.Damaged++
			continue
		}
		m.Learn(entry)
		lines = append(lines, l)
	}
	m.Ready()
	entries := make([]deployline.Entry, 0, len(lines))
	for _, l := range lines {
		masked, err := m.Line(l)
		if err != nil {
			return nil, fmt.Errorf("masking change %d of the journal: %w", l.Offset, err)
		}
		entry, err := r.Read(masked)
		if err != nil {
			return nil, fmt.Errorf("reading change %d of the journal again: %w", l.Offset, err)
		}
		entries = append(entries, entry)
	}
	deployline.Order(entries)
	return deployline.Pair(entries), nil
}

// clusterField is the field of a change that names its cluster.
const clusterField = "cluster"

// lineOf is a change as a line of a log whose file is the journal. One that nobody
// dated happened when it was received.
func lineOf(e store.Entry) (deployline.Line, error) {
	fields := maps.Clone(e.Fields)
	if e.Undated {
		fields[deployline.FieldTime] = timeline.FormatTime(e.At)
	}
	text, err := json.Marshal(fields)
	return deployline.Line{File: "journal", Offset: e.Number, Text: string(text)}, err
}

func (c *collection) episode(g *deployline.Group) (timeline.Evidence, error) {
	ep := deployline.Assemble(g.Lines, g.Next)
	q := c.question(episodeAsked)
	lines := grammar()
	q.Grammar = &lines
	ask := c.ask(q, "what was pushed about the "+ep.Title())
	ask.Observed = timeline.Window{From: ep.Start.Earliest, To: ep.Start.Latest}
	if ep.End != nil {
		ask.Observed.To = ep.End.Latest
	}
	return sources.Answer(ask, g.Record(), c.req.Now())
}
