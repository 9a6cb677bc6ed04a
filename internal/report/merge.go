package report

import (
	"slices"
	"strconv"
	"strings"
)

// merge puts fresh blocks into a document that people may have changed.
func merge(old, fresh string) (string, Updated) {
	var done Updated
	segments := split(old)
	listed := listedBlocks(old)
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
		switch {
		case base == linksID:
		case known && chains[base] == i:
			piece = refresh(s, base, n, &done)
		case !known && listed[base] && !s.changed() && once(old, s.id):
			piece = "" // collector's own words, and the evidence no longer gives them
			done.Ended = append(done.Ended, s.id)
		}
		out = append(out, piece)
		if s.id != "" {
			where[base] = i
		}
	}
	if len(out) == 0 { // somebody emptied the file
		out = []string{""}
	}
	place(out, order, where, listed, news, &done)
	return withList(strings.Join(out, ""), order, done.Ended), done
}

// once reports whether a document has one begin marker of a block. Of one that a person
// copied, each copy stays.
func once(doc, id string) bool {
	return strings.Count(doc, "<!-- collector:begin id="+id+" ") == 1
}

// refresh is what becomes of the newest block of a chain: the block itself and
// those that stand beside it.
func refresh(s segment, base string, n segment, done *Updated) string {
	text, id := n.text, s.id
	if id != base {
		text = beside(n.text)
	}
	if now := blockSum(text); s.sum == now || blockSum(s.text) == now { // no newer facts
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

// maxBeside is how many blocks beside one are counted; a higher number in a marker is
// a person's.
const maxBeside = 1_000_000

// family is the block that an id belongs to, and its number: summary.update-2
// is the second block beside summary.
func family(id string) (base string, number int) {
	base, digits, ok := strings.Cut(id, ".update-")
	if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 && n < maxBeside {
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
			if id != linksID { // which relink brings back
				done.Removed = append(done.Removed, id)
			}
			continue
		}
		done.Added = append(done.Added, id)
		if out[at] != "" && !strings.HasSuffix(out[at], "\n") {
			out[at] += "\n"
		}
		out[at] += "\n" + block(id, news[id].text)
	}
}

// listedBlocks are the blocks that the document's list names: those that it once had.
func listedBlocks(doc string) map[string]bool {
	had := map[string]bool{}
	for line := range strings.SplitSeq(doc, "\n") {
		for _, id := range idsOf(line) {
			had[id] = true
		}
	}
	return had
}

// idsOf are the blocks that a line names, if it is a list of blocks.
func idsOf(line string) []string {
	m := blockList.FindStringSubmatch(strings.TrimRight(line, "\n"))
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ",")
}

// withList brings the list of blocks up to date where it stands: the blocks of now,
// and behind them what else it names, without those that ended. A document whose list
// a person removed gets none.
func withList(doc string, ids, ended []string) string {
	lines := strings.SplitAfter(doc, "\n")
	for i, line := range lines {
		named := idsOf(line)
		if named == nil {
			continue
		}
		rest := slices.DeleteFunc(named, func(id string) bool {
			return id == "" || slices.Contains(ids, id) || slices.Contains(ended, id)
		})
		body := strings.TrimRight(line, "\n")
		lines[i] = strings.TrimSuffix(listOf(slices.Concat(ids, rest)), "\n") + line[len(body):]
		break
	}
	return strings.Join(lines, "")
}
