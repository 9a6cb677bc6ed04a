package dictionary

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/sources/mysql/ddl"
)

// drawn is a state of a few words: "shop.t 7: a int, b int | PRIMARY a".
func drawn(t *testing.T, lines ...string) *State {
	t.Helper()
	b := NewBuilder(nil, false)
	index := uint64(100)
	for _, line := range lines {
		head, rest, _ := strings.Cut(line, ": ")
		var name string
		var id, versions uint64
		if n, _ := fmt.Sscanf(head, "%s %d %d", &name, &id, &versions); n < 2 {
			t.Fatalf("cannot read %q", line)
		}
		b.Table(id, strings.Replace(name, ".", "/", 1), versions)
		columns, indexes, _ := strings.Cut(rest, " | ")
		for i, c := range strings.Split(columns, ", ") {
			column, kind, _ := strings.Cut(c, " ")
			length := map[string]uint64{"int": 4, "bigint": 8}[kind]
			b.Column(id, column, uint64(i), 6, 1027, length)
		}
		for _, text := range strings.Split(indexes, ", ") {
			fields := strings.Fields(text)
			if len(fields) < 2 {
				continue
			}
			index++
			bits := uint64(0)
			if fields[0] == "PRIMARY" {
				bits = 3
			}
			b.Index(index, fields[0], id, bits)
			for at, f := range fields[1:] {
				b.Field(index, f, at)
			}
		}
	}
	s, whole := b.State()
	if !whole {
		t.Fatalf("%q is torn", lines)
	}
	return s
}

func terse(changes []Change) string {
	var out []string
	for _, c := range changes {
		text := strings.TrimSpace(string(c.Operation) + " " + c.Object() + " " + c.Column + c.Index)
		for _, part := range []struct{ mark, text string }{{" > ", c.NewName}, {" ~", c.Detail}, {" from ", c.From}, {" to ", c.To}, {" ", c.Tool}, {" ", c.Stage}} {
			if part.text != "" {
				text += part.mark + part.text
			}
		}
		if c.Parts != nil {
			text += " {" + terse(c.Parts) + "}"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestDiff(t *testing.T) {
	lines := func(l ...string) []string { return l }
	orders := "shop.orders 1: id int, a int, b int | PRIMARY id, ka a"
	for _, tc := range []struct {
		name          string
		before, after []string
		counters      Counters
		want          string
	}{
		{"nothing", lines(orders), lines(orders), nil, ""},
		{"created", lines(orders), lines(orders, "shop.t 2: id int"), nil, "create_table shop.t"},
		{"created in a new schema", lines(orders), lines(orders, "new.t 2: id int"), Counters{"Com_create_db": 1}, "create_schema new; create_table new.t"},
		{"dropped", lines(orders, "shop.t 2: id int"), lines(orders), nil, "drop_table shop.t"},
		{"schema of two tables dropped", lines(orders, "x.a 2: id int", "x.b 3: id int"), lines(orders), nil, "drop_schema x"},
		{"last table dropped", lines(orders, "x.a 2: id int"), lines(orders), nil, "drop_table x.a"},
		{"schema of one table dropped", lines(orders, "x.a 2: id int"), lines(orders), Counters{"Com_drop_db": 1}, "drop_schema x"},
		{"renamed", lines(orders), lines("shop.o2 1: id int, a int, b int | PRIMARY id, ka a"), nil, "rename_table shop.orders > shop.o2"},
		{"renamed and changed", lines("a.t 1: id int"), lines("b.t 1: id int, x int"), nil, "rename_table a.t > b.t; add_column b.t x to int"},
		{"added at the end", lines("a.t 1: id int"), lines("a.t 1: id int, x bigint"), nil, "add_column a.t x to bigint"},
		{"added first", lines("a.t 1: id int, y int"), lines("a.t 1: x int, id int, y int"), nil, "add_column a.t x to int"},
		{"column dropped with its index", lines(orders), lines("shop.orders 1: id int, b int | PRIMARY id"), nil, "drop_column shop.orders a from int"},
		{"column renamed under its index", lines(orders), lines("shop.orders 1: id int, aa int, b int | PRIMARY id, ka aa"), nil, "rename_column shop.orders a > aa"},
		{"type", lines(orders), lines("shop.orders 2: id int, a bigint, b int | PRIMARY id, ka a"), nil, "modify_column shop.orders a from int to bigint"},
		{"column renamed beside an added one", lines(orders), lines("shop.orders 1: id int, aa int, b int, c int | PRIMARY id, ka aa"), nil,
			"add_column shop.orders c to int; rename_column shop.orders a > aa"},
		{"column dropped in one place, added in another", lines("a.t 1: id int, x int, z int"), lines("a.t 1: id int, z int, y int"), nil,
			"add_column a.t y to int; drop_column a.t x from int"},
		{"renamed with another type", lines("a.t 1: id int, x int"), lines("a.t 2: id int, y bigint"), nil, "add_column a.t y to bigint; drop_column a.t x from int"},
		{"dropped and added in place", lines("a.t 1 0: id int, x int"), lines("a.t 1 2: id int, y int"), nil, "add_column a.t y to int; drop_column a.t x from int"},
		{"moved", lines("a.t 1: a int, b int, c int"), lines("a.t 2: c int, a int, b int"), nil, "modify_column a.t c ~position"},
		{"index added", lines("a.t 1: a int, b int"), lines("a.t 1: a int, b int | i b a"), nil, "add_index a.t i to (b, a)"},
		{"index renamed", lines("a.t 1: a int | i a"), lines("a.t 1: a int | j a"), nil, "rename_index a.t i > j"},
		{"index of other columns", lines("a.t 1: a int, b int | i a"), lines("a.t 1: a int, b int | i a b"), nil, "add_index a.t i to (a, b); drop_index a.t i from (a)"},
		{"truncated", lines(orders), lines(strings.Replace(orders, "1", "2", 1)), Counters{"Com_truncate": 1}, "truncate_table shop.orders"},
		{"rebuilt", lines(orders), lines(strings.Replace(orders, "1", "2", 1)), Counters{"Com_optimize": 1}, "alter_table shop.orders ~rebuilt"},
		{"truncated or rebuilt", lines(orders), lines(strings.Replace(orders, "1", "2", 1)), Counters{"Com_truncate": 1, "Com_alter_table": 1}, "alter_table shop.orders ~rebuilt"},
		{"dropped and created", lines(orders), lines(strings.Replace(orders, "1", "2", 1)), Counters{"Com_drop_table": 1, "Com_create_table": 1}, "create_table shop.orders; drop_table shop.orders"},
		{"partition added", lines("a.t#P#p0 1: a int"), lines("a.t#P#p0 1: a int", "a.t#P#p1 2: a int"), nil, "alter_table a.t ~partition"},
		{"column of a partitioned table", lines("a.t#P#p0 1: a int", "a.t#P#p1 2: a int"), lines("a.t#P#p0 1: a int, b int", "a.t#P#p1 2: a int, b int"), nil, "add_column a.t b to int"},
		{"gh-ost begins", lines(orders), lines(orders, "shop._orders_gho 5: id int", "shop._orders_ghc 6: id int"), nil, "alter_table shop.orders gh-ost started"},
		{"gh-ost swaps", lines(orders, "shop._orders_gho 5: id int, a int, b int, c int | PRIMARY id, ka a", "shop._orders_ghc 6: id int"),
			lines("shop.orders 5: id int, a int, b int, c int | PRIMARY id, ka a", "shop._orders_del 1: id int, a int, b int | PRIMARY id, ka a", "shop._orders_ghc 6: id int"), nil,
			"alter_table shop.orders gh-ost cut over {add_column shop.orders c to int}"},
		{"pt-osc swaps and drops", lines(orders, "shop._orders_new 5: id int, a bigint, b int | PRIMARY id, ka a"), lines("shop.orders 5: id int, a bigint, b int | PRIMARY id, ka a"), nil,
			"alter_table shop.orders pt-online-schema-change cut over {modify_column shop.orders a from int to bigint}"},
		{"gh-ost cleans up", lines(orders, "shop._orders_del 9: id int", "shop._orders_ghc 6: id int"), lines(orders), nil, ""},
		{"gh-ost gives up", lines(orders, "shop._orders_gho 5: id int"), lines(orders), nil, "alter_table shop.orders gh-ost dropped"},
		{"swap by hand", lines(orders, "shop.o2 5: id int"), lines("shop.orders 5: id int", "shop.o3 1: id int, a int, b int | PRIMARY id, ka a"), nil,
			"rename_table shop.o2 > shop.orders; rename_table shop.orders > shop.o3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := terse(Diff(drawn(t, tc.before...), drawn(t, tc.after...), tc.counters)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestDiffOfNames(t *testing.T) {
	full := drawn(t, "a.t 1: x int", "a.u 2: x int")
	names := NewBuilder(nil, true)
	names.Table(70, "a/t", 0)
	names.Table(71, "a/v", 0)
	state, _ := names.State()
	if got := terse(Diff(full, state, nil)); got != "drop_table a.u; create_table a.v" {
		t.Errorf("got %s: other IDs are no rebuilt tables", got)
	}
}

func TestFold(t *testing.T) {
	var many []Change
	for i := range 40 {
		many = append(many, Change{Change: ddl.Change{Operation: ddl.CreateTable, Schema: "shop", Table: fmt.Sprintf("t%02d", i)}, Counted: true})
	}
	many = append(many, Change{Change: ddl.Change{Operation: ddl.AddColumn, Schema: "shop", Table: "x", Column: "y"}})
	got := Fold(many)
	if len(got) != 2 || got[0].Count != 40 || len(got[0].Objects) != 40 || got[0].Schema != "shop" || !got[0].Counted || got[1].Column != "y" {
		t.Errorf("%+v", got)
	}
	if got := Fold(many[20:]); len(got) != 21 {
		t.Errorf("%d changes, want 20 and one", len(got))
	}
}

func TestTornLook(t *testing.T) {
	b := NewBuilder(nil, false)
	b.Table(1, "a/t", 0)
	if _, whole := b.State(); whole {
		t.Error("a table without columns is whole")
	}
	b.Column(1, "x", 0, 6, 1027, 4)
	b.Index(9, "i", 1, 0)
	if _, whole := b.State(); whole {
		t.Error("an index without columns is whole")
	}
}

func TestHiddenThings(t *testing.T) {
	b := NewBuilder(nil, false)
	b.Table(1, "a/t", 0)
	b.Column(1, "x", 0, 6, 1027, 4)
	b.Column(1, "!hidden!_dropped_v1_p2_y", 1, 6, 1027, 4)
	b.Column(1, "FTS_DOC_ID", 2, 6, 1795, 8)
	b.Index(2, "GEN_CLUST_INDEX", 1, 1)
	b.Index(3, "FTS_DOC_ID_INDEX", 1, 2)
	b.Index(4, "?building", 1, 0)
	b.Index(5, "expression", 1, 128)
	b.Field(5, "!hidden!expression!0!0", 0)
	s, whole := b.State()
	l := s.Tables[Key("a", "t")].Layout
	if !whole || len(l.Columns) != 1 || len(l.Indexes) != 1 || l.Indexes[0].Columns[0] != "(expression)" {
		t.Errorf("%+v", l)
	}
}
