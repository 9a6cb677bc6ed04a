package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	if r.media != "application/json" {
		return told{}, refusal{errors.New("the Content-Type is not application/json"), http.StatusUnsupportedMediaType}
	}
	if !json.Valid(r.body) {
		return told{}, errors.New("the body is not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	var sent *noteJSON
	if err := dec.Decode(&sent); err != nil || sent == nil {
		return told{}, fmt.Errorf(`the body is no note: send {"text": "…"} and, as you like, at, author, cluster, target, disputes%s`, why(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return told{}, errors.New("send one note at a time")
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

// why names the key that is wrong.
func why(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &wrong):
		return fmt.Sprintf(" (%.60q is of a wrong type, %s)", wrong.Field, wrong.Value)
	}
	return fmt.Sprintf(" (%.80s)", strings.TrimPrefix(err.Error(), "json: ")) // it names a key
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
