package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// compareDocument compares the generated blocks with what the evidence gives.
// What people wrote, outside of blocks or in a block whose text no longer has
// its sum, is reported as edited.
func (v *verification) compareDocument(b Bundle, draft Draft, want string) {
	got := b.Markdown
	if got == want {
		return
	}
	fresh := map[string]string{}
	for _, s := range split(want) {
		fresh[s.id] = s.text
	}
	segments := split(got)
	newest := chainsOf(segments)
	offset := 0
	edited := false
	for i, s := range segments {
		base, n := family(s.id)
		text, known := fresh[base]
		switch {
		case s.id == "":
			edited = edited || !strings.Contains(want, s.raw)
		case s.changed():
			v.found = append(v.found, Difference{b.Document, offset, lineAt(got, offset), "block " + s.id + " was changed by a person", true})
		case base == linksID:
			text = linksBlock(withoutLinks(got), draft.Timeline.Evidence, b.Earlier)
			if v.matches[b.Document] { // people may cite more since it was written
				v.compareBlock(b, s, text, offset)
			}
		case !known:
			v.fault(b.Document, offset, lineAt(got, offset), fmt.Sprintf("block %s is none of this template's", s.id))
		case newest[base] == i && n > 0:
			v.compareBlock(b, s, beside(text), offset)
		case newest[base] == i:
			v.compareBlock(b, s, text, offset)
		}
		offset += len(s.raw)
	}
	if edited {
		v.found = append(v.found, Difference{b.Document, -1, 0, "people wrote outside of the generated blocks", true})
	}
}

// compareBlock compares one block that nobody changed.
func (v *verification) compareBlock(b Bundle, s segment, want string, offset int) {
	if blockSum(s.text) == blockSum(want) {
		return
	}
	at, _, _ := firstDifference([]byte(want), []byte(s.text))
	at += offset + strings.Index(s.raw, "\n") + 1
	v.fault(b.Document, at, lineAt(b.Markdown, at), fmt.Sprintf("block %s is not what the evidence gives", s.id))
}

func lineAt(text string, offset int) int {
	return 1 + strings.Count(text[:min(offset, len(text))], "\n")
}

// comparePage compares the page with the document as it is. When people edited
// the document since, a page that still has its sum is older, and no fault.
func (v *verification) comparePage(b Bundle, draft Draft, charts []File) error {
	got, err := os.ReadFile(filepath.Join(v.dir, PageFile))
	if err != nil {
		if v.listed[PageFile] == "" {
			v.fault(PageFile, -1, 0, "it is missing")
		}
		return nil // otherwise its sum has told
	}
	now, err := htmlPage(draft, b.Markdown, charts, b.Earlier)
	if err != nil {
		return err
	}
	offset, line, differ := firstDifference(now, got)
	if !differ {
		return nil
	}
	if !v.matches[b.Document] && v.matches[PageFile] {
		v.found = append(v.found, Difference{PageFile, -1, 0, "it is older than the document: refresh it with --update", true})
		return nil
	}
	v.fault(PageFile, offset, line, "it is not the page of the document and the evidence")
	return nil
}
