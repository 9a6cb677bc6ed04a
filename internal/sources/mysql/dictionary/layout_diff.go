package dictionary

import (
	"slices"
	"strings"

	"collector/internal/sources/mysql/ddl"
)

// layouts compares the columns and the indexes of one table. mayRename says that a
// column which took another one's place and has its type is that column under a new
// name; MySQL counts the columns that it adds and drops in place, so that there a
// dropped and an added one are known to be two.
func (d *differ) layouts(at *Table, before, after *Layout, mayRename bool) {
	renamed := map[string]string{}
	if mayRename {
		renamed = renames(before, after)
	}
	dropped := map[string]bool{}
	for _, c := range before.Columns {
		now := after.column(c.Name)
		switch {
		case renamed[c.Name] != "":
			d.add(ddl.RenameColumn, at, Change{Change: ddl.Change{Column: c.Name, NewName: renamed[c.Name]}})
		case now == nil:
			dropped[c.Name] = true
			d.add(ddl.DropColumn, at, Change{Change: ddl.Change{Column: c.Name}, From: c.Type})
		case c.Type != now.Type || c.Collation != now.Collation:
			from, to := described(c, *now)
			d.add(ddl.ModifyColumn, at, Change{Change: ddl.Change{Column: c.Name}, From: from, To: to})
		}
	}
	for _, c := range after.Columns {
		if before.column(c.Name) == nil && !isTarget(renamed, c.Name) {
			d.add(ddl.AddColumn, at, Change{Change: ddl.Change{Column: c.Name}, To: c.Type})
		}
	}
	d.moved(at, before, after, renamed)
	d.indexes(at, before, after, renamed, dropped)
}

// described are the two types, with the collation where only that changed.
func described(before, after Column) (from, to string) {
	if before.Type != after.Type {
		return before.Type, after.Type
	}
	return before.Type + ", collation " + collationName(before.Collation), after.Type + ", collation " + collationName(after.Collation)
}

// renames pairs the columns that vanished with those that appeared in their place
// with their type. The place is between two columns that stayed: where as many
// vanished as appeared, each took the place of the other.
func renames(before, after *Layout) map[string]string {
	pairs := map[string]string{}
	was, is := between(before, after), between(after, before)
	for place, old := range was {
		fresh := is[place]
		if len(old) != len(fresh) {
			continue
		}
		for i, c := range old {
			if now := fresh[i]; c.Type == now.Type && c.Collation == now.Collation {
				pairs[c.Name] = now.Name
			}
		}
	}
	return pairs
}

// between lists the columns of a that b lacks, by the column before them that both have.
func between(a, b *Layout) map[string][]Column {
	lacking := map[string][]Column{}
	place := ""
	for _, c := range a.Columns {
		if b.column(c.Name) != nil {
			place = c.Name
			continue
		}
		lacking[place] = append(lacking[place], c)
	}
	return lacking
}

func isTarget(renamed map[string]string, name string) bool {
	for _, to := range renamed {
		if to == name {
			return true
		}
	}
	return false
}

// moved tells columns that stand in another order. One column whose move explains
// it is named.
func (d *differ) moved(at *Table, before, after *Layout, renamed map[string]string) {
	was, is := common(before, after, renamed), common(after, before, nil)
	for i := range was {
		if to := renamed[was[i]]; to != "" {
			was[i] = to
		}
	}
	is = slices.DeleteFunc(is, func(name string) bool { return !slices.Contains(was, name) })
	for _, to := range renamed {
		if !slices.Contains(is, to) {
			return // the renamed column's place is known only with the other ones
		}
	}
	if slices.Equal(was, is) {
		return
	}
	for _, name := range was {
		other := func(n string) bool { return n == name }
		if slices.Equal(slices.DeleteFunc(slices.Clone(was), other), slices.DeleteFunc(slices.Clone(is), other)) {
			d.add(ddl.ModifyColumn, at, Change{Change: ddl.Change{Column: name, Detail: "position"}})
			return
		}
	}
	d.add(ddl.AlterTable, at, Change{Change: ddl.Change{Detail: "order of columns"}})
}

// common lists the columns of a that b has too, also under a new name.
func common(a, b *Layout, renamed map[string]string) (names []string) {
	for _, c := range a.Columns {
		if renamed[c.Name] != "" || b.column(c.Name) != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// indexes compares the indexes. What became of an index because its column was
// renamed or dropped is no change of its own.
func (d *differ) indexes(at *Table, before, after *Layout, renamed map[string]string, dropped map[string]bool) {
	var gone []Index
	for _, i := range before.Indexes {
		expected := follow(i, renamed, dropped)
		if len(expected.Columns) == 0 && after.index(i.Name) == nil {
			continue
		}
		if now := after.index(i.Name); now == nil || now.Kind != i.Kind || !slices.Equal(now.Columns, expected.Columns) {
			gone = append(gone, expected)
		}
	}
	var fresh []Index
	for _, i := range after.Indexes {
		was := before.index(i.Name)
		if was == nil || was.Kind != i.Kind || !slices.Equal(follow(*was, renamed, dropped).Columns, i.Columns) {
			fresh = append(fresh, i)
		}
	}
	for _, i := range gone {
		same := slices.IndexFunc(fresh, func(f Index) bool {
			return f.Name != i.Name && f.Kind == i.Kind && i.Kind != "primary" && slices.Equal(f.Columns, i.Columns)
		})
		if same >= 0 {
			d.add(ddl.RenameIndex, at, Change{Change: ddl.Change{Index: i.Name, NewName: fresh[same].Name}})
			fresh = slices.Delete(fresh, same, same+1)
			continue
		}
		d.add(ddl.DropIndex, at, Change{Change: ddl.Change{Index: i.Name}, From: i.describe()})
	}
	for _, i := range fresh {
		d.add(ddl.AddIndex, at, Change{Change: ddl.Change{Index: i.Name}, To: i.describe()})
	}
}

// follow is an index as the changes of its columns leave it.
func follow(i Index, renamed map[string]string, dropped map[string]bool) Index {
	var columns []string
	for _, c := range i.Columns {
		switch {
		case renamed[c] != "":
			columns = append(columns, renamed[c])
		case !dropped[c]:
			columns = append(columns, c)
		}
	}
	i.Columns = columns
	return i
}

// describe is an index's kind and columns: unique (customer, created).
func (i Index) describe() string {
	text := "(" + strings.Join(i.Columns, ", ") + ")"
	if i.Kind != "" && i.Kind != "primary" {
		text = i.Kind + " " + text
	}
	return text
}
