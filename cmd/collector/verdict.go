package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"collector/internal/report"
)

// How much of a verdict is shown without --all.
const (
	shownDifferences = 40
	shownRanges      = 5 // of one file
)

// verdict is what `collector verify` found, in the form of --format json.
type verdict struct {
	Schema      string       `json:"schema"` // collector/verify/v1
	Draft       string       `json:"draft"`
	Intact      bool         `json:"intact"` // nothing differs but what people edited
	Edited      bool         `json:"edited"` // people edited the draft
	Differences []difference `json:"differences"`
	Seal        sealVerdict  `json:"seal"`
}

type difference struct {
	File   string      `json:"file,omitempty"`
	Record string      `json:"record,omitempty"`
	Kind   string      `json:"kind"` // missing, added, altered, renamed, differs, linked, unread, edited
	Text   string      `json:"text"`
	Ranges []byteRange `json:"ranges"`
}

// byteRange is a stretch of bytes that differs; offsets are from 0, lines from 1.
type byteRange struct {
	Offset int    `json:"offset"`
	Line   int    `json:"line"`
	Length int    `json:"length"`
	Wanted int    `json:"wanted_length"`
	Is     string `json:"is"`
	Should string `json:"should"`
}

func newVerdict(found []report.Difference, seal sealVerdict) verdict {
	v := verdict{Schema: "collector/verify/v1", Differences: []difference{}, Seal: seal}
	for _, d := range found {
		one := difference{File: d.File, Record: d.Record, Kind: d.Kind, Text: d.Text, Ranges: []byteRange{}}
		for _, r := range d.Ranges {
			one.Ranges = append(one.Ranges, byteRange(r))
		}
		v.Differences = append(v.Differences, one)
		v.Edited = v.Edited || d.Edited
	}
	v.Intact = v.faults() == 0
	return v
}

// faults counts what is wrong: what people edited is not, unless a seal says that
// nobody should have.
func (v verdict) faults() int {
	n := len(v.Seal.Problems)
	for _, d := range v.Differences {
		if d.Kind != report.Edited {
			n++
		}
	}
	return n
}

func (v verdict) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// write tells the verdict to people: each difference, its first ranges, the seal,
// and one line for all.
func (v verdict) write(w io.Writer, all bool) {
	left := len(v.Differences)
	if !all {
		left = min(left, shownDifferences)
	}
	for _, d := range v.Differences[:left] {
		d.write(w, all)
	}
	if more := len(v.Differences) - left; more > 0 {
		fmt.Fprintf(w, "… and %s (--all names them)\n", plural(more, "more difference"))
	}
	v.Seal.write(w)
	switch {
	case v.faults() > 0:
		fmt.Fprintf(w, "%s: %s\n", v.Draft, v.tally())
	case v.Edited:
		fmt.Fprintf(w, "%s: evidence intact; the document differs only where people edited it\n", v.Draft)
	default:
		fmt.Fprintf(w, "%s: evidence intact, draft derived again byte for byte\n", v.Draft)
	}
}

func (d difference) write(w io.Writer, all bool) {
	text := d.Text
	if d.File != "" {
		text = d.File + ": " + text
	}
	if d.Kind == report.Edited {
		text += " (a person's edit)"
	}
	if len(d.Ranges) > 1 {
		text += fmt.Sprintf(", in %d places", len(d.Ranges))
	}
	fmt.Fprintln(w, printable(text))
	shown := len(d.Ranges)
	if !all {
		shown = min(shown, shownRanges)
	}
	for _, r := range d.Ranges[:shown] {
		fmt.Fprintln(w, "  "+r.text())
	}
	if more := len(d.Ranges) - shown; more > 0 {
		fmt.Fprintf(w, "  … and %s (--all shows them)\n", plural(more, "more place"))
	}
}

// text is a range on a line: where, how many bytes, what is there and what should be.
func (r byteRange) text() string {
	where := fmt.Sprintf("line %d, byte %d: ", r.Line, r.Offset)
	switch {
	case r.Wanted == 0:
		return where + plural(r.Length, "byte") + " too many: " + r.Is
	case r.Length == 0:
		return where + plural(r.Wanted, "byte") + " missing: " + r.Should
	}
	return where + fmt.Sprintf("%s instead of %d: %s, the evidence gives %s", plural(r.Length, "byte"), r.Wanted, r.Is, r.Should)
}

// tally counts the differences by what they are.
func (v verdict) tally() string {
	counts := map[string]int{}
	var order []string
	for _, d := range v.Differences {
		what := "file " + d.Kind
		switch {
		case d.Kind == report.Edited:
			what = "edit"
		case d.Record != "":
			what = "record " + d.Kind
		case d.File == "":
			what = "fault of the whole"
		}
		if !slices.Contains(order, what) {
			order = append(order, what)
		}
		counts[what]++
	}
	var parts []string
	for _, what := range order {
		noun, kind, _ := strings.Cut(what, " ")
		parts = append(parts, strings.TrimSpace(plural(counts[what], noun)+" "+kind))
	}
	if n := len(v.Seal.Problems); n > 0 {
		parts = append(parts, plural(n, "fault")+" of the seal")
	}
	return strings.Join(parts, ", ")
}
