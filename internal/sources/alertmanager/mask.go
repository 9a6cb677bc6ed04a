package alertmanager

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources"
	"collector/internal/sources/redact"
)

// What is kept at most: anybody may post anything to Alertmanager.
const (
	maxLabels   = 40
	maxMatchers = 30
	maxSets     = 10
	maxName     = 200 // characters of a name, an ID, a receiver
	maxValue    = 300 // of a label's or a matcher's value
	maxComment  = 500
	maxRead     = 2 << 10 // bytes of a text that are looked at: what is removed from it takes long
)

// masker removes people and secrets from what Alertmanager says.
type masker struct{ roles sources.Roles }

// address finds mail addresses, also those without a dot in their domain.
var address = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*`)

// silence is a silence without people in it.
func (m masker) silence(s silence) silence {
	out := silence{
		ID: m.word(s.ID, maxName), CreatedBy: m.person(s.CreatedBy),
		StartsAt: writable(s.StartsAt), EndsAt: writable(s.EndsAt), UpdatedAt: writable(s.UpdatedAt),
	}
	names := map[string]string{}
	for _, form := range forms(clip(s.CreatedBy, maxValue)) {
		names[form] = out.CreatedBy
	}
	for _, set := range s.Matchers[:min(len(s.Matchers), maxSets)] {
		var masked []matcher
		for _, one := range set[:min(len(set), maxMatchers)] {
			value := m.label(one.Name, one.Value)
			if personal[one.Name] {
				names[clip(one.Value, maxValue)] = value
			}
			masked = append(masked, matcher{m.word(one.Name, maxName), one.Op, clip(value, maxValue)})
		}
		out.Matchers = append(out.Matchers, masked)
	}
	out.Comment = m.text(s.Comment, names, maxComment)
	return out
}

// labels are an alert's without people in them.
func (m masker) labels(all map[string]string) map[string]string {
	masked := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(masked) == maxLabels {
			break
		}
		masked[m.word(name, maxName)] = clip(m.label(name, all[name]), maxValue)
	}
	return masked
}

// personal are the labels that name people or their machines.
var personal = map[string]bool{
	"user": true, "username": true, "account": true, "author": true,
	"client": true, "client_host": true, "client_ip": true,
}

// label masks the labels that name people or their machines, the same ones as the
// witnesses of alerts: all must agree on whom an alert is about.
func (m masker) label(name, value string) string {
	switch {
	case personal[name] && strings.HasPrefix(name, "client"):
		return m.roles.Host(value)
	case personal[name]:
		return m.roles.Account(value)
	}
	if redact.Key(name) && value != "" {
		return redact.Mark
	}
	return m.word(value, maxValue)
}

// word is a name, an ID or the value of a label. Few are prose, which takes long.
func (m masker) word(text string, most int) string {
	if text = head(text); strings.ContainsAny(text, " =@\n\t") {
		text = m.addresses(redact.Text(plain(text)))
	}
	return clip(text, most)
}

// person is the role of who made a silence: a name or a mail address.
func (m masker) person(author string) string {
	author = clip(strings.TrimSpace(author), maxValue)
	all := forms(author)
	for _, form := range all {
		if role := m.roles.Account(form); role != (sources.Roles{}).Account(form) {
			return role
		}
	}
	if len(all) == 0 {
		return ""
	}
	return m.roles.Account(all[0])
}

// forms are the ways in which one person may be written: the address, the name, the
// part before the @.
func forms(author string) []string {
	author = strings.TrimSpace(author)
	if author == "" {
		return nil
	}
	list := []string{}
	if found := address.FindString(author); found != "" {
		local, _, _ := strings.Cut(found, "@")
		list = append(list, found, local)
	}
	name := author
	if at := strings.IndexAny(author, "<("); at > 0 {
		name = strings.TrimSpace(author[:at])
	}
	for _, form := range []string{name, author} {
		if !slices.Contains(list, form) {
			list = append(list, form)
		}
	}
	return list
}

// target is whom something is about; an instance may be somebody's machine.
func (m masker) target(target string, labels map[string]string) string {
	for name, value := range labels {
		if value == target {
			if masked := m.label(name, value); masked != value {
				return clip(masked, maxName)
			}
		}
	}
	return m.word(target, maxName)
}

// text is free text without secrets, literals of SQL, mail addresses, and the names
// that are known.
func (m masker) text(text string, names map[string]string, most int) string {
	text = m.addresses(redact.Text(plain(head(text))))
	// The longest first: a name may be a part of another.
	for _, name := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) }) {
		if utf8.RuneCountInString(name) >= shortestName {
			text = replaceWord(text, name, names[name])
		}
	}
	return clip(text, most)
}

// shortestName is the length from which a name is looked for in prose.
const shortestName = 3

func (m masker) addresses(text string) string {
	return address.ReplaceAllStringFunc(text, m.roles.Account)
}

// head is the beginning of a text, up to a space: half a secret is not recognised.
func head(text string) string {
	if len(text) <= maxRead {
		return text
	}
	text = text[:maxRead]
	if at := strings.LastIndexAny(text, " \t\n"); at > 0 {
		return text[:at] + " …"
	}
	return "…"
}

// replaceWord replaces a name where it stands by itself, in any case: app is not in
// application.
func replaceWord(text, name, by string) string {
	re, err := regexp.Compile(`(?i)` + regexp.QuoteMeta(name))
	if err != nil {
		return text
	}
	var b strings.Builder
	done := 0
	for _, at := range re.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		if inWord(before) || inWord(after) {
			continue
		}
		b.WriteString(text[done:at[0]] + by)
		done = at[1]
	}
	return b.String() + text[done:]
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// plain is a text in one line, without control characters and without those that turn
// the direction of a text around.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cf):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

// clip makes a text plain and at most so many characters long.
func clip(text string, limit int) string {
	if most := 4*limit + utf8.UTFMax; len(text) > 4*most { // enough to cut from, and cheap
		text = text[:4*most]
	}
	text = plain(text)
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}
