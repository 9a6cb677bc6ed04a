package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Difference is one thing in a draft's directory that is not as it was written
// or as its evidence says. An Edited one is a person's work and no fault.
type Difference struct {
	File   string // relative to the draft's directory
	Offset int    // of the first byte that differs; -1 when there is no such byte
	Line   int    // of that byte, from 1; 0 when there is no such byte
	Text   string // what is wrong
	Edited bool   // a person wrote here, which is what a draft is for
}

func (d Difference) String() string {
	if d.Line > 0 {
		return fmt.Sprintf("%s: line %d, byte %d: %s", d.File, d.Line, d.Offset, d.Text)
	}
	if d.File == "" {
		return d.Text
	}
	return d.File + ": " + d.Text
}

// Verify compares a draft with itself: every file with its sum, every record
// with its ID, and every byte with what rederive makes of the records. It needs
// nothing but the directory. An error means that the directory could not be read
// as a draft at all.
func Verify(dir string, rederive func(records []timeline.Evidence) (Draft, error)) ([]Difference, error) {
	data, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a draft: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	list, err := readSums(data)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	v := &verification{dir: dir, listed: map[string]string{}, matches: map[string]bool{}}
	for _, s := range list {
		v.listed[s.name] = s.hex
	}
	for _, s := range list {
		v.checkSum(s)
	}
	v.checkUnlisted()
	bundle, err := Read(dir)
	if err != nil {
		if len(v.found) > 0 { // the sums have told why
			v.fault("", -1, 0, "it cannot be read as a draft: "+err.Error())
			return v.found, nil
		}
		return nil, fmt.Errorf("verifying %s: %w", dir, err)
	}
	for _, e := range slices.Concat(bundle.Records, bundle.Earlier) {
		if err := e.Verify(); err != nil {
			v.fault(evidenceDir+e.ID+".json", -1, 0, err.Error())
		}
	}
	draft, err := rederive(bundle.Records)
	if err != nil {
		v.fault(timelineFile, -1, 0, "the draft cannot be derived again: "+err.Error())
		return v.found, nil
	}
	if err := v.compare(bundle, draft.normal()); err != nil {
		v.fault(bundle.Document, -1, 0, "the draft cannot be rendered again: "+err.Error())
	}
	return v.found, nil
}

type verification struct {
	dir     string
	listed  map[string]string // the sums that SHA256SUMS names
	matches map[string]bool   // whether a file has its sum
	found   []Difference
}

func (v *verification) fault(file string, offset, line int, text string) {
	v.found = append(v.found, Difference{file, offset, line, text, false})
}

func (v *verification) checkSum(s sum) {
	data, err := os.ReadFile(filepath.Join(v.dir, filepath.FromSlash(s.name)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.fault(s.name, -1, 0, "it is missing")
	case err != nil:
		v.fault(s.name, -1, 0, err.Error())
	case sumOf(data) == s.hex:
		v.matches[s.name] = true
	case !isDocument(s.name): // the document is compared block by block
		v.fault(s.name, -1, 0, "its SHA-256 is not the one in "+sumsFile)
	}
}

func isDocument(name string) bool {
	return slices.ContainsFunc(Templates(), func(t string) bool { return documentFile(t) == name })
}

// checkUnlisted finds records that were slipped in. Other files are people's.
func (v *verification) checkUnlisted() {
	entries, err := os.ReadDir(filepath.Join(v.dir, evidenceDir))
	if err != nil {
		return // a missing folder shows as missing files
	}
	for _, e := range entries {
		name := evidenceDir + e.Name()
		if !e.IsDir() && strings.HasSuffix(name, ".json") && v.listed[name] == "" {
			v.fault(name, -1, 0, sumsFile+" does not list it")
		}
	}
}

// compare renders the draft again and compares every byte.
func (v *verification) compare(b Bundle, draft Draft) error {
	files, err := Render(draft)
	if err != nil {
		return err
	}
	var document string
	var charts []File
	for _, f := range files {
		switch f.Name {
		case b.Document:
			document = string(f.Data)
		case sumsFile, PageFile, evidenceArchive:
		default:
			if strings.HasPrefix(f.Name, chartsDir) {
				charts = append(charts, f)
			}
			v.compareFile(f)
		}
	}
	for name := range v.listed {
		if strings.HasPrefix(name, chartsDir) && !slices.ContainsFunc(charts, func(f File) bool { return f.Name == name }) {
			v.fault(name, -1, 0, "the evidence gives no such chart")
		}
	}
	v.checkAlertRules(files)
	slices.SortStableFunc(v.found, func(a, b Difference) int { return strings.Compare(a.File, b.File) })
	v.compareDocument(b, draft, document)
	return v.comparePage(b, draft, charts)
}

func (v *verification) compareFile(want File) {
	got, err := os.ReadFile(filepath.Join(v.dir, filepath.FromSlash(want.Name)))
	if err != nil {
		if v.listed[want.Name] == "" {
			v.fault(want.Name, -1, 0, "it is missing")
		}
		return // otherwise its sum has told
	}
	if offset, line, differ := firstDifference(want.Data, got); differ {
		v.fault(want.Name, offset, line, "it is not what the evidence gives")
	}
}

// firstDifference is where two texts part.
func firstDifference(want, got []byte) (offset, line int, differ bool) {
	if bytes.Equal(want, got) {
		return 0, 0, false
	}
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	return n, 1 + bytes.Count(got[:n], []byte("\n")), true
}
