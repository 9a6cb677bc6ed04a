package report

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/timeline"
)

func write(t testing.TB, draft Draft) string {
	t.Helper()
	dir, err := Write(t.TempDir(), draft)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWrite(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "postmortems")
	dir, err := Write(out, rich(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(out, "2024-07-12T0700Z-db2-replication-stopped-2-alerts-after-deploy-shop-1-4-2"); dir != want {
		t.Errorf("the draft is in %s, want %s", dir, want)
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1 {
		t.Errorf("something was left beside the draft: %v, %v", entries, err)
	}
	if sha, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.Command(sha, "-c", "--strict", "--quiet", sumsFile)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c: %v\n%s", err, text)
		}
	}
}

func TestAFailedWriteLeavesNothingBehind(t *testing.T) {
	out := t.TempDir()
	blocked := []File{{"evidence", []byte("a file")}, {"evidence/record.json", []byte("below it")}}
	if _, err := stage(out, blocked); err == nil {
		t.Fatal("a file below a file was written")
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestWriteNeverOverwrites(t *testing.T) {
	out := filepath.Join(t.TempDir(), "the drafts")
	dir, err := Write(out, rich(t))
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "postmortem.md")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Write(out, rich(t))
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "--update '"+dir+"'`") || !strings.Contains(err.Error(), "--out") {
		t.Errorf("err = %v", err)
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" {
		t.Errorf("the draft was touched: %q, %v", data, err)
	}
}

func TestCheckOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := CheckOut(filepath.Join(file, "below"))
	if err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("err = %v", err)
	}
	out := filepath.Join(t.TempDir(), "a", "b")
	if err := CheckOut(out); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 0 {
		t.Errorf("the probe was left: %v, %v", entries, err)
	}
}

func TestArchivePastTwoThousand(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	for i := range maxEvidenceFiles {
		id := f.record("mysql", "db1", "samples", fmt.Sprint(i))
		f.found.Checks = append(f.found.Checks, timeline.Check{Source: "mysql", Target: "db1", LookedFor: "restarts", Evidence: []string{id}})
	}
	draft := f.draft()
	dir := write(t, draft)
	if _, err := os.Stat(filepath.Join(dir, "evidence")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a folder as well as an archive: %v", err)
	}
	b, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Records) != maxEvidenceFiles+1 || b.Request.Source != RequestSource {
		t.Errorf("%d records, request %q", len(b.Records), b.Request.ID)
	}
	found, err := Verify(dir, func([]timeline.Evidence) (Draft, error) { return draft, nil })
	if err != nil || len(found) != 0 {
		t.Errorf("Verify = %v, %v", found, err)
	}
}

func TestReadSums(t *testing.T) {
	good := strings.Repeat("0", 64) + "  evidence/a.json\n"
	if list, err := readSums([]byte(good)); err != nil || len(list) != 1 || list[0].name != "evidence/a.json" {
		t.Errorf("readSums = %v, %v", list, err)
	}
	for _, bad := range []string{"x", strings.Repeat("0", 64) + "  ../a", strings.Repeat("0", 64) + "  /etc/passwd", strings.Repeat("0", 64) + "  a/../../b"} {
		if _, err := readSums([]byte(bad)); err == nil {
			t.Errorf("readSums(%q) found nothing wrong", bad)
		}
	}
}

func TestSchemaIsStrict(t *testing.T) {
	files, err := Render(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	var story string
	for _, f := range files {
		if f.Name == timelineFile {
			story = string(f.Data)
		}
	}
	if err := ValidateTimeline([]byte(story)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown key":      {`"schema":`, `"extra": 1, "schema":`},
		"unknown kind":     {`"mysql.replication_stopped"`, `"mysql.bored"`},
		"time without ms":  {`"2024-07-12T07:00:00.000Z"`, `"2024-07-12T07:00:00Z"`},
		"no such time":     {`"2024-07-12T07:00:00.000Z"`, `"2024-07-32T07:00:00.000Z"`},
		"other schema":     {"collector/timeline/v1", "collector/timeline/v2"},
		"bad id":           {`"mysql-c6821a01"`, `"mysql c6821a01"`},
		"unknown grade":    {`"logged"`, `"guessed"`},
		"attribute number": {`"error_code": "1054"`, `"error_code": 1054`},
	} {
		changed := strings.Replace(story, change[0], change[1], 1)
		if changed == story {
			t.Errorf("%s: the fixture does not contain %s", name, change[0])
		}
		if ValidateTimeline([]byte(changed)) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}

// TestSchemaKnowsAllKinds keeps the schema's closed lists and the code's equal.
func TestSchemaKnowsAllKinds(t *testing.T) {
	for _, k := range timeline.Kinds() {
		if !strings.Contains(string(TimelineSchema), `"`+string(k)+`"`) {
			t.Errorf("the schema does not know %s", k)
		}
	}
}
