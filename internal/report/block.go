package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

var (
	beginMarker = regexp.MustCompile(`^<!-- collector:begin id=([a-z0-9.-]+)(?: sha256=([0-9a-f]{16}))? -->[ \t\r]*$`)
	endMarker   = regexp.MustCompile(`^<!-- collector:end id=([a-z0-9.-]+) -->[ \t\r]*$`)
	blockList   = regexp.MustCompile(`^<!-- collector:blocks ([a-z0-9.,-]*) -->[ \t\r]*$`)
)

// segment is a stretch of a document: a generated block, or what people own.
type segment struct {
	id   string // "" for people's text
	sum  string // the sum that the begin marker names
	text string // for a block, what stands between the marker lines
	raw  string // every byte, with the marker lines
}

// changed reports whether a person changed the block since it was written.
func (s segment) changed() bool { return s.sum != blockSum(s.text) }

// blockSum is the sum of a block's text. Line endings and blanks at the ends of
// lines do not count: an editor that tidies them has not changed what is said.
func blockSum(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	sum := sha256.Sum256([]byte(strings.Trim(strings.Join(lines, "\n"), "\n")))
	return hex.EncodeToString(sum[:8])
}

// block writes a generated block with its markers.
func block(id, text string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return fmt.Sprintf("<!-- collector:begin id=%s sha256=%s -->\n%s<!-- collector:end id=%s -->\n", id, blockSum(text), text, id)
}

// bom is the byte order mark that some editors put in front of UTF-8.
const bom = "\ufeff"

// split takes a document apart. Joining the raw parts gives the document again,
// byte for byte. A begin marker without its end, and a second block with an ID
// that was there before, are people's text, as is a byte order mark.
func split(doc string) []segment {
	var out []segment
	if strings.HasPrefix(doc, bom) {
		out, doc = append(out, segment{raw: bom, text: bom}), doc[len(bom):]
	}
	lines := strings.SplitAfter(doc, "\n")
	var own strings.Builder
	flush := func() {
		if own.Len() > 0 {
			out = append(out, segment{raw: own.String(), text: own.String()})
			own.Reset()
		}
	}
	seen := map[string]bool{}
	for i := 0; i < len(lines); i++ {
		m := beginMarker.FindStringSubmatch(strings.TrimRight(lines[i], "\n"))
		end := -1
		if m != nil && !seen[m[1]] {
			end = findEnd(lines, i+1, m[1])
		}
		if end < 0 {
			own.WriteString(lines[i])
			continue
		}
		flush()
		seen[m[1]] = true
		out = append(out, segment{m[1], m[2], strings.Join(lines[i+1:end], ""), strings.Join(lines[i:end+1], "")})
		i = end
	}
	flush()
	return out
}

// findEnd is the line of a block's end marker, or -1 if another block begins
// before it or there is none.
func findEnd(lines []string, from int, id string) int {
	for i := from; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\n")
		if beginMarker.MatchString(line) {
			return -1
		}
		if m := endMarker.FindStringSubmatch(line); m != nil {
			if m[1] == id {
				return i
			}
			return -1
		}
	}
	return -1
}

// sealed fills the sums into the markers that a template wrote, and appends the
// list of all blocks, by which Update tells a block that a person removed from
// one that is new.
func sealed(doc string) string {
	var b strings.Builder
	var ids []string
	for _, s := range split(doc) {
		if s.id == "" {
			b.WriteString(s.raw)
			continue
		}
		ids = append(ids, s.id)
		b.WriteString(block(s.id, s.text))
	}
	return b.String() + listOf(ids)
}

func listOf(ids []string) string {
	return "<!-- collector:blocks " + strings.Join(ids, ",") + " -->\n"
}
