package webhook

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources"
)

// What is kept of one alert at most: anybody may send anything.
const (
	maxLabels = 40
	maxName   = 200 // characters of a label's name
	maxValue  = 500 // of its value, and of an annotation
)

// masker removes people from what alerts say.
type masker struct{ roles sources.Roles }

// address finds mail addresses, which name people.
var address = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)

func (m masker) alert(t Told, target string) alert {
	labels, names := map[string]string{}, map[string]string{}
	for _, label := range slices.Sorted(maps.Keys(t.Labels)) {
		value := t.Labels[label]
		masked := m.label(label, value)
		if masked != value {
			names[value] = masked
		}
		if len(labels) < maxLabels {
			labels[clip(label, maxName)] = clip(masked, maxValue)
		}
	}
	if as, isName := names[target]; isName { // an instance that is somebody's machine
		target = as
	}
	return alert{
		Fingerprint: clip(t.Fingerprint, maxName), Target: clip(target, maxName), Labels: labels,
		Summary: m.text(t.Annotations["summary"], names), Runbook: m.text(t.Annotations["runbook_url"], names),
		StartsAt: writable(t.StartsAt), From: writable(t.From), EndsAt: writable(t.EndsAt), Ended: t.Ended,
		Received: writable(t.Received), Repeated: writable(t.Repeated),
		Group: clip(t.Group, maxName), Truncated: t.Truncated,
	}
}

// label masks the labels that name people or their machines, the same ones as the
// prometheus source: the two must agree on whom an alert is about.
func (m masker) label(name, value string) string {
	switch name {
	case "user", "username", "account", "author":
		return m.roles.Account(value)
	case "client", "client_host", "client_ip":
		return m.roles.Host(value)
	}
	return value
}

// text is an annotation without the names that the labels hold, and without mail
// addresses: an annotation's template may quote any label.
func (m masker) text(text string, names map[string]string) string {
	text = clip(text, maxValue)
	// The longest first: a name may be a part of another.
	for _, name := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) }) {
		text = replaceWord(text, name, names[name])
	}
	return address.ReplaceAllStringFunc(text, m.roles.Account)
}

// replaceWord replaces a name where it stands by itself: app is not in application.
func replaceWord(text, name, by string) string {
	var b strings.Builder
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for before := ' '; text != ""; {
		after, _ := utf8.DecodeRuneInString(strings.TrimPrefix(text, name))
		if strings.HasPrefix(text, name) && !inWord(before) && !inWord(after) {
			b.WriteString(by)
			before, text = ' ', text[len(name):]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		b.WriteString(text[:size])
		before, text = r, text[size:]
	}
	return b.String()
}

// writable is a time that JSON can hold: an alert may name any.
func writable(t time.Time) time.Time {
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return time.Date(min(max(year, 0), 9999), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// clip shortens a text to so many characters, none of which is a control.
func clip(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}
