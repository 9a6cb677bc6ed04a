package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// NoteRules are what the configuration says about notes.
type NoteRules struct {
	// When reads the time of a note as people write it: RFC 3339, or as on the command
	// line. It has happened from at to until.
	When func(text string) (at, until time.Time, err error)
	// Clusters are the names of all clusters.
	Clusters func() []string
}

// noteJSON is the body of POST /api/v1/notes.
type noteJSON struct {
	Text     string `json:"text"`
	At       string `json:"at"`
	Author   string `json:"author"`
	Cluster  string `json:"cluster"`
	Target   string `json:"target"`
	Disputes string `json:"disputes"`
}

// fromJSON decodes POST /api/v1/notes. Keys that are not known are refused: they are a
// mistyped one.
func (rules NoteRules) fromJSON(r pushed) (told, error) {
	sent, err := strictJSON[noteJSON](r, `no note: send {"text": "…"} and, as you like, at, author, cluster, target, disputes`)
	if err != nil {
		return told{}, err
	}
	n := store.Note{Text: sent.Text, Author: sent.Author, Cluster: sent.Cluster, Target: sent.Target, Disputes: sent.Disputes}
	if err := rules.place(&n, sent.At); err != nil {
		return told{}, err
	}
	content := ""
	if !n.At.IsZero() {
		content = timeline.FormatTime(n.At) + string(r.body) // "09:00" is another time tomorrow
	}
	e, err := n.Entry(r.keyOf(0, 1, "", content), r.received)
	return told{entries: []store.Entry{e}}, err
}

// place reads the time of a note and checks its cluster.
func (rules NoteRules) place(n *store.Note, when string) (err error) {
	if when = strings.TrimSpace(when); when != "" {
		if n.At, n.Until, err = rules.When(when); err != nil {
			return err
		}
	}
	if n.Cluster == "" {
		return nil
	}
	if known := rules.Clusters(); !slices.Contains(known, n.Cluster) {
		return fmt.Errorf("there is no cluster %.60q in the configuration; there is: %s", n.Cluster, strings.Join(known, ", "))
	}
	return nil
}
