package report

import (
	"slices"
	"strings"
)

// compareOne compares a document and its page. One that is missing and listed has
// been told by its sum.
func (v *verification) compareOne(b Bundle, draft Draft, name, want string, charts []File) error {
	i := slices.IndexFunc(b.Documents, func(d Document) bool { return d.Name == name })
	if i < 0 {
		if v.listed[documentFile(name)] == "" {
			v.fault(documentFile(name), Missing, "it is missing, or "+sumsFile+" does not list it")
		}
		return nil
	}
	v.compareDocument(b.Documents[i], b, draft, want)
	return v.comparePage(b.Documents[i], b, draft, charts)
}

// compareDocument compares the generated blocks with what the evidence gives.
// What people wrote, outside of blocks or in a block whose text no longer has
// its sum, is reported as edited.
func (v *verification) compareDocument(d Document, b Bundle, draft Draft, want string) {
	got := d.Text
	if got == want {
		return
	}
	fresh, between := map[string]string{}, map[string]string{} // by block: its text, and people's text behind it
	last := ""
	for _, s := range split(want) {
		if s.id == "" {
			between[last] = s.raw
			continue
		}
		fresh[s.id], last = s.text, s.id
	}
	segments := split(got)
	newest := chainsOf(segments)
	offset := 0
	last = ""
	var edited []Range
	outside := false
	for i, s := range segments {
		base, n := family(s.id)
		text, known := fresh[base]
		inside := offset + strings.Index(s.raw, "\n") + 1
		switch {
		case s.id == "":
			if !strings.Contains(want, s.raw) {
				outside = true
				edited = append(edited, moved(differing([]byte(between[last]), []byte(s.raw)), offset, got)...)
			}
		case s.changed():
			v.edit(d.File(), "block "+s.id+" was changed by a person", moved(differing([]byte(text), []byte(s.text)), inside, got))
		case base == linksID && v.matches[d.File()]:
			v.compareBlock(d, s, linksBlock(withoutLinks(got), draft.Timeline.Evidence, b.Earlier), inside)
		case base == linksID: // people may cite more since it was written, or less
			v.compareBlock(d, s, linksBlock(s.text, draft.Timeline.Evidence, b.Earlier), inside)
		case !known:
			v.found = append(v.found, Difference{File: d.File(), Offset: offset, Line: lineAt(got, offset), Kind: Added, Text: "block " + s.id + " is none of this template's"})
		case newest[base] == i && n > 0:
			v.compareBlock(d, s, beside(text), inside)
		case newest[base] == i:
			v.compareBlock(d, s, text, inside)
		case blockSum(s.text) != blockSum(text) && blockSum(s.text) != blockSum(beside(text)):
			v.edit(d.File(), "block "+s.id+" is older than the newer facts beside it, and nobody can tell whether it was once what the evidence gave", moved(differing([]byte(text), []byte(s.text)), inside, got))
		}
		if s.id != "" {
			last = base
		}
		offset += len(s.raw)
	}
	if outside {
		v.edit(d.File(), "people wrote outside of the generated blocks", edited)
	}
}

// compareBlock compares one block that nobody changed; inside is where its text
// begins in the document.
func (v *verification) compareBlock(d Document, s segment, want string, inside int) {
	if blockSum(s.text) == blockSum(want) {
		return
	}
	v.found = append(v.found, Difference{
		File: d.File(), Kind: Differs, Text: "block " + s.id + " is not what the evidence gives",
		Ranges: moved(differing([]byte(want), []byte(s.text)), inside, d.Text),
	}.located())
}

func lineAt(text string, offset int) int {
	return 1 + strings.Count(text[:min(offset, len(text))], "\n")
}

// comparePage compares the page with the document as it is. When people edited
// the document since, a page that still has its sum is older, and no fault.
func (v *verification) comparePage(d Document, b Bundle, draft Draft, charts []File) error {
	got, err := readPlain(v.dir, d.Page())
	if err != nil {
		if v.listed[d.Page()] == "" {
			v.fault(d.Page(), Missing, "it is missing")
		}
		return nil // otherwise its sum has told
	}
	now, err := htmlPage(draft, d, charts, b.Earlier)
	if err != nil {
		return err
	}
	ranges := differing(now, got)
	switch {
	case len(ranges) == 0:
	case !v.matches[d.File()] && v.matches[d.Page()]:
		v.edit(d.Page(), "it is older than the document: refresh it with --update", nil)
	default:
		v.differs(d.Page(), "it is not the page of the document and the evidence", ranges)
	}
	return nil
}
