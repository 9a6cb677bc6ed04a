package episodes

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/dictionary"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// schemaWorld is a server whose schema is noted as the recorder does it: a look in
// each second that has a state, what changed in between as the server's counters tell.
type schemaWorld struct {
	world
	states   map[int]*dictionary.State
	restarts map[int]bool // the recorder begins anew
}

func (s *schemaWorld) record(t *testing.T, from, to int) *tape {
	t.Helper()
	out := s.world.record(float64(from), float64(to))
	var known *dictionary.State
	var seen, before time.Time
	for i := range out.ticks {
		k := &out.ticks[i]
		second := int(k.Heartbeat.At.Sub(epoch).Seconds() + 0.5)
		now := s.states[second]
		k.Heartbeat.Looked &^= store.PartSchema
		if now != nil {
			k.Heartbeat.Looked |= store.PartSchema
			if known == nil || s.restarts[second] {
				addFact(t, k, facts.KindSchema, facts.NewSchema(now, true))
			} else if changes := dictionary.Fold(dictionary.Diff(known, now, dictionary.Counters{"Com_alter_table": 1})); changes != nil {
				addFact(t, k, facts.KindSchemaChanged, facts.NewSchemaChanged(known, now, changes, seen, before))
			}
			known, seen = now, k.Heartbeat.At
		}
		before = k.Heartbeat.At
	}
	return out
}

func addFact(t *testing.T, k *store.Tick, kind string, body any) {
	t.Helper()
	f, err := facts.New(kind, body)
	if err != nil {
		t.Fatal(err)
	}
	k.Facts = append(k.Facts, f)
}

// drawnSchema has tables with the columns id and further ones; "shop/orders#5 x y".
func drawnSchema(lines ...string) *dictionary.State {
	b := dictionary.NewBuilder(nil, false)
	for i, line := range lines {
		words := strings.Fields(line)
		name, number, numbered := strings.Cut(words[0], "=")
		id := uint64(i + 1)
		if numbered {
			id = uint64(number[0]-'0') + 100
		}
		b.Table(id, name, 0)
		for at, column := range append([]string{"id"}, words[1:]...) {
			b.Column(id, column, uint64(at), 6, 1027, 4)
		}
	}
	s, _ := b.State()
	return s
}

func TestTheFingerprintTellsWhatChanged(t *testing.T) {
	s := schemaWorld{states: map[int]*dictionary.State{1: drawnSchema("shop/orders a"), 100: drawnSchema("shop/orders a"), 110: drawnSchema("shop/orders a b")}}
	f := findings(t, s.record(t, 0, 600), 60, 600)
	e := only(t, f, timeline.MySQLSchemaChange)
	brackets(t, "start", e.Start, 109.5, 1)
	attribute(t, e, "operation", "add_column")
	attribute(t, e, "column", "b")
	attribute(t, e, "to", "int")
	if e.Summary != "column b of shop.orders was added on db1: int" || e.End == nil || e.Key != "add_column shop.orders b" {
		t.Errorf("%q, key %q, end %v", e.Summary, e.Key, e.End)
	}
}

func TestWhatIsNotCountedIsAsWideAsTheLooks(t *testing.T) {
	s := schemaWorld{states: map[int]*dictionary.State{1: drawnSchema("shop/orders"), 100: drawnSchema("shop/orders"), 110: drawnSchema("shop/orders", "shop/t")}}
	e := only(t, findings(t, s.record(t, 0, 600), 60, 600), timeline.MySQLSchemaChange)
	attribute(t, e, "operation", "create_table")
	if from, to := at(100), at(110); !e.Start.Earliest.Equal(from.Truncate(time.Millisecond)) || e.Start.Latest.Before(to.Truncate(time.Millisecond)) {
		t.Errorf("[%v, %v], want all between the looks", e.Start.Earliest, e.Start.Latest)
	}
}

func TestWhatChangedWhileNobodyRecorded(t *testing.T) {
	s := schemaWorld{states: map[int]*dictionary.State{1: drawnSchema("shop/orders", "shop/t", "x/a", "x/b"), 50: drawnSchema("shop/orders", "shop/t", "shop/u", "x/a", "x/b"), 300: drawnSchema("shop/orders", "shop/t a", "shop/u")},
		restarts: map[int]bool{300: true}}
	s.off = []duration{{100, 300}}
	s.states[90] = s.states[50]
	f := findings(t, s.record(t, 0, 600), 60, 600)
	all := ofKind(f, timeline.MySQLSchemaChange)
	if len(all) != 2 {
		t.Fatalf("%v", summaries(f))
	}
	for _, e := range all {
		if !e.Start.Earliest.Equal(at(90).Truncate(time.Millisecond)) || !e.Start.At.Equal(at(300).Truncate(time.Millisecond)) {
			t.Errorf("%s between %v and %v", e.Summary, e.Start.Earliest, e.Start.At)
		}
		if !strings.HasSuffix(e.Summary, "at a time when nobody looked") {
			t.Error(e.Summary)
		}
	}
}

func TestAMigrationIsOneEvent(t *testing.T) {
	s := schemaWorld{states: map[int]*dictionary.State{
		1: drawnSchema("shop/orders=1 a"), 100: drawnSchema("shop/orders=1 a", "shop/_orders_gho=2 a", "shop/_orders_ghc=3"),
		101: drawnSchema("shop/orders=1 a", "shop/_orders_gho=2 a b", "shop/_orders_ghc=3"),
		150: drawnSchema("shop/orders=1 a", "shop/_orders_gho=2 a b", "shop/_orders_ghc=3"),
		151: drawnSchema("shop/orders=2 a b", "shop/_orders_del=1 a", "shop/_orders_ghc=3"), 152: drawnSchema("shop/orders=2 a b"),
	}}
	e := only(t, findings(t, s.record(t, 0, 600), 60, 600), timeline.MySQLSchemaChange)
	attribute(t, e, "tool", "gh-ost")
	attribute(t, e, "changes", "column b of shop.orders was added: int")
	brackets(t, "cut-over", *e.End, 150.5, 1)
	if e.Summary != "gh-ost changed table shop.orders on db1: column b of shop.orders was added: int" {
		t.Error(e.Summary)
	}
}

func TestATableThatIsOnlyCalledLikeAGhost(t *testing.T) {
	s := schemaWorld{states: map[int]*dictionary.State{
		1: drawnSchema("shop/orders=1 a"), 100: drawnSchema("shop/orders=1 a", "shop/_orders_new=2 a"), 150: drawnSchema("shop/orders=1 a"),
	}}
	s.statements = []stmt{{id: 7, sql: "CREATE TABLE _x_gho (a INT)", from: 200, to: 205}} // a ghost: the fingerprint's
	f := findings(t, s.record(t, 0, 600), 60, 600)
	got := strings.Join(summaries(f), "; ")
	if got != "mysql.schema_change: table shop._orders_new was created on db1; mysql.schema_change: table shop._orders_new was dropped on db1" {
		t.Error(got)
	}
}

func TestManyChangesAreOneLine(t *testing.T) {
	var lines []string
	for i := range 40 {
		lines = append(lines, "shop/t"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	s := schemaWorld{states: map[int]*dictionary.State{1: drawnSchema("shop/orders"), 100: drawnSchema(append([]string{"shop/orders"}, lines...)...)}}
	e := only(t, findings(t, s.record(t, 0, 600), 60, 600), timeline.MySQLSchemaChange)
	attribute(t, e, "count", "40")
	if !strings.HasPrefix(e.Summary, "40 tables were created on db1: shop.taa") {
		t.Error(e.Summary)
	}
}

// TestThreeWitnessesMeet: the samples know who and how long, the fingerprint what.
func TestWitnessesMeet(t *testing.T) {
	for _, mariaDB := range []bool{true, false} {
		w := world{mariaDB: mariaDB, statements: []stmt{{id: 7, user: "deploy", sql: "ALTER TABLE orders ADD COLUMN b INT", from: 100.2, to: 112.4}}}
		s := schemaWorld{world: w, states: map[int]*dictionary.State{1: drawnSchema("shop/orders a"), 99: drawnSchema("shop/orders a"), 113: drawnSchema("shop/orders a b")}}
		f := findings(t, s.record(t, 0, 600), 60, 600)
		all := ofKind(f, timeline.MySQLSchemaChange)
		if len(all) != 2 || all[0].Key != all[1].Key {
			t.Fatalf("%v", summaries(f))
		}
		built := timeline.Build(timeline.Window{From: at(60), To: at(600)}, timeline.Scope{}, f)
		var met []timeline.Event
		for _, e := range built.Events {
			if e.Kind == timeline.MySQLSchemaChange {
				met = append(met, e)
			}
		}
		if len(met) != 1 || len(met[0].Evidence) != 2 {
			t.Fatalf("%+v", met)
		}
		brackets(t, "start", met[0].Start, 100.2, 1)
		brackets(t, "end", *met[0].End, 112.4, 1)
		attribute(t, met[0], "session", "7")
		attribute(t, met[0], "to", "int")
		attribute(t, met[0], "outcome", "")
		if !strings.HasPrefix(met[0].Summary, "column b of shop.orders was added on db1 by ") {
			t.Error(met[0].Summary)
		}
	}
}

func TestAStatementThatChangedNothing(t *testing.T) {
	w := world{statements: []stmt{
		{id: 7, user: "deploy", sql: "ALTER TABLE orders ADD COLUMN b INT", from: 100.2, to: 112.4},
		{id: 8, user: "deploy", sql: "DROP TABLE orders", from: 200.2, to: 203.4, state: "Waiting for table metadata lock"},
		{id: 9, user: "deploy", sql: "ALTER TABLE other ADD COLUMN b INT", from: 300.2, to: 303.4}, // not InnoDB's: unknown
	}}
	same := drawnSchema("shop/orders a")
	s := schemaWorld{world: w, states: map[int]*dictionary.State{1: same, 99: same, 113: same, 204: same, 304: same}}
	f := findings(t, s.record(t, 0, 600), 60, 600)
	all := ofKind(f, timeline.MySQLSchemaChange)
	if len(all) != 3 {
		t.Fatalf("%v", summaries(f))
	}
	if all[0].Summary != "ALTER TABLE shop.orders on db1 ran for 12 s and changed nothing" || !strings.HasPrefix(all[1].Summary, "DROP TABLE shop.orders on db1 ran for 3 s") {
		t.Errorf("%v", summaries(f))
	}
	attribute(t, all[0], "outcome", "not_applied")
	attribute(t, all[2], "outcome", "")
	if got := timeline.SeverityOf(all[1].Kind, all[1].Attributes); got != timeline.Warning {
		t.Errorf("a table that was not dropped is %s", got)
	}
}

func TestAnUnchangedSchemaIsACheck(t *testing.T) {
	same := drawnSchema("shop/orders a", "shop/t")
	s := schemaWorld{states: map[int]*dictionary.State{1: same, 70: same, 80: same}}
	s.statements = []stmt{{id: 7, sql: "SELECT ALTER", from: 100, to: 130}, {id: 8, sql: "CREATE TEMPORARY TABLE x (a INT)", from: 100, to: 105}}
	f := findings(t, s.record(t, 0, 600), 60, 600)
	if len(ofKind(f, timeline.MySQLSchemaChange)) != 0 {
		t.Fatalf("%v", summaries(f))
	}
	if !hasCheck(f, "schema changes (fingerprint of 2 tables) (looked 2 times, at most 520 s apart)") {
		t.Errorf("%v", f.Checks)
	}
}
