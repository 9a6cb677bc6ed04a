package notes

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources"
	"collector/internal/sources/redact"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The kinds of questions.
const (
	noteAsked    = "note"    // one note
	journalAsked = "journal" // what was read
)

// question stands in every record. A note's names no window, so that its ID stays the
// same from draft to draft.
type question struct {
	Kind   string           `json:"kind"`
	Number int64            `json:"number,omitempty"` // of a note, in the journal
	Window *timeline.Window `json:"window,omitempty"`
}

// note is a note as evidence: who is named in it is masked.
type note struct {
	Text     string    `json:"text"`
	At       time.Time `json:"at"`
	Until    time.Time `json:"until"` // the latest that it can have been
	Undated  bool      `json:"undated,omitempty"`
	Written  time.Time `json:"written"`
	Author   string    `json:"author,omitempty"` // a role or an alias
	Cluster  string    `json:"cluster,omitempty"`
	Target   string    `json:"target,omitempty"`
	Disputes string    `json:"disputes,omitempty"`
	Incident string    `json:"incident,omitempty"`
}

// journalAnswer is the answer to journalAsked.
type journalAnswer struct {
	Notes   int `json:"notes"`
	More    int `json:"more,omitempty"`    // that were not read
	Damaged int `json:"damaged,omitempty"` // rows that cannot be read
}

// maxNotes is how many notes a draft tells of.
const maxNotes = 500

// Gather reads the notes of the window: a record for each, and one on what was read.
// Nothing, where nobody ever wrote one.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	w := req.Window.UTC()
	ask := sources.Ask{
		Source: Kind, Target: name, Observed: w, Question: question{Kind: journalAsked, Window: &w},
		Query: fmt.Sprintf("notes on what happened from %s to %s", timeline.FormatTime(w.From), timeline.FormatTime(w.To)),
	}
	found, ever, err := s.Find(ctx, w)
	if err != nil {
		record, err := sources.Failure(ask, err, req.Now())
		return []timeline.Evidence{record}, err
	}
	if !ever {
		return nil, nil
	}
	var out []timeline.Evidence
	for _, e := range found.List {
		if !inScope(req.Scope, e.Fields) {
			continue
		}
		record, err := sources.Answer(sources.Ask{
			Source: Kind, Target: name, Question: question{Kind: noteAsked, Number: e.Number},
			Query: fmt.Sprintf("note %d of the journal", e.Number), Observed: timeline.Window{From: e.At, To: e.Until},
		}, masked(e, req.Roles), req.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	record, err := sources.Answer(ask, journalAnswer{len(out), found.More, found.Damaged}, req.Now())
	return append(out, record), err
}

// inScope reports whether a note is meant. One that names no server is about all of them.
func inScope(scope timeline.Scope, fields map[string]string) bool {
	if fields[store.NoteTarget] == "" {
		scope.Targets = nil
	}
	return scope.Includes(fields[store.NoteCluster], fields[store.NoteTarget])
}

// address finds mail addresses, which name people.
var address = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)

// masked is a note without names of people. Secrets and the literals of SQL are not even
// in the journal; it may have been written by a collector that knew fewer of them.
func masked(e store.Entry, roles sources.Roles) note {
	author := strings.TrimSpace(strings.ToValidUTF8(e.Fields[store.NoteAuthor], "\uFFFD"))
	text := func(field string) string {
		clean := redact.Text(e.Fields[field])
		if utf8.RuneCountInString(author) > 2 {
			clean = replaceWord(clean, author, roles.Account(author))
		}
		return address.ReplaceAllStringFunc(clean, roles.Account)
	}
	return note{
		Text: text(store.NoteText), At: e.At, Until: e.Until, Undated: e.Undated, Written: e.Received,
		Author: roles.Account(author), Cluster: text(store.NoteCluster), Target: text(store.NoteTarget),
		Disputes: e.Fields[store.NoteDisputes], Incident: e.Fields[store.NoteIncident],
	}
}

// replaceWord replaces a name where it stands by itself, in any case: ann is not in announced.
func replaceWord(text, name, by string) string {
	find := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(name))
	var out strings.Builder
	done := 0
	for _, at := range find.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		if inWord(before) || inWord(after) {
			continue
		}
		out.WriteString(text[done:at[0]])
		out.WriteString(by)
		done = at[1]
	}
	return out.String() + text[done:]
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
