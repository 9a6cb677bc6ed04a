package report

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"collector/internal/report/edittest"
)

// A thousand sequences of edits: each person edits all five documents of one draft in
// turn with new states of its facts.
const (
	people = 50
	rounds = 4
)

// TestUpdateKeepsEveryHumanByte edits the documents of drafts on disk at random and
// updates them, with and without new facts. What people wrote is there afterwards, a
// second update changes no byte of any file, and every page is whole. Repeat the one
// that failed with -run 'UpdateKeepsEveryHumanByte/seed_17$'.
func TestUpdateKeepsEveryHumanByte(t *testing.T) {
	names := Templates()
	drafts := []Draft{several(rich(t), names...), several(later(t), names...), several(without5(t), names...)}
	pristine := write(t, drafts[0])
	for seed := range uint64(people) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "draft")
			must(t, os.CopyFS(dir, os.DirFS(pristine)))
			person := edittest.NewPerson(seed)
			for round := range rounds {
				before, edited := editAll(t, person, dir, names)
				_, err := Update(dir, drafts[(int(seed)+round)%len(drafts)])
				must(t, err)
				for _, name := range names {
					if err := edittest.Lost(before[name], edited[name], read(t, dir, documentFile(name))); err != nil {
						t.Errorf("round %d, %s: %v", round, name, err)
					}
					wholePage(t, name, read(t, dir, pageFile(name)))
				}
				if round == rounds-1 || t.Failed() {
					updatesNothing(t, dir, drafts[(int(seed)+round)%len(drafts)])
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// without5 is the rich draft that lost some of its facts: blocks that stood on them end.
func without5(t testing.TB) Draft {
	d := rich(t)
	d.Timeline.Series = nil
	for _, e := range d.Timeline.Evidence {
		if strings.HasPrefix(e.Query, "mysql_global_status") {
			d.Timeline = without(d.Timeline, e.ID)
			break
		}
	}
	return d
}

// editAll lets a person edit every document of a draft.
func editAll(t *testing.T, p *edittest.Person, dir string, names []string) (before, edited map[string]string) {
	t.Helper()
	before, edited = map[string]string{}, map[string]string{}
	for _, name := range names {
		before[name] = read(t, dir, documentFile(name))
		edited[name] = p.Edit(before[name])
		must(t, os.WriteFile(filepath.Join(dir, documentFile(name)), []byte(edited[name]), 0o600))
	}
	return before, edited
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	must(t, err)
	return string(data)
}

// wholePage: a browser reads the page to its end, whatever stands in its document.
func wholePage(t *testing.T, name, page string) {
	t.Helper()
	if !utf8.ValidString(page) || strings.ContainsAny(page, "\x00\x1b\ufeff") {
		t.Errorf("the page of %s is no text", name)
	}
	if !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.HasSuffix(page, "</main>\n</body>\n</html>\n") || strings.Count(page, "<main>") != 1 || strings.Contains(page, "<script") {
		t.Errorf("the page of %s is not whole", name)
	}
}

// updatesNothing updates once more from the same facts.
func updatesNothing(t *testing.T, dir string, draft Draft) {
	t.Helper()
	before := files(t, dir)
	done, err := Update(dir, draft)
	must(t, err)
	after := files(t, dir)
	for name, data := range before {
		if !bytes.Equal(data, after[name]) {
			t.Errorf("a second update changes %s: %+v", name, done)
		}
	}
	if len(before) != len(after) {
		t.Errorf("a second update makes %d files of %d", len(after), len(before))
	}
}

// files are all files below a directory.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		out[name], err = os.ReadFile(name)
		return err
	}))
	return out
}

// TestUpdateRefusesWhatItCannotMerge: nothing is written, and the error says what to do.
func TestUpdateRefusesWhatItCannotMerge(t *testing.T) {
	utf16 := func(text string) string {
		var b strings.Builder
		b.WriteString("\xff\xfe")
		for _, r := range []byte(text) {
			b.Write([]byte{r, 0})
		}
		return b.String()
	}
	for name, x := range map[string]struct {
		text func(string) string
		says string
	}{
		"UTF-16":                 {utf16, "UTF-16"},
		"zeros of a broken disk": {func(s string) string { return s + "\x00\x00" }, "no text at all"},
		"carriage returns alone": {func(s string) string { return strings.ReplaceAll(s, "\n", "\r") }, "carriage returns alone"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, rich(t))
			must(t, os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte(x.text(read(t, dir, "postmortem.md"))), 0o600))
			before := files(t, dir)
			_, err := Update(dir, later(t))
			if err == nil || !strings.Contains(err.Error(), "postmortem.md") || !strings.Contains(err.Error(), x.says) || !strings.Contains(err.Error(), "nothing was written") {
				t.Errorf("err = %v", err)
			}
			after := files(t, dir)
			for name, data := range before {
				if !bytes.Equal(data, after[name]) {
					t.Errorf("%s was written", name)
				}
			}
		})
	}
}

func TestUpdateKeepsLineEnds(t *testing.T) {
	dir := write(t, rich(t))
	mine := "\ufeff" + strings.ReplaceAll(read(t, dir, "postmortem.md"), "\n", "\r\n")
	must(t, os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte(mine), 0o600))
	done, err := Update(dir, later(t))
	must(t, err)
	got := read(t, dir, "postmortem.md")
	if strings.Count(got, "\n") != strings.Count(got, "\r\n") || !strings.HasPrefix(got, "\ufeff<!-- collector:begin id=title ") {
		t.Error("the document has other line ends, or no byte order mark")
	}
	if !strings.Contains(got, "server restarted, 41 s down") || len(done.Beside)+len(done.Removed)+len(done.Added) > 0 {
		t.Errorf("done = %+v", done)
	}
	updatesNothing(t, dir, later(t))
}

// TestUpdateKeepsEditedPages: what a person wrote into a page is not lost either.
func TestUpdateKeepsEditedPages(t *testing.T) {
	dir := write(t, rich(t))
	mine := strings.Replace(read(t, dir, "postmortem.html"), "</h1>", " (reviewed)</h1>", 1)
	must(t, os.WriteFile(filepath.Join(dir, "postmortem.html"), []byte(mine), 0o600))
	for range 2 {
		_, err := Update(dir, later(t))
		must(t, err)
		if got := read(t, dir, "edited-"+sumOf([]byte(mine))[:8]+"-postmortem.html"); got != mine {
			t.Error("the page that a person changed is gone")
		}
	}
}

// TestMergeEndsBlocks: a block without facts goes, unless a person changed or copied it;
// when the facts come back it does too.
func TestMergeEndsBlocks(t *testing.T) {
	doc := func(ids ...string) string {
		var b strings.Builder
		for _, id := range ids {
			b.WriteString(block(id, "- It is so. [mysql-00000001]\n") + "\nWords.\n\n")
		}
		return sealed(b.String())
	}
	old, fresh := doc("summary", "seen", "lessons"), doc("summary", "lessons")
	merged, done := merge(old, fresh)
	if strings.Contains(merged, "id=seen") || strings.Count(merged, "Words.") != 3 || strings.Join(done.Ended, ",") != "seen" {
		t.Errorf("ended %v:\n%s", done.Ended, merged)
	}
	if again, done := merge(merged, fresh); again != merged {
		t.Errorf("a second update changes something: %+v", done)
	}
	if back, done := merge(merged, old); !strings.Contains(back, "id=seen ") || strings.Join(done.Added, ",") != "seen" {
		t.Errorf("the facts came back, the block did not: %+v", done)
	}
	for name, edit := range map[string]func(string) string{
		"changed": func(s string) string { return strings.Replace(s, "id=seen sha256=", "id=seen sha256=0", 1) },
		"copied":  func(s string) string { return s + block("seen", "- It is so. [mysql-00000001]\n") },
		"own":     func(s string) string { return strings.ReplaceAll(s, "=seen ", "=mine ") },
	} {
		mine := edit(old)
		merged, done := merge(mine, fresh)
		if part, all := lost(mine, merged); !all || len(done.Ended) > 0 {
			t.Errorf("%s: %q is lost, ended %v", name, part, done.Ended)
		}
	}
}

func TestLost(t *testing.T) {
	old := "Mine.\n" + block("summary", "- a\n") + "Yours.\n" + listOf([]string{"summary"}) + "End.\n"
	for name, x := range map[string]struct{ merged, part string }{
		"all there":    {"Mine.\n" + block("summary", "- b\n") + "Yours.\n" + listOf(nil) + "End.\n", ""},
		"one gone":     {"Mine.\n" + block("summary", "- b\n") + "End.\n", "Yours.\n"},
		"out of order": {"Yours.\nMine.\nEnd.\n", "Yours.\n"},
	} {
		if part, all := lost(old, x.merged); part != x.part || all != (x.part == "") {
			t.Errorf("%s: lost %q, %v", name, part, all)
		}
	}
}
