package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Statement is one generated claim. Text is inline Markdown on one line, with
// all foreign text escaped by escape; Cites are the records that bear it out.
type Statement struct {
	Text  string
	Cites []string
}

// Row is one generated line of a table; its citations are its last column.
type Row struct {
	Cells []string
	Cites []string
}

// ErrUncited is what the renderer refuses with: a statement without a citation,
// or with one that leads nowhere.
var ErrUncited = errors.New("refusing to print a statement without evidence")

// maxCites is how many records one line names; timeline.json has all of them.
const maxCites = 6

// cites knows the records that may be cited.
type cites struct {
	known map[string]bool
}

// say prints a statement, ending in its citations.
func (c cites) say(s Statement) (string, error) {
	links, err := c.links(s.Text, s.Cites)
	if err != nil {
		return "", err
	}
	return s.Text + " " + links, nil
}

// row prints a table row, ending in the column of its citations.
func (c cites) row(r Row) (string, error) {
	if len(r.Cells) == 0 {
		return "", fmt.Errorf("%w: an empty row", ErrUncited)
	}
	links, err := c.links(strings.Join(r.Cells, " "), r.Cites)
	if err != nil {
		return "", err
	}
	return "| " + strings.Join(r.Cells, " | ") + " | " + links + " |", nil
}

// links prints citations as reference links: [mysql-3fa9c1d2] [prometheus-00c1ab42].
func (c cites) links(text string, ids []string) (string, error) {
	if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\n\r") {
		return "", fmt.Errorf("%w: not one line of text: %q", ErrUncited, text)
	}
	if len(ids) == 0 {
		return "", fmt.Errorf("%w: %q", ErrUncited, text)
	}
	for _, id := range ids {
		if !c.known[id] {
			return "", fmt.Errorf("%w: %q cites %q, which is not among the records", ErrUncited, text, id)
		}
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	more := ""
	if len(ids) > maxCites {
		more = fmt.Sprintf("(%d of %d records:) ", maxCites, len(ids))
		ids = ids[:maxCites]
	}
	return more + "[" + strings.Join(ids, "] [") + "]", nil
}
