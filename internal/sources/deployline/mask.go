package deployline

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources"
	"collector/internal/sources/redact"
)

// Masker makes lines fit for a record: persons become roles, secrets go.
type Masker struct {
	reader Reader
	roles  sources.Roles
	names  map[string]string // lower case form of a known author to the mask
	find   *regexp.Regexp    // all of them; nil while none is known
}

// NewMasker masks lines of one grammar. Every entry must be learned, and Ready called,
// before the first line is masked.
func NewMasker(r Reader, roles sources.Roles) *Masker {
	return &Masker{reader: r, roles: roles, names: map[string]string{}}
}

// personKeys are parts of unknown keys whose values name a person;
// clientKeys, a person's machine.
var (
	personKeys = regexp.MustCompile(`(?i)^(?:user|user_?name|login|e?mail|owner|actor|operator|initiator|requester|reviewer|approver|assignee|committer|deployer|releaser|author|(?:author|committer|user|deployer)_?(?:name|e?mail|login)|(?:\w+_)?by|who|on_behalf_of|full_?name)s?$`)
	clientKeys = regexp.MustCompile(`(?i)^(?:client|client_?(?:host|ip|addr(?:ess)?)|remote_?(?:host|ip|addr(?:ess)?)|source_?ip|workstation|ssh_client|ssh_connection)$`)
	mail       = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.?`)
	mailOf     = regexp.MustCompile(`^\s*"?([^"<(]*?)"?\s*[<(]\s*([^<>()\s]+@[^<>()\s]+)\s*[>)]\s*$`)
	ofMail     = regexp.MustCompile(`^\s*([^<>()\s]+@[^<>()\s]+)\s*\(([^)]*)\)\s*$`)
)

// forms are the ways in which one person can be written, the most telling first:
// the address, the name, the part before the @.
func forms(author string) []string {
	author = strings.TrimSpace(author)
	name, address := author, ""
	if m := mailOf.FindStringSubmatch(author); m != nil {
		name, address = m[1], m[2]
	} else if m := ofMail.FindStringSubmatch(author); m != nil {
		name, address = m[2], m[1]
	} else if strings.Contains(author, "@") && !strings.ContainsAny(author, " \t") {
		name, address = "", author
	}
	var list []string
	if address != "" {
		address = strings.ToLower(address)
		list = append(list, address)
	}
	if name = strings.TrimSpace(name); name != "" {
		list = append(list, name)
	}
	if local, _, ok := strings.Cut(address, "@"); ok && local != "" {
		list = append(list, local)
	}
	return list
}

// person is the role of an author in any form, or one alias for all of them. A
// rule may match any form.
func (m *Masker) person(author string) string {
	all := append([]string{author}, forms(author)...)
	for _, form := range all {
		if role := m.roles.Account(form); role != (sources.Roles{}).Account(form) {
			return role
		}
	}
	return m.roles.Account(all[min(1, len(all)-1)])
}

// commonWords are author names that say nothing about a person and would
// spoil messages if they were replaced there.
var commonWords = []string{
	"deploy", "deployer", "deployment", "release", "rollback", "change", "system", "service", "migration", "version",
	"production", "staging", "automation", "pipeline", "schedule", "unknown", "none", "null", "true", "false",
}

// Learn remembers the author of an entry, so that the name is masked in messages too.
func (m *Masker) Learn(e Entry) {
	if e.author == "" {
		return
	}
	mask := m.person(e.author)
	for _, form := range append(forms(e.author), strings.TrimSpace(e.author)) {
		low := strings.ToLower(form)
		if utf8.RuneCountInString(form) < 3 || slices.Contains(commonWords, low) ||
			low == strings.ToLower(e.Service) || low == strings.ToLower(e.environment) || low == e.version {
			continue
		}
		m.names[low] = mask
	}
}

// maxNames bounds the expression that finds known authors.
const maxNames = 2000

// Ready is called after the last Learn.
func (m *Masker) Ready() {
	if len(m.names) == 0 {
		return
	}
	quoted := make([]string, 0, len(m.names))
	for name := range m.names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	// Longer ones first: "alice smith" before "alice".
	slices.SortFunc(quoted, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	quoted = quoted[:min(len(quoted), maxNames)]
	m.find = regexp.MustCompile(`(?i)(?:` + strings.Join(quoted, "|") + `)`)
}

// Value is the masked form of a value by its name: a label's, or one of structured
// metadata.
func (m *Masker) Value(name, value string) string { return m.change(name, value) }

// change is the masked form of one value. An empty key is text outside all fields.
func (m *Masker) change(key, value string) string {
	parts := strings.Split(key, ".") // git.author.name
	switch field := m.reader.ours[key]; {
	case field == FieldTime || field == FieldEvent:
		return value
	case field == FieldAuthor:
		return m.person(value)
	case field != "":
		return m.text(value)
	case key == "":
		return m.text(value)
	case slices.ContainsFunc(parts, redact.Key):
		return redact.Mark
	case slices.ContainsFunc(parts, personKeys.MatchString):
		return m.person(value)
	case slices.ContainsFunc(parts, clientKeys.MatchString):
		return m.roles.Host(value)
	}
	return m.text(value)
}

// text masks what stands in prose.
func (m *Masker) text(s string) string {
	s = redact.Text(s)
	s = mail.ReplaceAllStringFunc(s, func(address string) string {
		if strings.HasPrefix(address, redact.Mark) {
			return address
		}
		bare := strings.TrimRight(address, ".")
		return m.person(bare) + address[len(bare):]
	})
	if m.find == nil {
		return s
	}
	return m.replaceNames(s)
}

// replaceNames masks known authors where they stand as words.
func (m *Masker) replaceNames(s string) string {
	var out strings.Builder
	done := 0
	for _, at := range m.find.FindAllStringIndex(s, -1) {
		before, _ := utf8.DecodeLastRuneInString(s[:at[0]])
		after, _ := utf8.DecodeRuneInString(s[at[1]:])
		mask, known := m.names[strings.ToLower(s[at[0]:at[1]])]
		if !known || inWord(before) || inWord(after) {
			continue
		}
		out.WriteString(s[done:at[0]])
		out.WriteString(mask)
		done = at[1]
	}
	out.WriteString(s[done:])
	return out.String()
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// MaxText is how much of a line a record keeps, in bytes.
const MaxText = 4 << 10

// How much of a value a record keeps, and of a line that was not understood, in bytes.
const (
	maxValue = 1 << 10
	maxKeys  = 64
	maxBad   = 240
)

// Line is the masked form of a line that has been understood. Where its masked
// text cannot be read like the original any more, the fields stand beside it.
func (m *Masker) Line(l Line) (Line, error) {
	fields, err := m.reader.fields(l)
	if err != nil {
		return Line{}, err
	}
	text, err := m.reader.syntax.rewrite(l.Text, m.change)
	if err != nil {
		return Line{}, err
	}
	want := make(map[string]string, len(fields))
	if _, isJSON := m.reader.syntax.(jsonSyntax); isJSON {
		// The elements of lists were masked one by one.
		if want, err = m.reader.syntax.parse(text); err != nil {
			return Line{}, err
		}
	} else {
		for key, value := range fields {
			want[key] = m.change(key, value)
		}
		text = m.acrossFields(l.Text, text, want)
	}
	for key, value := range want {
		want[key] = Cut(value, maxValue)
	}
	masked := Line{File: l.File, Offset: l.Offset, At: l.At, After: l.After, Text: Cut(text, MaxText)}
	if got, err := m.reader.syntax.parse(masked.Text); err != nil || len(got) > maxKeys || !maps.Equal(got, want) {
		masked.Fields = m.few(want)
	}
	return masked, nil
}

// acrossFields finds secrets whose name stands outside of the field that holds
// them: "password=(?P<what>…)", or words of a command that logfmt takes for keys.
func (m *Masker) acrossFields(original, text string, want map[string]string) string {
	clean := redact.Secrets(original)
	if clean == original {
		return m.text(text)
	}
	for key, value := range want {
		if field := m.reader.ours[key]; (field == "" || field == FieldMessage) && !strings.Contains(m.text(clean), value) {
			want[key] = redact.Mark
		}
	}
	return m.text(text)
}

// few keeps our fields and the first of the others.
func (m *Masker) few(fields map[string]string) map[string]string {
	if len(fields) <= maxKeys {
		return fields
	}
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if own := m.reader.ownKey(a); own != m.reader.ownKey(b) {
			if own {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	kept := make(map[string]string, maxKeys)
	for _, key := range keys[:maxKeys] {
		kept[key] = fields[key]
	}
	return kept
}

// Cut shortens s to at most limit bytes, at a rune, and shows it.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}

var personIn = regexp.MustCompile(`(?i)(["']?\b(?:author|committer|user|user_?name|owner|actor|deployer|login|\w*by)\b["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s,;]+)|(\bby\s+)(\S+(?:\s+[A-Z]\S+)?)`)

// Bad is an excerpt of a line that could not be understood. Nobody knows which
// part of it is a name, so whatever stands where one would is masked.
func (m *Masker) Bad(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '·'
		}
		return r
	}, Cut(strings.ToValidUTF8(text, "·"), MaxText))
	text = personIn.ReplaceAllStringFunc(m.text(text), func(found string) string {
		p := personIn.FindStringSubmatch(found)
		return p[1] + p[3] + m.person(strings.Trim(p[2]+p[4], `"'`))
	})
	return Cut(text, maxBad)
}
