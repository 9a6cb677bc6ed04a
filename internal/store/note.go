package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"collector/internal/timeline"
)

// The fields of a note's entry.
const (
	NoteText     = "text"
	NoteAuthor   = "author"
	NoteCluster  = "cluster"
	NoteTarget   = "target"
	NoteDisputes = "disputes" // the ID of an event or of a piece of evidence
	NoteIncident = "incident" // the ID of the incident on whose page it was written
)

// Note is what a person saw or did. Everything but the text may be empty.
type Note struct {
	Text     string
	At       time.Time // when it was; zero: when it was received
	Until    time.Time // see [Entry]
	Author   string
	Cluster  string
	Target   string // a server's name
	Disputes string
	Incident string
}

// Limits of a note, in bytes.
const (
	MaxNote     = 8 << 10
	maxNoteName = 200
)

// disputable is what IDs of events and evidence look like: e-1f3c9a02, mysql-3fa9c1d2.
var disputable = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}-[0-9a-f]{8}(-[0-9]{1,6})?$`)

// early is how far the clock of who writes a note may be ahead of ours.
const early = time.Minute

// Entry is the note as the journal keeps it, received at a time, under a key. An error
// says what its author can do.
func (n Note) Entry(key string, received time.Time) (Entry, error) {
	text := strings.TrimSpace(plainText(n.Text))
	n.Disputes = strings.TrimSpace(n.Disputes)
	switch {
	case text == "":
		return Entry{}, errors.New("the note has no text: write what you saw or did")
	case len(text) > MaxNote:
		return Entry{}, fmt.Errorf("the note has %d bytes, more than %d: shorten it, or write two", len(text), MaxNote)
	case n.Disputes != "" && !disputable.MatchString(n.Disputes):
		return Entry{}, fmt.Errorf("%.60q is no ID of an event or of evidence: they look like e-1f3c9a02 and mysql-3fa9c1d2", n.Disputes)
	case n.At.After(received.Add(early)):
		return Entry{}, fmt.Errorf("the note's time, %s, is in the future: it is %s now", timeline.FormatTime(n.At), timeline.FormatTime(received))
	case !n.At.IsZero() && n.At.Before(firstEntry):
		return Entry{}, fmt.Errorf("the note's time, %s, is out of range", timeline.FormatTime(n.At))
	}
	e := Entry{Kind: NoteEntry, Key: key, At: n.At, Until: n.Until, Received: received, Fields: map[string]string{NoteText: text}}
	if n.At.IsZero() {
		e.At, e.Until, e.Undated = received, received, true
	}
	for name, value := range map[string]string{
		NoteAuthor: n.Author, NoteCluster: n.Cluster, NoteTarget: n.Target, NoteDisputes: n.Disputes, NoteIncident: n.Incident,
	} {
		if len(value) > maxNoteName {
			return Entry{}, fmt.Errorf("the note's %s has %d bytes, more than %d", name, len(value), maxNoteName)
		}
		if value = strings.Join(strings.Fields(plainText(value)), " "); value != "" {
			e.Fields[name] = value
		}
	}
	return e, nil
}

// plainText is valid UTF-8 in which the only controls are line ends and tabs.
func plainText(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, text)
}
