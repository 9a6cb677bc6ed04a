package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
	"collector/lab/scoring"
	"collector/lab/stage"
)

// recordedDraft is a draft of a staged incident, written from real servers by
// `go run ./lab record`. No server is needed to derive it again.
type recordedDraft struct {
	flavour string
	story   []string // events that it must hold: the kind, a space, the outcome where there is one
}

var recordings = []recordedDraft{
	{"mariadb", []string{"deploy finished", "rollback failed", "change finished", "alert ", "signal ", "mysql.schema_change "}},
	{"mysql", []string{
		"deploy finished", "alert ", "signal ", "mysql.schema_change ", "mysql.metadata_lock_wait ", "mysql.long_statement ",
		"mysql.long_transaction ", "mysql.kill ",
	}},
}

// dir is the recorded draft.
func (r recordedDraft) dir() string { return filepath.Join("testdata", "recorded", r.flavour) }

// demoDir is the recording of the tests that need one draft, whichever it is.
const demoDir = "testdata/recorded/mariadb"

// documentsDir holds the five documents of a recording, in Markdown: what a reader of
// the repository opens, and what a change of wording is seen in.
func (r recordedDraft) documentsDir() string {
	return filepath.Join("testdata", "documents", r.flavour)
}

// TestDemoDocuments derives all five documents from each recording, byte for byte.
func TestDemoDocuments(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			documents := r.documents(t)
			if len(documents) != len(report.Templates()) {
				t.Fatalf("%d documents, want %v", len(documents), report.Templates())
			}
			if *update {
				rewrite(t, r.documentsDir(), documents)
			}
			for _, f := range documents {
				compare(t, r.documentsDir(), f)
			}
		})
	}
}

// documents are the five documents of a recording in Markdown. The number of the
// defect escape analysis is what the first one of that year gets.
func (r recordedDraft) documents(t *testing.T) []report.File {
	t.Helper()
	bundle, err := report.Read(r.dir())
	if err != nil {
		t.Fatal(err)
	}
	asked, id, err := findRequest(bundle.Records)
	if err != nil {
		t.Fatal(err)
	}
	asked.asksFor(report.Templates(), nil)
	asked.DEA = &deaNumber{ID: "DEA-2026-001"}
	records, err := withRequest(bundle.Records, id, asked)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := derive(records)
	if err != nil {
		t.Fatal(err)
	}
	files, err := report.Render(draft)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(f report.File) bool { return filepath.Ext(f.Name) != ".md" })
}

// compare holds a derived file against the one in a directory.
func compare(t *testing.T, dir string, f report.File) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(dir, f.Name))
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(f.Data, want) {
		t.Errorf("%s in %s differs; if that is meant, run go test ./cmd/collector -run Demo -update and read the difference", f.Name, dir)
	}
}

func rewrite(t *testing.T, dir string, files []report.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// recordingLimit is how many bytes a recorded draft may add to the repository.
const recordingLimit = 1 << 20

// machinePath is a path of the machine that the recording was made on.
var machinePath = regexp.MustCompile(`/(tmp|root|home|work|var)/`)

// TestRecordingsAreFitToPublish: they are small, hold none of the literals and comments
// that the lab planted in its SQL, and no path of the machine they were made on.
func TestRecordingsAreFitToPublish(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			size := 0
			err := filepath.WalkDir(r.dir(), func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				size += len(data)
				if found := machinePath.Find(data); found != nil {
					t.Errorf("%s holds a path that begins with %s", path, found)
				}
				return err
			})
			if err != nil || size == 0 || size > recordingLimit {
				t.Errorf("%d bytes, at most %d are kept (%v)", size, recordingLimit, err)
			}
			found, _, err := scoring.Search(t.Context(), r.dir(), stage.Canaries())
			if err != nil || len(found) > 0 {
				t.Errorf("planted words: %v (%v)", strings.Join(found, "; "), err)
			}
		})
	}
}
