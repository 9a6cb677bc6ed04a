package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/timeline"
)

// passing derives a draft with the records that it is given.
func passing(d Draft) func([]timeline.Evidence) (Draft, error) {
	return func(records []timeline.Evidence) (Draft, error) {
		d.Timeline.Evidence = records
		return d, nil
	}
}

// kinds are the kinds of what was found of a file.
func kinds(found []Difference, file string) string {
	var out []string
	for _, d := range found {
		if d.File == file {
			out = append(out, d.Kind)
		}
	}
	return strings.Join(out, " ")
}

// TestVerifyNamesEveryRecord: each record that is not as it was, and each once.
func TestVerifyNamesEveryRecord(t *testing.T) {
	draft := quiet(t)
	records := draft.Timeline.Evidence
	file := func(n int) string { return evidenceDir + records[n].ID + ".json" }
	spoil := func(t *testing.T, dir, name, old, replacement string) {
		t.Helper()
		whole := filepath.Join(dir, name)
		data, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(data, []byte(old), []byte(replacement), 1)
		if bytes.Equal(changed, data) {
			t.Fatalf("%s has no %q", name, old)
		}
		if err := os.WriteFile(whole, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := write(t, draft)
	spoil(t, dir, file(1), `"media_type"`, ` "media_type"`) // another layout
	spoil(t, dir, file(2), `"target": "`, `"target": "x`)   // another field
	spoil(t, dir, file(3), `"body": "`, `"body": " `)       // another body
	if err := os.Remove(filepath.Join(dir, file(4))); err != nil {
		t.Fatal(err)
	}
	added := timeline.Evidence{Source: "mysql", Body: "{}"}.Seal()
	data, err := evidenceFile(added)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{evidenceDir, earlierDir} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folder+added.ID+".json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Verify(dir, passing(draft))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		file(0): "", file(1): Altered, file(2): Altered, file(3): Altered, file(4): Missing,
		evidenceDir + added.ID + ".json": Added, earlierDir + added.ID + ".json": Added,
	} {
		if got := kinds(found, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, d := range found {
		if d.File == file(1) && (len(d.Ranges) != 1 || d.Ranges[0].Length != 1 || d.Ranges[0].Wanted != 0) {
			t.Errorf("the layout: %+v", d)
		}
		if d.File == file(2) && !strings.Contains(d.Text, "its target is") {
			t.Errorf("the field: %+v", d)
		}
	}
}

// TestVerifyNamesRecordsOfAnArchive: the same where the records are in one file.
func TestVerifyNamesRecordsOfAnArchive(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	for i := range maxEvidenceFiles {
		f.record("mysql", "db1", "samples", fmt.Sprint(i))
	}
	draft := f.draft()
	dir := write(t, draft)
	files, err := evidenceFiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	records := draft.Timeline.Evidence
	changed := records[3]
	changed.Body += " "
	for _, e := range append([]timeline.Evidence{changed, {Source: "mysql", Body: "{}"}, records[5]}, records[5:]...) {
		if e.ID == "" {
			e = e.Seal()
		}
		data, err := evidenceFile(e)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{evidenceDir + e.ID + ".json", data})
	}
	data, err := archive(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, evidenceArchive), data, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Verify(dir, passing(draft))
	if err != nil {
		t.Fatal(err)
	}
	name := func(e timeline.Evidence) string { return evidenceDir + e.ID + ".json" }
	for file, want := range map[string]string{
		evidenceArchive: Altered, name(records[4]): Missing, name(changed): Altered,
		name(records[5]): Added, name(records[6]): "", "evidence/mysql-44136fa3.json": Added,
	} {
		if got := kinds(found, file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// TestVerifyNamesEveryRange of a document that was forged together with its sums.
func TestVerifyNamesEveryRange(t *testing.T) {
	draft := rich(t)
	dir := write(t, draft)
	whole := filepath.Join(dir, "postmortem.md")
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	forged := sealed(strings.ReplaceAll(strings.TrimSuffix(doc, doc[strings.LastIndex(doc, "<!-- collector:blocks"):]), "error 1054", "error 1062"))
	if err := os.WriteFile(whole, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Verify(dir, passing(draft))
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Count(doc, "error 1054"), 0
	for _, d := range found {
		for _, r := range d.Ranges {
			if d.File == "postmortem.md" && d.Kind == Differs {
				got++
				if forged[r.Offset:r.Offset+r.Length] != "62" || strings.Count(forged[:r.Offset], "\n")+1 != r.Line {
					t.Errorf("%+v is %q", r, forged[r.Offset:r.Offset+r.Length])
				}
			}
		}
	}
	if got != want || want < 2 {
		t.Errorf("%d of %d ranges were found: %v", got, want, found)
	}
}
