package actions

import (
	"slices"
	"strings"
	"time"
)

// State is how far an action is.
type State string

// The states of an action. What collector proposes becomes open when somebody gives it an
// owner, a date or a status.
const (
	Open     State = "open"
	Done     State = "done" // also what was given up on purpose
	Proposed State = "proposed"
)

// Action is one action as a document has it. All texts are one clean line.
type Action struct {
	Text     string
	Owner    string // as written, "" for none
	Priority string
	Ticket   string
	Status   string    // as written
	DueText  string    // as written, "" for none
	Due      time.Time // midnight UTC of the day; zero when there is none or it cannot be read
	State    State
	Line     int // in the document, from 1
}

// Span is a stretch of a document's bytes; empty where nothing stands.
type Span struct{ Start, End int }

// with is the stretch from the first of both to the last; what is empty adds nothing.
func (s Span) with(t Span) Span {
	switch {
	case t.Start >= t.End:
		return s
	case s.Start >= s.End:
		return t
	}
	return Span{min(s.Start, t.Start), max(s.End, t.End)}
}

// Table is a table about actions, with the places of what it says.
type Table struct {
	Head    Span
	Rows    []Row // that say anything
	Quoted  bool  // it stands in a quotation
	columns []column
}

// Row is one action of a table.
type Row struct {
	Action
	Span      Span
	OwnerSpan Span   // empty without an owner, and where the owner is struck through
	Gate      string // of a defect escape analysis: what the action is to strengthen
}

// HasOwners reports whether the table has a column for who does it.
func (t Table) HasOwners() bool { return slices.Contains(t.columns, owner) }

// HasPriorities reports whether the table has a column for what is urgent.
func (t Table) HasPriorities() bool { return slices.Contains(t.columns, priority) }

// HasDates reports whether the table has a column for until when.
func (t Table) HasDates() bool { return slices.Contains(t.columns, due) }

// Overdue reports whether an open action's day is over. today is any time of the day in
// the reader's zone.
func (a Action) Overdue(today time.Time) bool {
	if a.State != Open || a.Due.IsZero() {
		return false
	}
	day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	return a.Due.Before(day)
}

// Unreadable reports whether a date stands there that nobody can be sure of.
func (a Action) Unreadable() bool { return a.DueText != "" && a.Due.IsZero() }

// Merge joins the actions of the documents of one draft: what has the same words is one
// action, done if any document says so, with what any of them knows. Within one document
// the same words are two actions where two owners have them.
func Merge(lists ...[]Action) []Action {
	var out []Action
	var from []int // the list that each came from first
	at := map[string][]int{}
	for n, list := range lists {
		for _, a := range list {
			key := strings.ToLower(a.Text)
			same := slices.IndexFunc(at[key], func(i int) bool { return sameOwner(out[i].Owner, a.Owner) })
			if same < 0 {
				same = slices.IndexFunc(at[key], func(i int) bool { return from[i] != n })
			}
			if same < 0 || key == "" {
				at[key] = append(at[key], len(out))
				out, from = append(out, a), append(from, n)
				continue
			}
			i := at[key][same]
			out[i] = out[i].with(a)
		}
	}
	return out
}

// sameOwner reports whether two mentions of an action may be about one owner's.
func sameOwner(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

// with adds what another mention of the same action knows.
func (a Action) with(b Action) Action {
	for _, field := range []struct{ to, from *string }{
		{&a.Owner, &b.Owner}, {&a.Priority, &b.Priority}, {&a.Ticket, &b.Ticket}, {&a.Status, &b.Status},
	} {
		if *field.to == "" {
			*field.to = *field.from
		}
	}
	if a.DueText == "" {
		a.DueText, a.Due = b.DueText, b.Due
	}
	switch {
	case a.State == Done || b.State == Done:
		a.State = Done
	case a.State == Open || b.State == Open:
		a.State = Open
	}
	return a
}
