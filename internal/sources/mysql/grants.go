package mysql

import (
	"slices"
	"strings"
)

// Grants is what SHOW GRANTS says about an account, the privileges of its active
// roles included: both flavours list those too.
type Grants struct {
	levels map[string]*privileges // by level: "*.*", "performance_schema.*"
}

type privileges struct {
	all     bool            // ALL PRIVILEGES
	granted map[string]bool // upper case, without column lists
	revoked map[string]bool // partial revokes of MySQL 8.0.16
}

// ParseGrants reads the lines of SHOW GRANTS of either flavour. Lines that grant
// a role, a proxy or something on a routine say nothing about privileges on data
// and are passed over, as is what cannot be read.
func ParseGrants(lines []string) Grants {
	g := Grants{levels: map[string]*privileges{}}
	for _, line := range lines {
		words := grantWords(line)
		if len(words) == 0 {
			continue
		}
		verb := strings.ToUpper(words[0])
		on := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "ON") })
		if verb != "GRANT" && verb != "REVOKE" || on < 2 || on+1 >= len(words) {
			continue
		}
		level := words[on+1]
		if strings.EqualFold(level, "TABLE") && on+2 < len(words) {
			level = words[on+2]
		}
		g.add(level, verb == "REVOKE", privilegeNames(words[1:on]))
	}
	return g
}

func (g *Grants) add(level string, revoke bool, names []string) {
	p := g.levels[level]
	if p == nil {
		p = &privileges{granted: map[string]bool{}, revoked: map[string]bool{}}
		g.levels[level] = p
	}
	for _, name := range names {
		all := name == "ALL" || name == "ALL PRIVILEGES"
		switch {
		case all && revoke:
			p.all, p.granted = false, map[string]bool{}
			p.revoked["ALL"] = true
		case all:
			p.all = true
		case revoke:
			p.revoked[name] = true
		default:
			p.granted[name] = true
		}
	}
}

// Global reports whether the account has any of the privileges on everything.
func (g Grants) Global(names ...string) bool { return g.at("*.*", names...) }

// On reports whether the account has a privilege on all tables of a schema,
// granted there or globally and not revoked again for the schema.
func (g Grants) On(schema, name string) bool {
	level := schema + ".*"
	if g.at(level, name) {
		return true
	}
	if p := g.levels[level]; p != nil && (p.revoked[name] || p.revoked["ALL"]) {
		return false
	}
	return g.Global(name)
}

func (g Grants) at(level string, names ...string) bool {
	p := g.levels[level]
	if p == nil {
		return false
	}
	return p.all || slices.ContainsFunc(names, func(name string) bool { return p.granted[name] })
}

// grantWords splits a line at spaces and commas. Quotes are taken off: a level's
// parts and an account's name may hold spaces and quotes. A comma is a word; a
// list in parentheses (columns) is dropped. MySQL writes `_` in schema names as \_.
func grantWords(line string) []string {
	var words []string
	var word strings.Builder
	started := false
	flush := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	depth := 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '`' || c == '\'' || c == '"':
			length := quotedLength(line[i:], c)
			if depth == 0 {
				word.WriteString(unquote(line[i:i+length], c))
				started = true
			}
			i += length - 1
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case depth > 0:
		case c == ' ' || c == ';':
			flush()
		case c == ',':
			flush()
			words = append(words, ",")
		default:
			word.WriteByte(c)
			started = true
		}
	}
	flush()
	return words
}

// quotedLength is the length of the quoted name at the start of text.
func quotedLength(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 < len(text) && text[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

// unquote takes the quotes and the escapes of patterns away.
func unquote(text string, quote byte) string {
	q := string(quote)
	text = strings.TrimSuffix(strings.TrimPrefix(text, q), q)
	return strings.ReplaceAll(strings.ReplaceAll(text, q+q, q), `\`, "")
}

// privilegeNames joins the words between two commas: REPLICATION SLAVE.
func privilegeNames(words []string) []string {
	var names []string
	var name []string
	for _, word := range append(words, ",") {
		if word != "," {
			name = append(name, strings.ToUpper(word))
			continue
		}
		if len(name) > 0 {
			names = append(names, strings.Join(name, " "))
		}
		name = nil
	}
	return names
}
