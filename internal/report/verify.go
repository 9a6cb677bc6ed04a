package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Verify compares a draft with itself: every file with its sum, every record
// with its ID, and every byte with what rederive makes of the records. It names
// every record and every range of bytes that differs. It needs nothing but the
// directory, and reads through no link in it. An error means that the directory
// could not be read as a draft at all.
func Verify(dir string, rederive func(records []timeline.Evidence) (Draft, error)) ([]Difference, error) {
	data, err := readPlain(dir, sumsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a draft: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %s: %w", dir, sumsFile, err)
	}
	list, err := readSums(data)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	v := &verification{dir: dir, listed: map[string]string{}, matches: map[string]bool{}}
	for _, s := range list {
		if v.listed[s.name] != "" || len(v.listed) == maxPackedFiles { // each costs reading the file
			return nil, fmt.Errorf("verifying %s: %s names %q twice, or more than %d files", dir, sumsFile, s.name, maxPackedFiles)
		}
		v.listed[s.name] = s.hex
	}
	if err := v.refuseLinks(); err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	if len(v.found) > 0 {
		return v.found, nil
	}
	for _, s := range list {
		v.checkSum(s)
	}
	records := v.checkRecords()
	v.derived(records, rederive)
	v.checkLeft()
	slices.SortStableFunc(v.found, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.File, b.File))
	})
	return v.found, nil
}

// rank puts what is wrong with the records first: the rest follows from it. What
// people did comes last.
func rank(d Difference) int {
	switch {
	case d.Edited:
		return 3
	case d.Record != "":
		return 0
	case d.File == "":
		return 1
	}
	return 2
}

type verification struct {
	dir     string
	listed  map[string]string // the sums that SHA256SUMS names
	matches map[string]bool   // whether a file has its sum
	found   []Difference
}

// fault notes a difference without a place.
func (v *verification) fault(file, kind, text string) {
	v.found = append(v.found, Difference{File: file, Offset: -1, Text: text, Kind: kind, Record: recordOf(file)})
}

// differs notes ranges of a file, beside what was said of its sum.
func (v *verification) differs(file, text string, ranges []Range) {
	i := slices.IndexFunc(v.found, func(d Difference) bool { return d.File == file && d.Kind == Altered && len(d.Ranges) == 0 })
	if i < 0 {
		v.found = append(v.found, Difference{File: file, Text: text, Kind: Differs, Record: recordOf(file), Ranges: ranges}.located())
		return
	}
	d := v.found[i]
	d.Text, d.Ranges = d.Text+", and "+text, ranges
	v.found[i] = d.located()
}

// edit notes what a person did.
func (v *verification) edit(file, text string, ranges []Range) {
	v.found = append(v.found, Difference{File: file, Text: text, Kind: Edited, Edited: true, Ranges: ranges}.located())
}

// refuseLinks finds links where collector's own files belong: who follows one reads
// something else than the draft.
func (v *verification) refuseLinks() error {
	names, err := Irregular(v.dir)
	for _, name := range names {
		if ours(name) || v.listed[name] != "" {
			v.fault(name, Linked, errNotPlain.Error())
		}
	}
	return err
}

func (v *verification) checkSum(s sum) {
	data, err := readPlain(v.dir, s.name)
	switch {
	case v.holdsRecord(s.name): // told with what is in it
		v.matches[s.name] = err == nil && sumOf(data) == s.hex
	case errors.Is(err, fs.ErrNotExist):
		v.fault(s.name, Missing, "it is missing")
	case err != nil:
		v.fault(s.name, Unread, err.Error())
	case sumOf(data) == s.hex:
		v.matches[s.name] = true
	case !isDocument(s.name): // a document is compared block by block
		v.fault(s.name, Altered, "its SHA-256 is not the one in "+sumsFile)
	}
}

// holdsRecord reports whether a file is read for its record: beside an archive of all
// records only those of the earlier state are.
func (v *verification) holdsRecord(file string) bool {
	if strings.HasPrefix(file, earlierDir) || recordOf(file) == "" {
		return recordOf(file) != ""
	}
	_, err := os.Lstat(filepath.Join(v.dir, evidenceArchive))
	return errors.Is(err, fs.ErrNotExist)
}

// isDocument reports whether a file is the text of a document.
func isDocument(file string) bool {
	name, ok := nameOf(file)
	return ok && file == documentFile(name)
}

// derived compares the draft with what its records give.
func (v *verification) derived(records []timeline.Evidence, rederive func([]timeline.Evidence) (Draft, error)) {
	bundle := Bundle{Dir: v.dir, Records: records}
	var err error
	if bundle.Documents, err = readDocuments(v.dir); err != nil {
		v.fault("", Unread, "it cannot be read as a draft: "+err.Error())
		return
	}
	bundle.Document, bundle.Markdown = bundle.Documents[0].File(), bundle.Documents[0].Text
	if bundle.Earlier, err = readFolder(filepath.Join(v.dir, earlierDir)); err != nil {
		v.fault("", Unread, err.Error()) // the records have told which
	}
	draft, err := rederive(bundle.Records)
	if err != nil {
		v.fault(timelineFile, Unread, "the draft cannot be derived again: "+err.Error())
		return
	}
	if err := v.compare(bundle, draft.normal()); err != nil {
		v.fault(bundle.Document, Unread, "the draft cannot be rendered again: "+err.Error())
	}
}

// compare renders the draft again and compares every byte.
func (v *verification) compare(b Bundle, draft Draft) error {
	files, err := Render(draft)
	if err != nil {
		return err
	}
	want := map[string]string{} // the documents by their files
	var charts []File
	for _, f := range files {
		if _, document := nameOf(f.Name); document {
			want[f.Name] = string(f.Data) // the pages are made of the documents as they are
			continue
		}
		if strings.HasPrefix(f.Name, chartsDir) {
			charts = append(charts, f)
		}
		if f.Name != sumsFile && f.Name != evidenceArchive {
			v.compareFile(f)
		}
	}
	for name := range v.listed {
		if strings.HasPrefix(name, chartsDir) && !slices.ContainsFunc(charts, func(f File) bool { return f.Name == name }) {
			v.fault(name, Differs, "the evidence gives no such chart")
		}
		if _, document := nameOf(name); document && want[name] == "" {
			v.fault(name, Differs, "the evidence gives no such document")
		}
	}
	v.checkAlertRules(files)
	for _, name := range draft.Templates {
		if err := v.compareOne(b, draft, name, want[documentFile(name)], charts); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) compareFile(want File) {
	got, err := readPlain(v.dir, want.Name)
	if err != nil {
		if v.listed[want.Name] == "" && recordOf(want.Name) == "" {
			v.fault(want.Name, Missing, "it is missing")
		}
		return // otherwise it has been told
	}
	if ranges := differing(want.Data, got); len(ranges) > 0 {
		v.differs(want.Name, "it is not what the evidence gives", ranges)
	}
}

// checkLeft names files in collector's own folders that it did not write. They
// belong to people, like any file that SHA256SUMS does not list, and are evidence
// of nothing.
func (v *verification) checkLeft() {
	for _, folder := range []string{evidenceDir, earlierDir, chartsDir} {
		entries, err := os.ReadDir(filepath.Join(v.dir, folder))
		if err != nil {
			continue // a missing folder shows as missing files
		}
		for _, e := range entries {
			name := folder + e.Name()
			if !e.IsDir() && v.listed[name] == "" && recordOf(name) == "" {
				v.edit(name, "somebody put it here: "+sumsFile+" does not list it", nil)
			}
		}
	}
}
