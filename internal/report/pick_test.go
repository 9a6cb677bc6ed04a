package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"collector/internal/timeline"
)

// manyRecords is a draft with so many records that they are packed.
func manyRecords(t *testing.T) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	for n := range maxEvidenceFiles {
		f.record("mysql", "db1", "question "+time.Duration(n).String(), n)
	}
	return f.draft()
}

// TestRecords: the records that are asked for come in the order of the IDs, whether
// they are files or packed; what is not there is left out, and no ID leads elsewhere.
func TestRecords(t *testing.T) {
	for name, draft := range map[string]Draft{"files": rich(t), "packed": manyRecords(t)} {
		t.Run(name, func(t *testing.T) {
			dir, err := Write(t.TempDir(), draft)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "evidence.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			all := draft.Timeline.Evidence
			first, last := all[1].ID, all[len(all)-1].ID
			found, err := Records(dir, []string{last, "mysql-00000000", "", "../evidence", `..\x`, first, last})
			if err != nil || len(found) != 2 || found[0].ID != last || found[1].ID != first || found[0].Body != all[len(all)-1].Body {
				t.Errorf("%d records, %v", len(found), err)
			}
			path := RecordPath(first, len(all))
			if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
				t.Errorf("a record is not in %s: %v", path, err)
			}
		})
	}
}

func TestRecordsOfDamagedDraft(t *testing.T) {
	dir, err := Write(t.TempDir(), rich(t))
	if err != nil {
		t.Fatal(err)
	}
	id := rich(t).Timeline.Evidence[0].ID
	if err := os.WriteFile(filepath.Join(dir, evidenceDir, id+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Records(dir, []string{id}); err == nil {
		t.Error("half a record was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, evidenceArchive), []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Records(dir, []string{id}); err == nil {
		t.Error("what is no archive was taken")
	}
}

func TestReadTitle(t *testing.T) {
	draft := rich(t)
	dir, err := Write(t.TempDir(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadTitle(dir); err != nil || got != draft.Heading() {
		t.Errorf("the title is %q, %v; want %q", got, err, draft.Heading())
	}
	for _, text := range []string{"", "[]", "{", `{"schema":1}`, `{"title":5}`} {
		if err := os.WriteFile(filepath.Join(dir, timelineFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadTitle(dir); err == nil {
			t.Errorf("%q has the title %q", text, got)
		}
	}
}

// TestCurves: the page draws what the document draws, no more points than can be seen.
func TestCurves(t *testing.T) {
	draft := rich(t)
	curves := Curves(draft.Timeline)
	if len(curves) != len(findCharts(draft.Timeline)) || len(curves) == 0 {
		t.Fatalf("%d curves", len(curves))
	}
	for _, c := range curves {
		if c.Event.Kind != timeline.Signal || len(c.Series.Points) == 0 || len(c.Series.Points) > 2*chartWidth {
			t.Errorf("%s has %d points, for a %s", c.Series.Name, len(c.Series.Points), c.Event.Kind)
		}
	}
}
