package episodes

import (
	"fmt"

	"collector/internal/sources/mysql/dictionary"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// schemaScan follows the fingerprint of the schema: what the recorder noted, and
// what its first look found that the last look of the run before had not.
type schemaScan struct {
	history   schemaHistory
	last      look // the last one at the schema
	hasLast   bool
	count     int // tables
	namesOnly bool
	changes   []schemaChange
	ghosts    map[string]int // migrations that have not ended, by table: index in changes
	runs      schemaRuns
}

func newSchemaScan() *schemaScan {
	return &schemaScan{ghosts: map[string]int{}, runs: newSchemaRuns()}
}

// schemaChange is the answer of a mysql.schema_change record of the fingerprint.
type schemaChange struct {
	Before     look              `json:"before"` // the change was made after this
	After      look              `json:"after"`  // the look that showed it
	Change     dictionary.Change `json:"change"`
	Unrecorded bool              `json:"unrecorded,omitempty"` // the recorder was started between the two
	Ended      *schemaStep       `json:"ended,omitempty"`      // of a migration: the cut-over, or when its ghost was dropped
	Tables     int               `json:"tables"`               // that the look saw
}

// schemaStep is the end of a migration by a tool.
type schemaStep struct {
	Before look              `json:"before"`
	After  look              `json:"after"`
	Change dictionary.Change `json:"change"`
}

func (s *schemaScan) observe(m *moment) {
	for _, f := range m.facts {
		s.fact(m.look, f)
	}
	looked := m.beat != nil && m.beat.looked.Has(store.PartSchema)
	if looked {
		s.last, s.hasLast = m.look, true
	}
	s.runs.observe(m)
	if looked {
		s.runs.judge(m.look, &s.history)
	}
}

// fact takes a fact about the schema. One that cannot be read is as good as none.
func (s *schemaScan) fact(at look, f store.Fact) {
	switch f.Kind {
	case facts.KindSchema:
		head, err := facts.Read[facts.SchemaHead](f)
		if err != nil {
			return
		}
		before := s.history
		s.history = schemaHistory{whole: f}
		s.count, s.namesOnly = head.Count, head.NamesOnly
		if head.First {
			s.compare(at, &before)
		}
	case facts.KindSchemaChanged:
		c, err := facts.Read[facts.SchemaChanged](f)
		if err != nil {
			return
		}
		s.history.add(c)
		s.count, s.namesOnly = c.Count, c.Names
		for _, change := range c.Changes {
			since := c.Since
			if change.Counted {
				since = c.Calm
			}
			s.add(schemaChange{Before: look{At: since.UTC()}, After: at, Change: change})
		}
	case facts.KindSchemaSame:
	default:
		return
	}
	s.last, s.hasLast = at, true
}

// compare finds what changed while nobody looked.
func (s *schemaScan) compare(at look, earlier *schemaHistory) {
	before, after := earlier.state(), s.history.state()
	if before == nil || after == nil || !s.hasLast {
		return
	}
	for _, change := range dictionary.Fold(dictionary.Diff(before, after, nil)) {
		s.add(schemaChange{Before: s.last, After: at, Change: change, Unrecorded: true})
	}
}

// add takes one change. The stages of a migration by a tool become one.
func (s *schemaScan) add(c schemaChange) {
	c.Tables = s.count
	s.runs.applied(&c)
	key := dictionary.Key(c.Change.Schema, c.Change.Table)
	began, open := s.ghosts[key]
	switch c.Change.Stage {
	case "":
	case dictionary.StageStarted:
		s.ghosts[key] = len(s.changes)
	default:
		delete(s.ghosts, key)
		if open {
			s.changes[began].Ended = &schemaStep{Before: c.Before, After: c.After, Change: c.Change}
			return
		}
		if c.Change.Stage == dictionary.StageDropped { // of one that began before the recording: it changed nothing
			return
		}
	}
	s.changes = append(s.changes, c)
}

// plain are the changes, with those of tables that were only called like a ghost of
// pt-online-schema-change as what they are.
func (s *schemaScan) plain() (list []schemaChange) {
	for _, c := range s.changes {
		if plain, ok := c.Change.Plain(); ok && (c.Ended == nil || c.Ended.Change.Stage == dictionary.StageDropped) {
			if c.Ended != nil {
				gone, _ := c.Ended.Change.Plain()
				list = append(list, schemaChange{Before: c.Ended.Before, After: c.Ended.After, Change: gone, Tables: c.Tables})
			}
			c.Change, c.Ended = plain, nil
		}
		list = append(list, c)
	}
	return list
}

func (s *schemaScan) records(g *recorder) {
	for _, c := range s.plain() {
		g.episode(g.question(timeline.MySQLSchemaChange), g.schemaQuery(), c)
	}
	s.runs.records(g)
	what := "schema changes"
	switch {
	case s.count > 0 && !s.namesOnly:
		what = fmt.Sprintf("schema changes (fingerprint of %s)", tables(s.count))
	case s.count > 0:
		what = fmt.Sprintf("created, dropped, renamed and rebuilt tables (fingerprint of the names of %s: more than the server's dictionary cache holds, so columns and indexes were not read)", tables(s.count))
	}
	g.looked(timeline.MySQLSchemaChange, store.PartSchema, g.schemaQuery(), what)
}

func (g *recorder) schemaQuery() string {
	views := "innodb_tables, innodb_columns, innodb_indexes, innodb_fields"
	if g.mariaDB {
		views = "innodb_sys_tables, innodb_sys_columns, innodb_sys_indexes, innodb_sys_fields"
	}
	return fmt.Sprintf("information_schema.%s after each counted DDL statement, else every 10 s or less often (recorded)", views)
}

func tables(n int) string {
	if n == 1 {
		return "1 table"
	}
	return fmt.Sprintf("%d tables", n)
}

// schemaHistory is what the schema was, from a look at all of it on. It is put
// together only when somebody asks.
type schemaHistory struct {
	whole store.Fact
	since []facts.SchemaChanged
	known *dictionary.State
}

func (h *schemaHistory) add(c facts.SchemaChanged) {
	if h.known != nil {
		h.known = c.Apply(h.known)
		return
	}
	h.since = append(h.since, c)
}

// state is the schema now; nil when it is not known.
func (h *schemaHistory) state() *dictionary.State {
	if h.known == nil && h.whole.Body != "" {
		whole, err := facts.Read[facts.Schema](h.whole)
		if err != nil {
			return nil
		}
		h.known = whole.State()
		if h.known == nil {
			return nil
		}
		for _, c := range h.since {
			h.known = c.Apply(h.known)
		}
		h.since = nil
	}
	return h.known
}
