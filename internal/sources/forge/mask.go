package forge

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources"
	"collector/internal/sources/redact"
)

// masker makes what a forge tells of a repository fit for a record: persons become
// roles, secrets go.
type masker struct {
	roles      sources.Roles
	repository string // stands in the configuration, and so may stand in links
}

// address finds mail addresses, which name people.
var address = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)

// person is the role of a person, or one alias for all forms of the name. A rule may
// match any form.
func (m masker) person(p Person) string {
	for _, form := range p {
		if role := m.roles.Account(form); role != (sources.Roles{}).Account(form) {
			return role
		}
	}
	for _, form := range p {
		if form != "" {
			return m.roles.Account(form)
		}
	}
	return ""
}

// commonWords are logins that say nothing about a person and would spoil texts if they
// were replaced there.
var commonWords = []string{
	"deploy", "deployer", "deployment", "release", "rollback", "system", "service", "version", "root", "admin",
	"production", "staging", "main", "master", "merge", "branch", "github", "gitlab", "actions", "bot", "hubot",
}

// shortestName is the length from which a name is looked for in texts.
const shortestName = 3

// names are the known forms of people beside their masks, the longest first: a name may
// be a part of another.
func (m masker) names(people []Person) [][2]string {
	var list [][2]string
	for _, p := range people {
		mask := m.person(p)
		for _, form := range p {
			low := strings.ToLower(strings.TrimSpace(form))
			if utf8.RuneCountInString(low) >= shortestName && !slices.Contains(commonWords, low) {
				list = append(list, [2]string{low, mask})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int {
		return cmp.Or(len(b[0])-len(a[0]), strings.Compare(a[0], b[0]))
	})
	return list
}

// deployment is what a record may keep.
func (m masker) deployment(t Told) Deployment {
	d := t.tidy()
	names := m.names(t.People)
	if len(t.People) > 0 {
		d.Author = line(m.person(t.People[0]), maxWord)
	}
	text := func(s string, limit int) string { return m.text(s, names, limit) }
	d.Environment, d.Ref = text(d.Environment, maxWord), text(d.Ref, maxWord)
	d.Message, d.URL = text(d.Message, maxText), m.link(d.URL, names)
	d.Task, d.Status = word(d.Task), word(d.Status)
	for i := range d.Statuses { // tidy made a copy
		s := &d.Statuses[i]
		s.State, s.Message, s.URL = word(s.State), text(s.Message, maxText), m.link(s.URL, names)
	}
	return d
}

var wordForm = regexp.MustCompile(`^[a-z][a-z0-9_:.-]{0,59}$`)

// word is one of the forge's own words, which name nobody: in_progress. Another text is
// none of them.
func word(s string) string {
	if s == "" || wordForm.MatchString(s) {
		return s
	}
	return "other"
}

// text is one line without people and secrets.
func (m masker) text(s string, names [][2]string, limit int) string {
	s = line(s, 4*limit) // before it is searched: it may be of any size
	for _, n := range names {
		s = replaceWord(s, n[0], n[1])
	}
	s = address.ReplaceAllStringFunc(s, func(found string) string { return m.person(Person{strings.ToLower(found)}) })
	return line(redact.Text(s), limit)
}

// link is an address for people to follow: http or https, without user, query and
// fragment, where tokens stand. Anything else is no link, and neither is one with
// somebody's name in it: without the name it would lead nowhere.
func (m masker) link(raw string, names [][2]string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	out := u.String()
	if len(out) > maxLink || redact.Text(out) != out {
		return ""
	}
	rest := strings.Replace(out, "/"+m.repository+"/", "/", 1)
	for _, n := range names {
		if replaceWord(rest, n[0], "") != rest {
			return ""
		}
	}
	return out
}

// replaceWord replaces a name, given in lower case, where it stands by itself in any
// case: app is not in application.
func replaceWord(text, name, by string) string {
	var out strings.Builder
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for before := ' '; text != ""; {
		if size := prefixFold(text, name); size > 0 && !inWord(before) {
			if after, _ := utf8.DecodeRuneInString(text[size:]); size == len(text) || !inWord(after) {
				out.WriteString(by)
				before, text = ' ', text[size:]
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(text)
		out.WriteString(text[:size])
		before, text = r, text[size:]
	}
	return out.String()
}

// prefixFold is how many bytes of text are the name in any case, 0 for none.
func prefixFold(text, name string) int {
	size := 0
	for _, want := range name {
		r, n := utf8.DecodeRuneInString(text[size:])
		if n == 0 || unicode.ToLower(r) != want {
			return 0
		}
		size += n
	}
	return size
}

// line makes foreign text fit for one line: valid, without controls and marks that turn
// the direction of writing, without needless space, of at most so many bytes.
func line(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case unicode.Is(unicode.Cf, r): // directions, joiners: they hide what a text says
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}
