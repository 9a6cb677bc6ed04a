package report

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// later is the rich draft some hours on: one more event, another record.
func later(t testing.TB) Draft {
	d := rich(t)
	f := &fixture{t: t, window: d.Timeline.Window}
	id := f.record("mysql", "db3", "samples", "later")
	f.event(timeline.MySQLRestart, timeline.Measured, "mysql", "db3", f.exactly("10:30:00"), nil, "server restarted, 41 s down", nil, id)
	d.Timeline = timeline.Build(d.Timeline.Window, d.Timeline.Scope, timeline.Findings{
		Events: append(d.Timeline.Events, f.found.Events...), Evidence: append(d.Timeline.Evidence, f.found.Evidence...),
		Checks: d.Timeline.Checks, Gaps: d.Timeline.Gaps, Impact: d.Timeline.Impact, Series: d.Timeline.Series,
	})
	return d
}

func docOf(t testing.TB, d Draft) string {
	t.Helper()
	return documentOf(t, d, DefaultTemplate)
}

// documentOf is one document of a draft.
func documentOf(t testing.TB, d Draft, name string) string {
	t.Helper()
	doc, err := markdown(d.normal(), name)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestMergeUntouched(t *testing.T) {
	old, fresh := docOf(t, rich(t)), docOf(t, later(t))
	merged, done := merge(old, fresh)
	merged = relink(merged, later(t).Timeline.Evidence, nil)
	if merged != fresh {
		t.Errorf("an untouched document does not become the new one: %+v", differing([]byte(fresh), []byte(merged))[0])
	}
	if len(done.Beside)+len(done.Removed)+len(done.Added) > 0 || !slices.Contains(done.Refreshed, "timeline") || slices.Contains(done.Refreshed, "rollback") {
		t.Errorf("done = %+v", done)
	}
	if again, done := merge(merged, fresh); again != merged || len(done.Refreshed) > 0 {
		t.Errorf("a second update changes something: %+v", done)
	}
}

func TestMergeKeepsAChangedBlock(t *testing.T) {
	old, fresh := docOf(t, rich(t)), docOf(t, later(t))
	mine := strings.Replace(old, "- Affected: ", "- Hit, we think: ", 1)
	merged, done := merge(mine, fresh)
	if !strings.Contains(merged, "- Hit, we think: ") {
		t.Fatal("the person's words are gone")
	}
	if !slices.Equal(done.Beside, []string{"summary"}) || !strings.Contains(merged, "<!-- collector:begin id=summary.update-1 ") {
		t.Errorf("the newer facts are not beside: %+v", done)
	}
	if again, done := merge(merged, fresh); again != merged {
		t.Errorf("a second update changes something: %+v", done)
	}
	// The facts turn back: the unchanged block beside follows them.
	back, _ := merge(merged, old)
	if strings.Count(back, "id=summary.update-") != 2 || !strings.Contains(back, "- Hit, we think: ") {
		t.Error("the block beside was not refreshed in its place")
	}
	// A person changes the block beside as well: a second one follows.
	mine2 := strings.Replace(merged, "**Newer facts", "**New facts", 1)
	merged2, _ := merge(mine2, old)
	if !strings.Contains(merged2, "**New facts") || !strings.Contains(merged2, "id=summary.update-2 ") {
		t.Error("the changed block beside was not kept")
	}
}

func TestMergeKeepsAHeading(t *testing.T) {
	old, fresh := docOf(t, rich(t)), docOf(t, later(t))
	mine := strings.Replace(old, "# db2: replication stopped", "# Checkout was down: replication stopped", 1)
	merged, done := merge(mine, fresh)
	if len(done.Beside) > 0 || strings.Count(merged, "\n# ") != 1 || !strings.Contains(merged, "# Checkout was down") {
		t.Errorf("done = %+v", done)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMergeWithoutNewFactsAddsNothing(t *testing.T) {
	old := docOf(t, rich(t))
	mine := strings.Replace(old, "- Affected: ", "- Hit, we think: ", 1)
	if merged, done := merge(mine, old); merged != mine || len(done.Beside) > 0 {
		t.Errorf("something was put beside without a newer fact: %+v", done)
	}
}

func TestMergeLeavesRemovedBlocksOut(t *testing.T) {
	old, fresh := docOf(t, rich(t)), docOf(t, later(t))
	var b strings.Builder
	for _, s := range split(old) {
		if s.id != "lessons" {
			b.WriteString(s.raw)
		}
	}
	merged, done := merge(b.String(), fresh)
	if !slices.Equal(done.Removed, []string{"lessons"}) || strings.Contains(merged, "id=lessons ") {
		t.Errorf("done = %+v", done)
	}
	// A block of a newer template is added after the one before it.
	older := strings.Replace(b.String(), ",lessons,", ",", 1)
	merged, done = merge(older, fresh)
	if !slices.Equal(done.Added, []string{"lessons"}) || strings.Index(merged, "id=lessons ") < strings.Index(merged, "end id=actions ") {
		t.Errorf("done = %+v", done)
	}
}

func TestMergeCRLF(t *testing.T) {
	old, fresh := docOf(t, rich(t)), docOf(t, later(t))
	merged, done := merge(strings.ReplaceAll(old, "\n", "\r\n"), fresh)
	if len(done.Beside) > 0 {
		t.Errorf("line endings were taken for a person's change: %+v", done.Beside)
	}
	if !strings.Contains(merged, "## 14. Lessons learned\r\n") {
		t.Error("people's line endings were changed")
	}
}

// TestMergeKeepsEveryHumanByte edits at random places: every inserted word
// survives, the text outside of blocks survives byte for byte, and a second
// update changes nothing.
func TestMergeKeepsEveryHumanByte(t *testing.T) {
	for _, name := range Templates() {
		t.Run(name, func(t *testing.T) {
			keepsEveryHumanByte(t, documentOf(t, rich(t), name), documentOf(t, later(t), name))
		})
	}
}

// editedDocuments is how many sequences of edits are tried on each document.
const editedDocuments = 250

func keepsEveryHumanByte(t *testing.T, old, fresh string) {
	for seed := range uint64(editedDocuments) {
		r := rand.New(rand.NewPCG(seed, 2))
		edited := old
		var words []string
		for i := range 1 + r.IntN(6) {
			at := r.IntN(len(edited) + 1)
			if r.IntN(3) == 0 { // delete something first
				cut := min(len(edited)-at, r.IntN(200))
				if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(edited[at:at+cut], w[:4]) }) {
					edited = edited[:at] + edited[at+cut:]
				}
			}
			word := fmt.Sprintf("¶%d-%d¶", seed, i)
			if slices.ContainsFunc(words, func(w string) bool {
				j := strings.Index(edited, w)
				return j >= 0 && at > j && at < j+len(w)
			}) {
				continue
			}
			edited = edited[:at] + word + edited[at:]
			words = append(words, word)
		}
		words = slices.DeleteFunc(words, func(w string) bool { return !strings.Contains(edited, w) })
		merged, _ := merge(edited, fresh)
		for _, w := range words {
			inMarker := false
			for _, line := range strings.Split(edited, "\n") {
				inMarker = inMarker || strings.Contains(line, w) && blockList.MatchString(line)
			}
			if !strings.Contains(merged, w) && !inMarker {
				t.Fatalf("seed %d: %s is lost", seed, w)
			}
		}
		rest := merged
		for _, s := range split(edited) {
			if s.id != "" && !s.changed() {
				continue
			}
			raw := strings.TrimRight(blockListLine(s.raw), "\n")
			i := strings.Index(rest, raw)
			if i < 0 {
				t.Fatalf("seed %d: a person's part is not kept byte for byte: %.200q", seed, raw)
			}
			rest = rest[i+len(raw):]
		}
		if again, done := merge(merged, fresh); again != merged {
			t.Fatalf("seed %d: a second update changes something: %+v", seed, done)
		}
	}
}

// blockListLine drops the line of blocks, which an update owns.
func blockListLine(raw string) string {
	if i := strings.Index(raw, "<!-- collector:blocks "); i >= 0 {
		return raw[:i]
	}
	return raw
}

func TestUpdate(t *testing.T) {
	dir := write(t, rich(t))
	file := filepath.Join(dir, "postmortem.md")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mine := strings.Replace(string(before), "<!-- Ask: What was the cause?", "The cause was the dropped column. [mysql-f0f0e432]\n\n<!-- Ask: What was the cause?", 1)
	if err := os.WriteFile(file, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"notes.txt": "notes", "charts/mine.png": "png", "evidence/mail.eml": "mail"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next := later(t)
	next.Timeline = without(next.Timeline, "mysql-f0f0e432")
	for range 2 { // the second time nothing may be lost either
		if _, err := Update(dir, next); err != nil {
			t.Fatal(err)
		}
		after, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(after.Markdown, "The cause was the dropped column.") || !strings.Contains(after.Markdown, "server restarted, 41 s down") {
			t.Error("the update lost words or facts")
		}
		if len(after.Earlier) != 1 || !strings.Contains(after.Markdown, "[mysql-f0f0e432]: evidence/earlier/mysql-f0f0e432.json") {
			t.Errorf("the record that a person cites is gone: %v", after.Earlier)
		}
		for name, want := range map[string]string{"notes.txt": "notes", "charts/mine.png": "png", "evidence/mail.eml": "mail"} {
			if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != want {
				t.Errorf("%s: %q, %v", name, data, err)
			}
		}
		found, err := Verify(dir, func([]timeline.Evidence) (Draft, error) { return next, nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			if !d.Edited {
				t.Errorf("after an update: %s", d)
			}
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
		t.Errorf("something was left beside the draft: %v, %v", entries, err)
	}
}

// without is a timeline that no longer has one record, nor what cites it.
func without(tl timeline.Timeline, id string) timeline.Timeline {
	cites := func(ids []string) bool { return slices.Contains(ids, id) }
	tl.Events = slices.DeleteFunc(slices.Clone(tl.Events), func(e timeline.Event) bool { return cites(e.Evidence) })
	tl.Checks = slices.DeleteFunc(slices.Clone(tl.Checks), func(c timeline.Check) bool { return cites(c.Evidence) })
	tl.Gaps = slices.DeleteFunc(slices.Clone(tl.Gaps), func(g timeline.Gap) bool { return cites(g.Evidence) })
	tl.Evidence = slices.DeleteFunc(slices.Clone(tl.Evidence), func(e timeline.Evidence) bool { return e.ID == id })
	return tl
}

func TestVerify(t *testing.T) {
	draft := rich(t)
	same := func(records []timeline.Evidence) (Draft, error) {
		d := draft
		d.Timeline.Evidence = records // as a real derivation: what is not interpreted passes through
		return d, nil
	}
	replaceIn := func(name, old, replacement string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			file := filepath.Join(dir, name)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(data), old, replacement, 1)
			if changed == string(data) {
				t.Fatalf("%s does not contain %q", name, old)
			}
			if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, x := range map[string]struct {
		spoil  func(*testing.T, string)
		file   string // in which something is found; "" for nothing
		edited bool
	}{
		"untouched":        {func(*testing.T, string) {}, "", false},
		"evidence changed": {replaceIn("evidence/mysql-c6821a01.json", "samples", "simples"), "evidence/mysql-c6821a01.json", false},
		"query changed":    {replaceIn("evidence/mysql-c6821a01.json", "SHOW ALL", "SHOW NO"), "evidence/mysql-c6821a01.json", false},
		"timeline changed": {replaceIn("timeline.json", "1054", "1062"), "timeline.json", false},
		"chart changed":    {replaceIn("charts/db1-threads-running.svg", "onset", "upset"), "charts/db1-threads-running.svg", false},
		"page changed":     {replaceIn("postmortem.html", "1054", "1062"), "postmortem.html", false},
		"words added":      {replaceIn("postmortem.md", "## 3. Impact\n", "## 3. Impact\n\nNobody noticed.\n"), "postmortem.md", true},
		"block changed":    {replaceIn("postmortem.md", "- Affected: ", "- Hit: "), "postmortem.md", true},
		"evidence removed": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "evidence/mysql-c6821a01.json")); err != nil {
				t.Fatal(err)
			}
		}, "evidence/mysql-c6821a01.json", false},
		"evidence slipped in": {func(t *testing.T, dir string) {
			e := timeline.Evidence{Source: "mysql", Body: "{}", CollectedAt: time.Unix(0, 0)}.Seal()
			data, err := evidenceFile(e)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "evidence", e.ID+".json"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "evidence/mysql-44136fa3.json", false},
		"forged with its sums": {func(t *testing.T, dir string) {
			replaceIn("postmortem.md", "error 1054", "error 1062")(t, dir)
			file := filepath.Join(dir, "postmortem.md")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(sealed(string(data))), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "postmortem.md", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, draft)
			x.spoil(t, dir)
			found, err := Verify(dir, same)
			if err != nil {
				t.Fatal(err)
			}
			if x.file == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if !slices.ContainsFunc(found, func(d Difference) bool { return d.File == x.file && d.Edited == x.edited }) {
				t.Errorf("found %v", found)
			}
			if x.edited && slices.ContainsFunc(found, func(d Difference) bool { return !d.Edited }) {
				t.Errorf("a person's work is called a fault: %v", found)
			}
		})
	}
}

func TestVerifyNamesTheByte(t *testing.T) {
	dir := write(t, rich(t))
	other := rich(t)
	other.Timeline.Events[0].Summary = "deploy of shop 1.4.3 finished"
	found, err := Verify(dir, func([]timeline.Evidence) (Draft, error) { return other, nil })
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found, func(d Difference) bool { return d.File == timelineFile })
	if i < 0 || found[i].Line == 0 || found[i].Offset <= 0 {
		t.Fatalf("found %v", found)
	}
	data, err := os.ReadFile(filepath.Join(dir, timelineFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(data[found[i].Offset]); got != "2" || strings.Count(string(data[:found[i].Offset]), "\n")+1 != found[i].Line {
		t.Errorf("%s: the byte there is %q", found[i], got)
	}
}
