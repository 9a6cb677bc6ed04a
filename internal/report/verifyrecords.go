package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"collector/internal/timeline"
)

// held is a record of a draft's directory and where it stands.
type held struct {
	file   string
	record timeline.Evidence
}

// checkRecords compares each record with its sum, its ID, its name and the list in
// timeline.json, and names each that is missing, added, altered or renamed. It
// returns those of the derivation that can be read.
func (v *verification) checkRecords() []timeline.Evidence {
	var all []held
	told := map[string]bool{} // IDs of which something was said
	if _, err := os.Lstat(filepath.Join(v.dir, evidenceArchive)); err == nil {
		all = v.archived(told)
	} else {
		all = v.folder(evidenceDir, told)
	}
	entries, known := v.entries()
	v.compareEntries(all, entries, known, told)
	v.folder(earlierDir, told)
	var records []timeline.Evidence
	seen := map[string]bool{}
	for _, h := range all {
		if !seen[h.record.ID] {
			records = append(records, h.record)
		}
		seen[h.record.ID] = true
	}
	slices.SortFunc(records, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	return records
}

// folder reads the records of a folder and compares each with its sum and its name.
func (v *verification) folder(folder string, told map[string]bool) []held {
	found, err := os.ReadDir(filepath.Join(v.dir, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		v.fault(folder, Unread, err.Error())
	}
	var out []held
	there := map[string]bool{}
	for _, entry := range found {
		name := folder + entry.Name()
		if entry.IsDir() || recordOf(name) == "" {
			continue
		}
		there[name] = true
		if h, ok := v.readHeld(name, told); ok {
			out = append(out, h)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.listed)) {
		if strings.HasPrefix(name, folder) && recordOf(name) != "" && !there[name] && !strings.Contains(name[len(folder):], "/") {
			v.missing(name, out)
			told[recordOf(name)] = true
		}
	}
	return out
}

// missing tells of a record whose file is gone, or stands under another name.
func (v *verification) missing(name string, have []held) {
	for _, h := range have {
		if h.record.ID == recordOf(name) {
			v.fault(name, Renamed, "the record is missing here: it stands in "+h.file)
			return
		}
	}
	v.fault(name, Missing, "the record is missing")
}

// readHeld reads one record; what is wrong with it is told once.
func (v *verification) readHeld(name string, told map[string]bool) (held, bool) {
	tell := func(kind, text string) {
		v.fault(name, kind, text)
		told[recordOf(name)] = true
	}
	data, err := readPlain(v.dir, name)
	if err != nil {
		tell(Unread, err.Error())
		return held{}, false
	}
	var e timeline.Evidence
	if err := json.Unmarshal(data, &e); err != nil {
		tell(Altered, "it is no record: "+err.Error())
		return held{}, false
	}
	switch err := e.Verify(); {
	case err != nil && v.listed[name] == "":
		tell(Added, "it was added, and is no record: "+err.Error())
		return held{}, false
	case err != nil: // and nothing is derived from it
		tell(Altered, "the record was altered, and is left out of what follows: "+err.Error())
		return held{}, false
	case e.ID != recordOf(name):
		tell(Renamed, "the file holds the record "+strconv.Quote(e.ID))
	case v.listed[name] == "":
		tell(Added, "the record was added: "+sumsFile+" does not list it")
	case !v.matches[name]:
		v.fault(name, Altered, "the record was altered: its SHA-256 is not the one in "+sumsFile)
		v.rangesOf(name, e, data)
	}
	return held{name, e}, true
}

// rangesOf tells where a record's file is not what collector writes for what the
// record says now. Fields that say something else are told by compareEntries.
func (v *verification) rangesOf(name string, e timeline.Evidence, data []byte) {
	want, err := evidenceFile(e)
	if err != nil {
		return
	}
	if ranges := differing(want, data); len(ranges) > 0 {
		v.differs(name, "it is not laid out as collector does", ranges)
	}
}

// archived are the records of evidence.tar.zst, each compared with its ID.
func (v *verification) archived(told map[string]bool) []held {
	data, err := readPlain(v.dir, evidenceArchive)
	if err != nil {
		v.fault(evidenceArchive, Unread, err.Error())
		return nil
	}
	if v.listed[evidenceArchive] == "" {
		v.fault(evidenceArchive, Added, sumsFile+" does not list it")
	}
	records, err := unpack(data)
	if err != nil {
		v.fault(evidenceArchive, Altered, "it cannot be read to its end: "+err.Error())
	}
	var out []held
	seen := map[string]bool{}
	for _, e := range records {
		name := evidenceDir + e.ID + ".json"
		if err := e.Verify(); err != nil {
			v.fault(name, Altered, "the record in "+evidenceArchive+" was altered, and is left out of what follows: "+err.Error())
			told[e.ID] = true
			continue
		}
		if seen[e.ID] {
			v.fault(name, Added, "the record stands twice in "+evidenceArchive)
		}
		seen[e.ID] = true
		out = append(out, held{name, e})
	}
	return out
}

// entries is the list of records in timeline.json, as far as it can be read.
func (v *verification) entries() (list map[string]timeline.Evidence, known bool) {
	data, err := readPlain(v.dir, timelineFile)
	if err != nil {
		return nil, false
	}
	var story struct {
		Evidence []timeline.Evidence `json:"evidence"`
	}
	if json.Unmarshal(data, &story) != nil {
		return nil, false
	}
	list = make(map[string]timeline.Evidence, len(story.Evidence))
	for _, e := range story.Evidence {
		list[e.ID] = e
	}
	return list, true
}

// compareEntries compares the records with the list in timeline.json.
func (v *verification) compareEntries(all []held, entries map[string]timeline.Evidence, known bool, told map[string]bool) {
	if !known {
		return // what is wrong with timeline.json is told of it
	}
	have := map[string]bool{}
	for _, h := range all {
		have[h.record.ID] = true
		entry, listed := entries[h.record.ID]
		switch {
		case !listed && !told[h.record.ID] && !told[recordOf(h.file)]:
			v.fault(h.file, Added, "the record was added: "+timelineFile+" does not name it")
		case listed:
			if text := fieldsThatDiffer(h.record, entry); text != "" {
				v.alteredFields(h.file, text)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		if !have[id] && !told[id] {
			v.fault(evidenceDir+id+".json", Missing, "the record is missing: "+timelineFile+" names it")
		}
	}
}

// alteredFields adds to what was said of a record which of its fields differ.
func (v *verification) alteredFields(file, text string) {
	i := slices.IndexFunc(v.found, func(d Difference) bool { return d.File == file && d.Kind == Altered })
	if i >= 0 {
		v.found[i].Text += "; " + text
		return
	}
	v.fault(file, Altered, text)
}

// fieldsThatDiffer compares a record with its entry in timeline.json.
func fieldsThatDiffer(is, entry timeline.Evidence) string {
	var out []string
	for _, f := range []struct{ name, is, entry string }{
		{"source", is.Source, entry.Source},
		{"target", is.Target, entry.Target},
		{"query", is.Query, entry.Query},
		{"collected_at", timeline.FormatTime(is.CollectedAt), timeline.FormatTime(entry.CollectedAt)},
		{"observed_from", timeline.FormatTime(is.ObservedFrom), timeline.FormatTime(entry.ObservedFrom)},
		{"observed_to", timeline.FormatTime(is.ObservedTo), timeline.FormatTime(entry.ObservedTo)},
		{"sha256", is.SHA256, entry.SHA256},
		{"url", is.URL, entry.URL},
	} {
		if f.is != f.entry {
			out = append(out, "its "+f.name+" is "+around(f.is, f.entry)+", "+timelineFile+" has "+around(f.entry, f.is))
		}
	}
	return strings.Join(out, "; ")
}

// around quotes the part of a text that is not that of another.
func around(text, other string) string {
	ranges := differing([]byte(other), []byte(text))
	if len(text) <= shownBytes || len(ranges) == 0 {
		return excerpt(nil, text)
	}
	return cmp.Or(ranges[0].Is, excerpt(nil, text))
}
