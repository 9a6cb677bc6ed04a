package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"collector/internal/actions"
)

// actionCounts are what people want to know first.
type actionCounts struct {
	Open      int `json:"open"` // with those that are overdue
	Overdue   int `json:"overdue"`
	Done      int `json:"done"`
	Proposed  int `json:"proposed"`
	Ownerless int `json:"open_without_owner"`
	Dateless  int `json:"open_without_date"` // also where the date cannot be read
}

func countActions(all []draftAction, today time.Time) (c actionCounts) {
	for _, d := range all {
		switch d.State {
		case actions.Done:
			c.Done++
		case actions.Proposed:
			c.Proposed++
		case actions.Open:
			c.Open++
			c.Overdue += int(truth(d.Overdue(today)))
			c.Ownerless += int(truth(d.Owner == ""))
			c.Dateless += int(truth(d.Due.IsZero()))
		}
	}
	return c
}

// writeActions lists actions for people, by owner; what nobody has taken up is counted.
func writeActions(w io.Writer, c actionCounts, all []draftAction, drafts int, today time.Time) error {
	all = slices.DeleteFunc(all, func(d draftAction) bool { return d.State == actions.Proposed })
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "%s: %d open, %d of them overdue, %d without owner, %d without a date that can be read; %d done; %d more are proposed by collector and not listed\n",
		plural(drafts, "draft"), c.Open, c.Overdue, c.Ownerless, c.Dateless, c.Done, c.Proposed)
	if len(all) > 0 {
		fmt.Fprintln(out, "\nOWNER\tSTATE\tDUE\tPRIORITY\tTICKET\tACTION\tWHERE")
	}
	for _, d := range all {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s:%d\n", cmp.Or(cell(d.Owner, 30), "(no owner)"), d.state(today), dueText(d, today),
			cmp.Or(cell(d.Priority, 12), "-"), cmp.Or(cell(d.Ticket, 40), "-"), cmp.Or(cell(d.Text, 70), "(no words)"), printable(d.path), d.Line)
	}
	return out.Flush()
}

// dueText is the date of an action, and by how much it is over.
func dueText(d draftAction, today time.Time) string {
	switch {
	case d.DueText == "":
		return "(no date)"
	case d.Due.IsZero():
		return fmt.Sprintf("%q cannot be read", cell(d.DueText, 24))
	case d.Overdue(today):
		day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
		return fmt.Sprintf("%s, %s ago", d.Due.Format(time.DateOnly), plural(int(day.Sub(d.Due)/(24*time.Hour)), "day"))
	}
	return d.Due.Format(time.DateOnly)
}

// cell is people's text in a column: at most so many characters.
func cell(text string, limit int) string {
	if runes := []rune(strings.TrimSpace(text)); len(runes) > limit {
		return printable(string(runes[:limit])) + "…"
	}
	return printable(strings.TrimSpace(text))
}

// The form of `collector actions --format json`. Its keys are added to, never changed.
type (
	actionsFile struct {
		Schema  string       `json:"schema"`
		Counts  actionCounts `json:"counts"`
		Actions []actionFile `json:"actions"`
	}
	actionFile struct {
		Action   string `json:"action"`
		Owner    string `json:"owner"` // as written, "" for none
		Priority string `json:"priority"`
		Due      string `json:"due"`      // 2024-08-01; "" for none, and for one that cannot be read
		DueText  string `json:"due_text"` // as written
		Status   string `json:"status"`   // as written
		State    string `json:"state"`    // open, overdue, done or proposed
		Ticket   string `json:"ticket"`
		Document string `json:"document"`
		Line     int    `json:"line"`
	}
)

func actionsJSON(c actionCounts, all []draftAction, today time.Time) actionsFile {
	file := actionsFile{Schema: "collector/actions/v1", Counts: c, Actions: []actionFile{}}
	for _, d := range all {
		due := ""
		if !d.Due.IsZero() {
			due = d.Due.Format(time.DateOnly)
		}
		file.Actions = append(file.Actions, actionFile{
			d.Text, d.Owner, d.Priority, due, d.DueText, d.Status, d.state(today), d.Ticket, d.path, d.Line,
		})
	}
	return file
}
