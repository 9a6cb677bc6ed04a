package live

import (
	_ "embed" // the fragment's template
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"
)

//go:embed fragment.html.tmpl
var fragmentText string

// fragment is without its clock, which needs a zone.
var fragment = template.Must(template.New("fragment").Funcs(template.FuncMap{
	"plain": plain, "health": healthWords, "wait": chainWords, "channel": channelWords, "iso": iso,
	"clock": func(time.Time) string { return "" },
}).Parse(fragmentText))

// Fragment is a state as HTML, for a page as it is asked for and for one that follows
// the incident. It has classes and no style, no script and no link, so that it stands
// under the strictest policy; foreign texts are escaped, and cannot turn the direction
// of what stands around them.
func Fragment(s State, zone *time.Location) (template.HTML, error) {
	t, err := fragment.Clone()
	if err != nil {
		return "", fmt.Errorf("writing the state of the servers: %w", err)
	}
	t.Funcs(template.FuncMap{"clock": func(at time.Time) string { return clock(at, s.At, zone) }})
	var b strings.Builder
	if err := t.Execute(&b, s); err != nil {
		return "", fmt.Errorf("writing the state of the servers: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // html/template has escaped what is foreign
}

// Trouble reports whether something about the server is worth a look at once.
func (s Server) Trouble() bool {
	if s.Health != Answers || s.Blocking != nil && s.Blocking.Waiting > 0 {
		return true
	}
	if s.Replication == nil {
		return false
	}
	for _, c := range s.Replication.Channels {
		if c.Broken() {
			return true
		}
	}
	return false
}

// Frozen reports whether the server is known to be read only.
func (s Server) Frozen() bool { return s.ReadOnly != nil && *s.ReadOnly }

func healthWords(s Server) string {
	code := ""
	if s.ErrorCode != 0 {
		code = fmt.Sprintf(" (error %d)", s.ErrorCode)
	}
	switch s.Health {
	case Answers:
		return "answers" + code
	case Full:
		return "has no free connection" + code
	case Denied:
		return "refuses the recorder's login" + code
	case Unreachable:
		return "cannot be reached" + code
	case TimedOut:
		return "does not answer in time" + code
	}
	return "is not looked at"
}

// chainWords is a chain as a clause, without the statement of its root.
func chainWords(c Chain) string {
	noun, verb := "sessions", "wait"
	if c.Victims == 1 {
		noun, verb = "session", "waits"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s, up to %s, for %s locks", c.Victims, noun, verb, spoken(c.Longest), c.Class)
	if c.Object != "" {
		b.WriteString(" on " + plain(c.Object))
	}
	r := c.Root
	if r.Session == 0 {
		return b.String() + " behind a session that the server does not name"
	}
	fmt.Fprintf(&b, " behind session %d", r.Session)
	if r.Account != "" {
		b.WriteString(" (" + plain(r.Account) + ")")
	}
	if c.Guessed {
		b.WriteString(", as inferred")
	}
	switch r.Doing {
	case Running:
		b.WriteString(", running a statement for " + spoken(r.Seconds))
	case IdleIn, Idle:
		b.WriteString(", " + r.Doing + " for " + spoken(r.Seconds))
	}
	return b.String()
}

func channelWords(c Channel) string {
	thread := func(name, state string, code uint16) string {
		if state == "" {
			state = "not known"
		}
		text := name + " " + plain(state)
		if code != 0 {
			text += fmt.Sprintf(" (error %d)", code)
		}
		return text
	}
	lag := "lag not known"
	if c.Lag != nil {
		lag = "lag " + spoken(*c.Lag)
	}
	return strings.Join([]string{thread("IO", c.IO, c.IOError), thread("SQL", c.SQL, c.SQLError), lag}, ", ")
}

// spoken is a number of seconds for people: 2.3 s, 41 s, 12m5s.
func spoken(seconds float64) string {
	switch {
	case seconds >= 600:
		return (time.Duration(seconds) * time.Second).String()
	case seconds >= 10:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + " s"
	}
	return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// clock is a time in a zone, with its date when it was another day.
func clock(at, now time.Time, zone *time.Location) string {
	layout := "15:04:05 MST"
	if at, now := at.In(zone), now.In(zone); at.YearDay() != now.YearDay() || at.Year() != now.Year() {
		layout = "2006-01-02 15:04:05 MST"
	}
	return at.In(zone).Format(layout)
}

// plain drops what would change how the text around it is shown: control characters,
// and those that turn the direction of writing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
