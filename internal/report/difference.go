package report

import (
	"fmt"
	"strings"
)

// What may be wrong with a part of a draft. The words stand in the output of
// `collector verify --format json` and are part of its form.
const (
	Missing = "missing" // a file or a record is not there
	Added   = "added"   // a record that was not there when the draft was written
	Altered = "altered" // it no longer has its sum
	Renamed = "renamed" // a record stands under another name
	Differs = "differs" // it has its sum, and is not what the evidence gives
	Linked  = "linked"  // a link, a device or a pipe stands where a file belongs
	Unread  = "unread"  // it could not be read or derived at all
	Edited  = "edited"  // a person wrote here, which is what a draft is for
)

// Difference is one thing in a draft's directory that is not as it was written
// or as its evidence says. An Edited one is a person's work and no fault.
type Difference struct {
	File   string  // relative to the draft's directory; "" is the draft as a whole
	Offset int     // of the first byte that differs; -1 when there is no such byte
	Line   int     // of that byte, from 1; 0 when there is no such byte
	Text   string  // what is wrong
	Edited bool    // a person wrote here, which is what a draft is for
	Kind   string  // one of the words above
	Record string  // the ID of the record that the file holds, "" for other files
	Ranges []Range // every range of bytes that differs, in order; empty where bytes cannot be compared
}

// String is the difference on one line, with its first byte.
func (d Difference) String() string {
	if d.Line > 0 {
		return fmt.Sprintf("%s: line %d, byte %d: %s", d.File, d.Line, d.Offset, d.Text)
	}
	if d.File == "" {
		return d.Text
	}
	return d.File + ": " + d.Text
}

// located takes the place of the first range as the place of the difference.
func (d Difference) located() Difference {
	d.Offset, d.Line = -1, 0
	if len(d.Ranges) > 0 {
		d.Offset, d.Line = d.Ranges[0].Offset, d.Ranges[0].Line
	}
	return d
}

// recordOf is the ID of the record that a file of evidence holds by its name.
func recordOf(file string) string {
	name, ok := strings.CutPrefix(file, earlierDir)
	if !ok {
		name, ok = strings.CutPrefix(file, evidenceDir)
	}
	id, isRecord := strings.CutSuffix(name, ".json")
	if !ok || !isRecord || strings.Contains(id, "/") {
		return ""
	}
	return id
}
