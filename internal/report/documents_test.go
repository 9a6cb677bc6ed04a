package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/internal/timeline"
)

// others are the embedded documents besides the postmortem that these tests own.
var others = []string{"outage", "incident-report", "briefing"}

func TestGoldenDocuments(t *testing.T) {
	for name, build := range map[string]func(testing.TB) Draft{"rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet} {
		t.Run(name, func(t *testing.T) {
			for _, doc := range others {
				text, err := markdown(build(t).normal(), doc)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", name, doc+".md"), []byte(text))
			}
		})
	}
}

// TestEveryLineOfEveryDocumentIsCited: what stands in a block ends in a citation, and
// what stands outside is the frame that people fill.
func TestEveryLineOfEveryDocumentIsCited(t *testing.T) {
	frame := func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "<!-- ") || strings.HasPrefix(line, "| Action |") ||
			strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "|  |") || len(line) > 3 && line[0] >= '1' && line[0] <= '9' && line[1:3] == ". "
	}
	for name, build := range map[string]func(testing.TB) Draft{
		"rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet, "many": func(t testing.TB) Draft { return many(t, 2000) }, "hostile": hostile,
	} {
		for _, template := range others {
			t.Run(name+"/"+template, func(t *testing.T) {
				doc, err := markdown(build(t).normal(), template)
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range uncited(doc) {
					t.Errorf("uncited: %q", line)
				}
				if len(doc) > 250_000 {
					t.Errorf("the document has %d bytes", len(doc))
				}
				for _, s := range split(doc) {
					if s.id != "" && strings.TrimSpace(s.text) == "" {
						t.Errorf("block %s is empty", s.id)
					}
					if s.id != "" {
						continue
					}
					for line := range strings.SplitSeq(s.raw, "\n") {
						if !frame(line) {
							t.Errorf("a generated line outside of the blocks: %q", line)
						}
					}
				}
			})
		}
	}
}

// several is the rich draft as several documents.
func several(d Draft, names ...string) Draft {
	d.Templates = names
	return d
}

// deriver gives a draft back to Verify, with the records that it read.
func deriver(d Draft) func([]timeline.Evidence) (Draft, error) {
	return func(records []timeline.Evidence) (Draft, error) {
		d := d
		d.Timeline.Evidence = records
		return d, nil
	}
}

func TestSeveralDocuments(t *testing.T) {
	alone, err := Render(rich(t))
	must(t, err)
	draft := several(rich(t), "briefing", "postmortem", "outage")
	dir := write(t, draft)
	b, err := Read(dir)
	must(t, err)
	var names []string
	for _, d := range b.Documents {
		names = append(names, d.Name)
	}
	if !slices.Equal(names, []string{"postmortem", "briefing", "outage"}) || b.Document != "postmortem.md" || b.Markdown != b.Documents[0].Text {
		t.Errorf("documents %v, the main one %s", names, b.Document)
	}
	for _, f := range alone {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if f.Name != sumsFile && (err != nil || string(got) != string(f.Data)) {
			t.Errorf("%s is not what it is in a draft of the postmortem alone: %v", f.Name, err)
		}
	}
	if pages := Pages(dir); !slices.Equal(pages, []string{"postmortem", "briefing", "outage"}) || MainPage(dir) != PageFile {
		t.Errorf("pages %v, the main one %s", pages, MainPage(dir))
	}
	found, err := Verify(dir, deriver(draft))
	if err != nil || len(found) > 0 {
		t.Errorf("Verify = %v, %v", found, err)
	}
}

func TestOneOtherDocument(t *testing.T) {
	draft := several(rich(t), "incident-report")
	dir := write(t, draft)
	if MainPage(dir) != "incident-report.html" {
		t.Errorf("the main page is %s", MainPage(dir))
	}
	if _, err := Update(dir, several(later(t), "incident-report")); err != nil {
		t.Fatal(err)
	}
	found, err := Verify(dir, deriver(several(later(t), "incident-report")))
	if err != nil || len(found) > 0 {
		t.Errorf("Verify = %v, %v", found, err)
	}
}

func TestRefusedDocuments(t *testing.T) {
	for _, names := range [][]string{{"postmortem", "postmortem"}, {"../x"}, {""}, {"novel"}} {
		if _, err := Render(several(rich(t), names...)); err == nil {
			t.Errorf("%q was rendered", names)
		}
	}
}

// TestUpdateOfSeveralDocuments: people wrote in two documents, one is new, one is no
// longer asked for. No word of theirs is lost.
func TestUpdateOfSeveralDocuments(t *testing.T) {
	dir := write(t, several(rich(t), "postmortem", "outage"))
	for file, old := range map[string]string{"postmortem.md": "## 3. Impact\n", "outage.md": "## Timeline\n"} {
		name := filepath.Join(dir, file)
		data, err := os.ReadFile(name)
		must(t, err)
		must(t, os.WriteFile(name, []byte(strings.Replace(string(data), old, old+"\nOur words [mysql-f0f0e432].\n", 1)), 0o600))
	}
	next := several(later(t), "postmortem", "briefing")
	next.Timeline = without(next.Timeline, "mysql-f0f0e432")
	done, err := Update(dir, next)
	must(t, err)
	if !slices.Contains(done.Added, "briefing") || !slices.Contains(done.Refreshed, "postmortem/timeline") {
		t.Errorf("done = %+v", done)
	}
	b, err := Read(dir)
	must(t, err)
	if len(b.Documents) != 2 || !strings.Contains(b.Markdown, "Our words") || len(b.Earlier) != 1 {
		t.Errorf("%d documents, %d earlier records", len(b.Documents), len(b.Earlier))
	}
	left, err := os.ReadFile(filepath.Join(dir, "outage.md"))
	if err != nil || !strings.Contains(string(left), "Our words") {
		t.Errorf("the document that is no longer asked for is gone: %v", err)
	}
	found, err := Verify(dir, deriver(next))
	must(t, err)
	for _, d := range found {
		if !d.Edited {
			t.Errorf("after the update: %s", d)
		}
	}
	// It is asked for again: it is theirs and collector's once more.
	again := several(later(t), "postmortem", "briefing", "outage")
	_, err = Update(dir, again)
	must(t, err)
	b, err = Read(dir)
	must(t, err)
	if len(b.Documents) != 3 || !strings.Contains(b.Documents[2].Text, "Our words") || !strings.Contains(b.Documents[2].Text, "41 s down") {
		t.Error("the document did not come back with its words and the new facts")
	}
}

func TestUpdateKeepsAFileThatIsInTheWay(t *testing.T) {
	dir := write(t, rich(t))
	must(t, os.WriteFile(filepath.Join(dir, "briefing.html"), []byte("mine"), 0o600))
	if _, err := Update(dir, several(later(t), "postmortem", "briefing")); err == nil || !strings.Contains(err.Error(), "briefing.html stands there without briefing.md") {
		t.Errorf("err = %v", err)
	}
}

func TestVerifyOfSeveralDocuments(t *testing.T) {
	draft := several(rich(t), "postmortem", "briefing")
	replaceIn := func(name, old, fresh string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			file := filepath.Join(dir, name)
			data, err := os.ReadFile(file)
			must(t, err)
			changed := strings.ReplaceAll(string(data), old, fresh)
			if changed == string(data) {
				t.Fatalf("%s does not contain %q", name, old)
			}
			must(t, os.WriteFile(file, []byte(changed), 0o600))
		}
	}
	unlist := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data, err := os.ReadFile(filepath.Join(dir, sumsFile))
			must(t, err)
			kept := slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(line string) bool { return strings.HasSuffix(line, "  "+name+"\n") })
			must(t, os.WriteFile(filepath.Join(dir, sumsFile), []byte(strings.Join(kept, "")), 0o600))
		}
	}
	for name, x := range map[string]struct {
		spoil  func(*testing.T, string)
		file   string
		edited bool
	}{
		"page changed":  {replaceIn("briefing.html", "1054", "1062"), "briefing.html", false},
		"words added":   {replaceIn("briefing.md", "## Agenda\n", "## Agenda\n\nAt ten.\n"), "briefing.md", true},
		"block changed": {replaceIn("briefing.md", "- Affected: ", "- Hit: "), "briefing.md", true},
		"forged": {func(t *testing.T, dir string) {
			replaceIn("briefing.md", "error 1054", "error 1062")(t, dir)
			reseal(t, dir, "briefing.md")
		}, "briefing.md", false},
		"removed": {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "briefing.md"))) }, "briefing.md", false},
		"removed, unlisted": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "briefing.md")))
			unlist("briefing.md")(t, dir)
		}, "briefing.md", false},
		"unlisted": {unlist("briefing.md"), "briefing.md", false},
		"page unlisted": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "briefing.html")))
			unlist("briefing.html")(t, dir)
		}, "briefing.html", false},
		"one too many": {func(t *testing.T, dir string) { listMore(t, dir, "outage.md") }, "outage.md", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, draft)
			x.spoil(t, dir)
			found, err := Verify(dir, deriver(draft))
			must(t, err)
			if !slices.ContainsFunc(found, func(d Difference) bool { return d.File == x.file && d.Edited == x.edited }) {
				t.Errorf("found %v", found)
			}
			if x.edited && slices.ContainsFunc(found, func(d Difference) bool { return !d.Edited }) {
				t.Errorf("a person's work is called a fault: %v", found)
			}
		})
	}
}

// reseal gives the blocks of a document the sums of what stands in them.
func reseal(t *testing.T, dir, file string) {
	t.Helper()
	name := filepath.Join(dir, file)
	data, err := os.ReadFile(name)
	must(t, err)
	must(t, os.WriteFile(name, []byte(sealed(string(data))), 0o600))
}

// listMore adds a file to a draft and to its sums.
func listMore(t *testing.T, dir, file string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, file), []byte("# more\n"), 0o600))
	list, err := os.ReadFile(filepath.Join(dir, sumsFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, sumsFile), append(list, sums([]File{{file, []byte("# more\n")}})...), 0o600))
}
