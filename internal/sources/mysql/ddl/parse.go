package ddl

import (
	"cmp"
	"strings"
)

// parser walks over the tokens of a statement.
type parser struct {
	list     []token
	at       int
	schema   string // the default one
	complete bool   // the text was not cut off
}

func parse(statement, schema string, ansiQuotes, noBackslash bool) []Change {
	s := scanner{text: statement, ansiQuotes: ansiQuotes, noBackslash: noBackslash}
	list, complete := s.tokens()
	p := &parser{list: list, schema: schema, complete: complete}
	return p.statement()
}

// is reports whether the token n further on is one of the keywords.
func (p *parser) is(n int, keywords ...string) bool {
	if p.at+n >= len(p.list) || p.list[p.at+n].kind != word {
		return false
	}
	for _, k := range keywords {
		if strings.EqualFold(p.list[p.at+n].text, k) {
			return true
		}
	}
	return false
}

// accept moves over the keywords when they stand next, all of them in this order.
func (p *parser) accept(keywords ...string) bool {
	for i, k := range keywords {
		if !p.is(i, k) {
			return false
		}
	}
	p.at += len(keywords)
	return true
}

// acceptAny moves over one of the keywords.
func (p *parser) acceptAny(keywords ...string) bool {
	if p.is(0, keywords...) {
		p.at++
		return true
	}
	return false
}

func (p *parser) isSymbol(s string) bool {
	return p.at < len(p.list) && p.list[p.at].kind == symbol && p.list[p.at].text == s
}

func (p *parser) acceptSymbol(s string) bool {
	if p.isSymbol(s) {
		p.at++
		return true
	}
	return false
}

// name reads one part of a name; "" for a placeholder, which stands for a name that
// the normaliser could not tell from a string.
func (p *parser) name() (string, bool) {
	if p.at >= len(p.list) || p.list[p.at].kind == symbol {
		return "", false
	}
	if !p.complete && p.at == len(p.list)-1 {
		return "", false // may be cut off
	}
	p.at++
	return p.list[p.at-1].text, true
}

// object reads a table's name with or without its schema.
func (p *parser) object() (schema, table string, ok bool) {
	if p.acceptSymbol(".") { // .orders is of the default schema
		table, ok = p.name()
		return p.schema, table, ok
	}
	first, ok := p.name()
	if !ok || !p.isSymbol(".") {
		return p.schema, first, ok
	}
	p.at++
	table, ok = p.name()
	return first, table, ok
}

// IfExists skips IF [NOT] EXISTS, with which a statement is logged even when it
// changed nothing.
func (p *parser) IfExists() string {
	switch {
	case p.accept("IF", "NOT", "EXISTS"):
		return ifNotExists
	case p.accept("IF", "EXISTS"):
		return IfExists
	}
	return ""
}

// What Detail says of a statement that may have changed nothing.
const (
	IfExists    = "if exists" // the statement of a drop, which may have found nothing
	ifNotExists = "if not exists"
)

// statement finds out what kind of statement it is.
func (p *parser) statement() []Change {
	if p.accept("SET", "STATEMENT") { // MariaDB: SET STATEMENT lock_wait_timeout=1 FOR ALTER TABLE …
		for p.at < len(p.list) && !p.is(0, "FOR") {
			p.at++
		}
		p.at = min(p.at+1, len(p.list))
	}
	switch {
	case p.accept("CREATE"):
		return p.create()
	case p.accept("DROP"):
		return p.drop()
	case p.accept("ALTER"):
		return p.alter()
	case p.accept("TRUNCATE"):
		_ = p.accept("TABLE")
		return p.single(TruncateTable, "")
	case p.accept("RENAME"):
		if p.acceptAny("TABLE", "TABLES") {
			return p.renameTables()
		}
	}
	return nil
}

// single is a change of the one object whose name stands next.
func (p *parser) single(operation Operation, detail string) []Change {
	condition := p.IfExists()
	schema, table, ok := p.object()
	if !ok {
		return nil
	}
	return []Change{{Operation: operation, Schema: schema, Table: table, Detail: cmp.Or(detail, condition)}}
}

// several is a change of each object of a list.
func (p *parser) several(operation Operation) (changes []Change) {
	condition := p.IfExists()
	for {
		one := p.single(operation, condition)
		changes = append(changes, one...)
		if one == nil || !p.acceptSymbol(",") {
			return changes
		}
	}
}

// ofSchema is a change of a schema; ALTER DATABASE without a name means the default.
func (p *parser) ofSchema(operation Operation) []Change {
	condition := p.IfExists()
	schema, ok := p.schema, true
	if operation != AlterSchema || !p.is(0, "DEFAULT", "CHARACTER", "CHARSET", "COLLATE", "ENCRYPTION", "READ", "COMMENT") {
		schema, ok = p.name()
	}
	if !ok {
		return nil
	}
	return []Change{{Operation: operation, Schema: schema, Detail: condition}}
}

// modifiers skips what may stand between the verb and the kind of object. It
// reports what matters of it.
func (p *parser) modifiers() (temporary bool, detail string) {
	for p.at < len(p.list) {
		switch {
		case p.accept("TEMPORARY"):
			temporary = true
		case p.accept("OR", "REPLACE"):
			detail = "or replace"
		case p.is(0, "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"):
			detail = strings.ToLower(p.list[p.at].text)
			p.at++
		case p.acceptAny("ONLINE", "OFFLINE", "IGNORE", "AGGREGATE"):
		case p.accept("SQL", "SECURITY"):
			p.at++
		case p.acceptAny("ALGORITHM"):
			p.at += 2
		case p.accept("DEFINER"):
			p.definer()
		default:
			return temporary, detail
		}
	}
	return temporary, detail
}

// definer skips = account@host, = CURRENT_USER() and = role.
func (p *parser) definer() {
	p.acceptSymbol("=")
	p.at++
	if p.acceptSymbol("@") {
		p.at++
	} else if p.acceptSymbol("(") {
		p.acceptSymbol(")")
	}
	for p.acceptSymbol(".") || p.acceptSymbol("-") { // an unquoted host: 10.0.0.1, a-b.example
		p.at++
	}
}

func (p *parser) create() []Change {
	temporary, detail := p.modifiers()
	switch {
	case p.at >= len(p.list):
		return nil
	case p.acceptAny("DATABASE", "SCHEMA"):
		return p.ofSchema(CreateSchema)
	case p.accept("TABLE"):
		if temporary {
			return nil
		}
		return p.single(CreateTable, detail)
	case p.acceptAny("INDEX"):
		return p.indexOn(AddIndex, detail)
	case p.accept("VIEW"):
		return p.single(CreateView, "")
	case p.accept("TRIGGER"):
		return p.trigger()
	}
	return p.programs(CreateProcedure, CreateFunction, CreateEvent)
}

func (p *parser) drop() []Change {
	temporary := p.accept("TEMPORARY")
	switch {
	case p.acceptAny("DATABASE", "SCHEMA"):
		return p.ofSchema(DropSchema)
	case p.acceptAny("TABLE", "TABLES"):
		if temporary {
			return nil
		}
		return p.several(DropTable)
	case p.accept("INDEX"):
		return p.indexOn(DropIndex, "")
	case p.accept("VIEW"):
		return p.several(DropView)
	case p.accept("TRIGGER"):
		return p.single(DropTrigger, "")
	}
	return p.programs(DropProcedure, DropFunction, DropEvent)
}

func (p *parser) alter() []Change {
	p.modifiers()
	switch {
	case p.acceptAny("DATABASE", "SCHEMA"):
		return p.ofSchema(AlterSchema)
	case p.accept("TABLE"):
		return p.alterTable()
	case p.accept("VIEW"):
		return p.single(AlterView, "")
	}
	return p.programs(AlterProcedure, AlterFunction, AlterEvent)
}

// programs is a change of a routine or an event.
func (p *parser) programs(procedure, function, event Operation) []Change {
	switch {
	case p.accept("PROCEDURE"):
		return p.single(procedure, "")
	case p.accept("FUNCTION"):
		return p.single(function, "")
	case p.accept("EVENT"):
		return p.single(event, "")
	}
	return nil
}

// indexOn reads CREATE INDEX i … ON t and DROP INDEX i ON t.
func (p *parser) indexOn(operation Operation, detail string) []Change {
	p.IfExists()
	index, ok := p.name()
	if !ok {
		return nil
	}
	for p.at < len(p.list) && !p.is(0, "ON") { // USING BTREE
		p.at++
	}
	if !p.accept("ON") {
		return nil
	}
	changes := p.single(operation, detail)
	for i := range changes {
		changes[i].Index = index
	}
	return changes
}

// trigger reads CREATE TRIGGER name BEFORE INSERT ON table.
func (p *parser) trigger() []Change {
	changes := p.single(CreateTrigger, "")
	for i := range changes {
		for p.at < len(p.list) && p.is(0, "BEFORE", "AFTER", "INSERT", "UPDATE", "DELETE", "OR", "OF") {
			p.at++
		}
		if p.accept("ON") {
			if _, table, ok := p.object(); ok {
				changes[i].Detail = table
			}
		}
	}
	return changes
}

// renameTables reads a TO b, c TO d.
func (p *parser) renameTables() (changes []Change) {
	p.IfExists()
	for {
		schema, table, ok := p.object()
		if !ok {
			return changes
		}
		if p.acceptAny("WAIT") { // MariaDB: RENAME TABLE a WAIT 5 TO b
			p.at++
		}
		_ = p.accept("NOWAIT")
		if !p.accept("TO") {
			return changes
		}
		newSchema, newTable, ok := p.object()
		if !ok {
			return changes
		}
		changes = append(changes, Change{Operation: RenameTable, Schema: schema, Table: table, NewName: Change{Schema: newSchema, Table: newTable}.Object()})
		if !p.acceptSymbol(",") {
			return changes
		}
	}
}
