package ddl

import (
	"slices"
	"strings"
)

// alterTable reads the clauses of an ALTER TABLE. Clauses that change neither a
// column nor an index nor the name are one AlterTable together, which says in
// words of its own what they were about.
func (p *parser) alterTable() []Change {
	p.IfExists()
	schema, table, ok := p.object()
	if !ok {
		return nil
	}
	var changes []Change
	var rest []string
	for _, clause := range p.clauses() {
		c := clause.clause()
		if c == nil {
			if about := clause.about(); about != "" && !slices.Contains(rest, about) {
				rest = append(rest, about)
			}
			continue
		}
		changes = append(changes, c...)
	}
	if len(rest) > 0 || len(changes) == 0 {
		changes = append(changes, Change{Operation: AlterTable, Detail: strings.Join(rest, ", ")})
	}
	for i := range changes {
		changes[i].Schema, changes[i].Table = schema, table
	}
	return changes
}

// clauses splits what is left at the commas outside parentheses. The last one is
// left out when it may be cut off.
func (p *parser) clauses() (list []*parser) {
	depth, from := 0, p.at
	end := func(to int) {
		if to > from {
			list = append(list, &parser{list: p.list[from:to], schema: p.schema, complete: true})
		}
		from = to + 1
	}
	for ; p.at < len(p.list); p.at++ {
		switch t := p.list[p.at]; {
		case t.kind != symbol:
		case t.text == "(":
			depth++
		case t.text == ")":
			depth--
		case t.text == "," && depth == 0:
			end(p.at)
		}
	}
	if p.complete {
		end(p.at)
	}
	return list
}

// clause reads one clause; nil when it is about none of columns, indexes and names.
func (p *parser) clause() []Change {
	for p.accept("NOWAIT") || p.is(0, "WAIT") { // MariaDB: ALTER TABLE t WAIT 5 ADD …
		if p.accept("WAIT") {
			p.at++
		}
	}
	switch {
	case p.accept("ADD"):
		return p.add()
	case p.accept("DROP"):
		return p.dropPart()
	case p.accept("MODIFY"):
		p.column()
		return p.one(ModifyColumn)
	case p.accept("CHANGE"):
		p.column()
		return p.change()
	case p.accept("ALTER"):
		if p.is(0, "INDEX", "KEY", "CHECK", "CONSTRAINT") {
			return nil
		}
		p.column()
		return p.one(ModifyColumn)
	case p.accept("RENAME"):
		return p.rename()
	}
	return nil
}

// column skips [COLUMN] [IF [NOT] EXISTS].
func (p *parser) column() {
	_ = p.accept("COLUMN")
	p.IfExists()
}

// one is a change of the column whose name and type stand next.
func (p *parser) one(operation Operation) []Change {
	name, ok := p.name()
	if !ok {
		return nil
	}
	return []Change{{Operation: operation, Column: name, Detail: p.typeName()}}
}

// typeName is the column's type without its length. ALTER COLUMN c SET DEFAULT
// names none.
func (p *parser) typeName() string {
	if p.at >= len(p.list) || p.list[p.at].kind != word || p.is(0, "SET", "DROP", "RESTRICT", "CASCADE") {
		return ""
	}
	return strings.ToLower(p.list[p.at].text)
}

// add reads what follows ADD.
func (p *parser) add() []Change {
	name := ""
	if p.accept("CONSTRAINT") {
		p.IfExists()
		if !p.is(0, "PRIMARY", "UNIQUE", "FOREIGN", "CHECK") {
			name, _ = p.name()
		}
		if !p.is(0, "PRIMARY", "UNIQUE", "FOREIGN") {
			return nil
		}
	}
	switch {
	case p.accept("PRIMARY", "KEY"):
		return []Change{{Operation: AddIndex, Index: primary}}
	case p.accept("FOREIGN", "KEY"):
		return p.named(AddForeignKey, name, "")
	case p.is(0, "UNIQUE", "FULLTEXT", "SPATIAL") || p.is(0, "VECTOR") && p.is(1, "INDEX", "KEY"):
		detail := strings.ToLower(p.list[p.at].text)
		p.at++
		_ = p.acceptAny("INDEX", "KEY")
		return p.named(AddIndex, name, detail)
	case p.acceptAny("INDEX", "KEY"):
		return p.named(AddIndex, "", "")
	case p.is(0, "PARTITION", "CHECK"), p.is(0, "PERIOD") && p.is(1, "FOR"), p.is(0, "SYSTEM") && p.is(1, "VERSIONING"):
		return nil
	}
	p.column()
	if !p.acceptSymbol("(") {
		return p.one(AddColumn)
	}
	var changes []Change
	for _, c := range p.clauses() {
		if c.is(0, "PRIMARY", "UNIQUE", "FULLTEXT", "SPATIAL", "INDEX", "KEY", "FOREIGN", "CONSTRAINT", "CHECK") {
			changes = append(changes, c.add()...)
			continue
		}
		changes = append(changes, c.one(AddColumn)...)
	}
	return changes
}

// primary is the primary key's name.
const primary = "PRIMARY"

// named is a change of an index or a foreign key. Its own name goes before the
// constraint's; one without either is named by the server.
func (p *parser) named(operation Operation, constraint, detail string) []Change {
	p.IfExists()
	name := constraint
	if !p.is(0, "USING") && p.at < len(p.list) && p.list[p.at].kind != symbol {
		own, _ := p.name()
		if name == "" || operation == AddIndex {
			name = own
		}
	}
	return []Change{{Operation: operation, Index: name, Detail: detail}}
}

// dropPart reads what follows DROP. What a dropped CONSTRAINT was, the statement
// does not say.
func (p *parser) dropPart() []Change {
	switch {
	case p.accept("PRIMARY", "KEY"):
		return []Change{{Operation: DropIndex, Index: primary}}
	case p.accept("FOREIGN", "KEY"):
		return p.named(DropForeignKey, "", "")
	case p.acceptAny("INDEX", "KEY"):
		return p.named(DropIndex, "", "")
	case p.is(0, "PARTITION", "CHECK", "CONSTRAINT"), p.is(0, "PERIOD") && p.is(1, "FOR"), p.is(0, "SYSTEM") && p.is(1, "VERSIONING"):
		return nil
	}
	p.column()
	changes := p.one(DropColumn)
	for i := range changes {
		changes[i].Detail = ""
	}
	return changes
}

// change reads CHANGE old new type.
func (p *parser) change() []Change {
	old, ok := p.name()
	if !ok {
		return nil
	}
	name, ok := p.name()
	if !ok {
		return nil
	}
	if strings.EqualFold(old, name) {
		return []Change{{Operation: ModifyColumn, Column: old, Detail: p.typeName()}}
	}
	return []Change{{Operation: RenameColumn, Column: old, NewName: name, Detail: p.typeName()}}
}

// rename reads RENAME COLUMN a TO b, RENAME INDEX a TO b and RENAME [TO] t.
func (p *parser) rename() []Change {
	switch {
	case p.is(2, "TO") && p.accept("COLUMN"), p.is(1, "COLUMN") && p.accept("COLUMN"):
		old, name, ok := p.pair()
		if !ok {
			return nil
		}
		return []Change{{Operation: RenameColumn, Column: old, NewName: name}}
	case p.acceptAny("INDEX", "KEY"):
		old, name, ok := p.pair()
		if !ok {
			return nil
		}
		return []Change{{Operation: RenameIndex, Index: old, NewName: name}}
	}
	_ = p.acceptAny("TO", "AS") || p.acceptSymbol("=")
	schema, table, ok := p.object()
	if !ok {
		return nil
	}
	return []Change{{Operation: RenameTable, NewName: Change{Schema: schema, Table: table}.Object()}}
}

// pair reads a TO b.
func (p *parser) pair() (from, to string, ok bool) {
	p.IfExists()
	if from, ok = p.name(); !ok || !p.accept("TO") {
		return "", "", false
	}
	to, ok = p.name()
	return from, to, ok
}

// subjects are the words that say what a clause is about. Only these are ever
// repeated.
func subjects() []string {
	return []string{
		"ENGINE", "ROW_FORMAT", "AUTO_INCREMENT", "COMMENT", "CONVERT", "CHARACTER", "CHARSET", "COLLATE", "PARTITION", "PARTITIONING",
		"CONSTRAINT", "CHECK", "INDEX", "KEY", "KEYS", "TABLESPACE", "ENCRYPTION", "COMPRESSION", "KEY_BLOCK_SIZE", "PAGE_COMPRESSED",
		"STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES", "FORCE", "ORDER", "VERSIONING", "PERIOD", "SECONDARY_ENGINE",
	}
}

// about is the subject of a clause that is no change of its own; "" for those that
// only say how to alter (ALGORITHM, LOCK).
func (p *parser) about() string {
	for i := range min(len(p.list), 4) {
		p.at = 0
		for _, s := range subjects() {
			if p.is(i, s) {
				return strings.ToLower(s)
			}
		}
	}
	return ""
}
