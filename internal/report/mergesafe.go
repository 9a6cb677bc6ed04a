package report

import (
	"fmt"
	"slices"
	"strings"
)

// mergeable refuses a document in which the markers of blocks cannot be found, though
// they may be there: a merge would put a second document behind people's own.
func mergeable(d Document) error {
	why := ""
	switch {
	case strings.HasPrefix(d.Text, "\xff\xfe"), strings.HasPrefix(d.Text, "\xfe\xff"), strings.Contains(d.Text, "\x00"):
		why = "is not UTF-8 text (UTF-16, or no text at all)"
	case strings.Count(d.Text, "\r") > 1 && !strings.Contains(d.Text, "\n"):
		why = "has line ends that are carriage returns alone"
	default:
		return nil
	}
	return fmt.Errorf("%s %s; nothing was written: save it as UTF-8 with line ends LF or CRLF, then run the update again", d.File(), why)
}

// keptAll are merged documents, each with the line ends that it had, if all of what
// people wrote still stands in them. It is checked before anything is written.
func keptAll(was, merged []Document) ([]Document, error) {
	out := slices.Clone(merged)
	for i, d := range out {
		at := slices.IndexFunc(was, func(w Document) bool { return w.Name == d.Name })
		if at < 0 {
			continue
		}
		if gone, all := lost(was[at].Text, d.Text); !all {
			return nil, fmt.Errorf("%s cannot be merged: %q, which a person wrote, would be lost; nothing was written: put generated blocks that were moved or copied back into their places, then run the update again",
				d.File(), plain(gone, maxName))
		}
		out[i].Text = sameEnds(was[at].Text, d.Text)
	}
	return out, nil
}

// lost finds the first part of a document that belongs to people and does not stand in
// its merged form, byte for byte and in order. The list of blocks is collector's.
func lost(old, merged string) (part string, all bool) {
	for _, s := range split(old) {
		if s.id != "" && !s.changed() {
			continue
		}
		for _, part := range besideLists(s.raw) {
			at := strings.Index(merged, part)
			if at < 0 {
				return part, false
			}
			merged = merged[at+len(part):]
		}
	}
	return "", true
}

// besideLists is a text without its lists of blocks: what stands before, between and
// behind them.
func besideLists(text string) []string {
	var parts []string
	start, at := 0, 0
	for line := range strings.SplitAfterSeq(text, "\n") {
		if idsOf(line) != nil {
			parts = append(parts, text[start:at])
			start = at + len(line)
		}
		at += len(line)
	}
	return append(parts, text[start:])
}

// sameEnds gives a text the line ends of a document that has CRLF throughout. In one
// that has both, every line keeps its own.
func sameEnds(old, text string) string {
	lines := strings.Count(old, "\n")
	if lines == 0 || strings.Count(old, "\r\n") != lines {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}
