package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"collector/internal/timeline"
)

// Updated says what an update did to the blocks of a document.
type Updated struct {
	Refreshed []string // replaced by newer facts
	Beside    []string // changed by a person: kept, and newer facts were put below
	Removed   []string // removed by a person, and not brought back
	Added     []string // new in this version of the template
}

// errMoved says that somebody saved the document while it was being updated.
var errMoved = errors.New("it was changed while it was being updated; nothing was written: run the update again")

// Update refreshes the draft in dir from a new state of its facts. Generated
// blocks that nobody changed are replaced; everything else keeps every byte,
// also files that people put into the directory.
func Update(dir string, draft Draft) (Updated, error) {
	draft = draft.normal()
	old, err := Read(dir)
	if err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	if old.Document != documentFile(draft.Template) {
		return Updated{}, fmt.Errorf("updating the draft: %s is the document of another template than %q", old.Document, draft.Template)
	}
	fresh, err := markdown(draft)
	if err != nil {
		return Updated{}, err
	}
	merged, done := merge(old.Markdown, fresh)
	earlier := stillCited(merged, draft.Timeline.Evidence, slices.Concat(old.Records, old.Earlier))
	merged = relink(merged, draft.Timeline.Evidence, earlier)
	extra, err := peoplesFiles(dir)
	if err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	files, err := bundle(draft, merged, earlier)
	if err != nil {
		return Updated{}, err
	}
	if err := replace(dir, old, files, extra); err != nil {
		return Updated{}, fmt.Errorf("updating %s: %w", dir, err)
	}
	return done, nil
}

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
	done.Beside = append(done.Beside, base)
	raw := s.raw
	if !strings.HasSuffix(raw, "\n") {
		raw += "\n"
	}
	return raw + "\n" + block(next(id), beside(n.text))
}

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

// stillCited are the records of the draft's former state that its document cites
// and its new state no longer has.
func stillCited(doc string, now, before []timeline.Evidence) []timeline.Evidence {
	have := map[string]bool{}
	for _, e := range now {
		have[e.ID] = true
	}
	was := map[string]timeline.Evidence{}
	for _, e := range before {
		was[e.ID] = e
	}
	var kept []timeline.Evidence
	for _, id := range citedIn(withoutLinks(doc)) {
		if e, ok := was[id]; ok && !have[id] {
			kept = append(kept, e)
		}
	}
	slices.SortFunc(kept, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	return kept
}

// withoutLinks is the document without its blocks of link definitions.
func withoutLinks(doc string) string {
	var b strings.Builder
	for _, s := range split(doc) {
		if base, _ := family(s.id); base != linksID {
			b.WriteString(s.raw)
		}
	}
	return b.String()
}

// relink rewrites the link definitions for what the merged document cites. A
// block of them that a person changed stays, and a second one stands behind it;
// one that a person removed comes back, or citations would lead nowhere.
func relink(doc string, records, earlier []timeline.Evidence) string {
	links := linksBlock(withoutLinks(doc), records, earlier)
	var b strings.Builder
	done := false
	for _, s := range split(doc) {
		base, n := family(s.id)
		switch {
		case base != linksID:
			b.WriteString(s.raw)
		case n == 0 && !s.changed():
			b.WriteString(block(linksID, links))
			done = true
		case n == 0:
			b.WriteString(s.raw)
		case s.changed():
			b.WriteString(s.raw)
		case !done:
			b.WriteString(block(s.id, links))
			done = true
		}
	}
	if done {
		return b.String()
	}
	id := linksID
	if strings.Contains(doc, "collector:begin id="+linksID) {
		id = next(lastOf(doc, linksID))
	}
	if !strings.HasSuffix(b.String(), "\n") {
		b.WriteString("\n")
	}
	return b.String() + "\n" + block(id, links)
}

// lastOf is the newest block of a family in a document.
func lastOf(doc, base string) string {
	last, most := base, 0
	for _, s := range split(doc) {
		if b, n := family(s.id); b == base && n >= most {
			last, most = s.id, n
		}
	}
	return last
}

// replace swaps the directory for its new state, unless the document was saved
// again in the meantime.
func replace(dir string, old Bundle, files []File, extra []string) error {
	parent := filepath.Dir(filepath.Clean(dir))
	staged, err := stage(parent, files)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(staged) }()
	if err := carry(dir, staged, extra); err != nil {
		return err
	}
	now, err := os.ReadFile(filepath.Join(dir, old.Document))
	if err != nil {
		return err
	}
	if !bytes.Equal(now, []byte(old.Markdown)) {
		return fmt.Errorf("%s: %w", old.Document, errMoved)
	}
	aside := staged + ".old"
	if err := os.Rename(dir, aside); err != nil {
		return err
	}
	if err := os.Rename(staged, dir); err != nil {
		return errors.Join(err, os.Rename(aside, dir))
	}
	return os.RemoveAll(aside)
}
