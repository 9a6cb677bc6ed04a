package edittest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var written = regexp.MustCompile(`human[0-9]+x[0-9]+h`)

// Words are the words of persons in a document, in order.
func Words(doc string) []string { return written.FindAllString(doc, -1) }

// Lost says what people did to a document, between before and edited, that is no longer
// in it after an update; nil when all is. It knows nothing of blocks. Every word that a
// person wrote must be there, as often and in the same order, and so must every line
// that collector did not write as it is: blanks at the ends of lines, empty lines and
// the list of blocks aside.
func Lost(before, edited, after string) error {
	if want, got := Words(edited), Words(after); !slices.Equal(want, got) {
		return fmt.Errorf("the words were %v and are %v", want, got)
	}
	if strings.HasPrefix(edited, mark) && !strings.HasPrefix(after, mark) {
		return fmt.Errorf("the byte order mark is gone")
	}
	ours := map[string]bool{"": true}
	for _, line := range lines(before) {
		ours[line] = true
	}
	rest := lines(after)
	for n, line := range lines(edited) {
		if ours[line] || strings.HasPrefix(line, list) {
			continue
		}
		at := slices.Index(rest, line)
		if at < 0 {
			return fmt.Errorf("line %d is gone: %q", n+1, line)
		}
		rest = rest[at+1:]
	}
	return nil
}

// lines are a document's lines without what editors change of themselves.
func lines(doc string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimPrefix(doc, mark), "\n") {
		out = append(out, strings.TrimRight(line, " \t\r"))
	}
	return out
}
