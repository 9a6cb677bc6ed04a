package report

import (
	"strconv"
	"strings"
)

// merge puts fresh blocks into a document that people may have changed.
func merge(old, fresh string) (string, Updated) {
	var done Updated
	segments := split(old)
	had := blocksOf(old, segments)
	chains := chainsOf(segments)
	news := map[string]segment{}
	var order []string
	for _, s := range split(fresh) {
		if s.id != "" {
			news[s.id] = s
			order = append(order, s.id)
		}
	}
	var out []string
	where := map[string]int{} // the last piece that belongs to a block
	for i, s := range segments {
		piece := s.raw
		base, _ := family(s.id)
		n, known := news[base]
		if known && base != linksID && chains[base] == i {
			piece = refresh(s, base, n, &done)
		}
		out = append(out, piece)
		if s.id != "" {
			where[base] = i
		}
	}
	if len(out) == 0 { // somebody emptied the file
		out = []string{""}
	}
	place(out, order, where, had, news, &done)
	return withList(strings.Join(out, ""), order), done
}

// refresh is what becomes of the newest block of a chain: the block itself and
// those that stand beside it.
func refresh(s segment, base string, n segment, done *Updated) string {
	text, id := n.text, s.id
	if id != base {
		text = beside(n.text)
	}
	if s.sum == blockSum(text) { // no newer facts
		return s.raw
	}
	if !s.changed() {
		done.Refreshed = append(done.Refreshed, base)
		return block(id, text)
	}
	if base == titleID { // a heading is a name, no fact: people's stays alone
		return s.raw
	}
	done.Beside = append(done.Beside, base)
	raw := s.raw
	if !strings.HasSuffix(raw, "\n") {
		raw += "\n"
	}
	return raw + "\n" + block(next(id), beside(n.text))
}

// titleID is the block of the document's heading.
const titleID = "title"

// beside heads the newer facts for a block that a person changed.
func beside(text string) string {
	return "\n**Newer facts for the part above, which a person changed and collector kept:**\n\n" + strings.TrimLeft(text, "\n")
}

// family is the block that an id belongs to, and its number: summary.update-2
// is the second block beside summary.
func family(id string) (base string, number int) {
	base, digits, ok := strings.Cut(id, ".update-")
	if n, err := strconv.Atoi(digits); ok && err == nil {
		return base, n
	}
	return id, 0
}

func next(id string) string {
	base, n := family(id)
	return base + ".update-" + strconv.Itoa(n+1)
}

// chainsOf finds, for each block, where the newest of its family stands.
func chainsOf(segments []segment) map[string]int {
	newest, number := map[string]int{}, map[string]int{}
	for i, s := range segments {
		if s.id == "" {
			continue
		}
		base, n := family(s.id)
		if _, ok := newest[base]; !ok || n >= number[base] {
			newest[base], number[base] = i, n
		}
	}
	return newest
}

// place adds the blocks that the document does not have: after the block before
// them if the template is newer than the document; not at all if the document
// once had them, because then a person took them out.
func place(out, order []string, where map[string]int, had map[string]bool, news map[string]segment, done *Updated) {
	at := 0
	for _, id := range order {
		if i, ok := where[id]; ok {
			at = i
			continue
		}
		if had[id] {
			done.Removed = append(done.Removed, id)
			continue
		}
		done.Added = append(done.Added, id)
		if out[at] != "" && !strings.HasSuffix(out[at], "\n") {
			out[at] += "\n"
		}
		out[at] += "\n" + block(id, news[id].text)
	}
}

// blocksOf are the blocks that the document has or once had.
func blocksOf(doc string, segments []segment) map[string]bool {
	had := map[string]bool{}
	for _, s := range segments {
		had[s.id] = true
	}
	for line := range strings.SplitSeq(doc, "\n") {
		if m := blockList.FindStringSubmatch(line); m != nil {
			for id := range strings.SplitSeq(m[1], ",") {
				had[id] = true
			}
		}
	}
	return had
}

// withList brings the list of blocks up to date where it stands; a document
// whose list a person removed gets none.
func withList(doc string, ids []string) string {
	lines := strings.SplitAfter(doc, "\n")
	for i, line := range lines {
		body := strings.TrimRight(line, "\n")
		if blockList.MatchString(body) {
			lines[i] = strings.TrimSuffix(listOf(ids), "\n") + line[len(body):]
			break
		}
	}
	return strings.Join(lines, "")
}
