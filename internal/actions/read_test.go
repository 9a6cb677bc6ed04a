package actions

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// sketch is what a test compares of an action.
func sketch(a Action) string {
	due := cmp.Or(a.DueText, "-")
	if !a.Due.IsZero() {
		due = a.Due.Format(time.DateOnly)
	} else if a.DueText != "" {
		due = "unreadable " + due
	}
	return fmt.Sprintf("%d %s: %s | %s | %s | %s | %s", a.Line, a.State, a.Text, a.Owner, a.Priority, due, cmp.Or(a.Ticket, "-"))
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, document string
		want           []string
	}{
		{"the template, untouched", "## 13. Action items\n\n| Action | Owner | Priority | Target date |\n| --- | --- | --- | --- |\n|  |  |  |  |\n", nil},
		{"the template, filled in", "## 13. Action items\n\n| Action | Owner | Priority | Target date |\n| --- | --- | --- | --- |\n| Add the index | DBA team | P1 | 2024-08-01 |\n|  |  |  |  |\n",
			[]string{"5 open: Add the index | DBA team | P1 | 2024-08-01 | -"}},
		{"columns in any order, under other names", "| Due date | Ticket | **Owner (role)** | Corrective action | Prio | Status? |\n|:-:|---|---|---|--:|---|\n| 1 Aug 2024 | [OPS-1](https://t.example/OPS-1) | a developer | Review `DROP` | high | in progress |\n",
			[]string{"3 open: Review DROP | a developer | high | 2024-08-01 | OPS-1"}},
		{"the DEA's table", "| # | Gate | Action | Owner | Due | Ticket |\n|---|---|---|---|---|---|\n| 1 | Fix defect | | | | |\n| 2 | Escape point | test with real data | QA | 2024-09-30 | #12 |\n",
			[]string{"4 open: test with real data | QA |  | 2024-09-30 | #12"}},
		{"no outer pipes", "Action | Owner\n--- | ---\nfix it | the shop application\n", []string{"3 open: fix it | the shop application |  | - | -"}},
		{"ways to be done", "| Action | Owner | Status |\n|---|---|---|\n| a | x | Done |\n| b | x | closed, see #1 |\n| c | x | ✔ |\n| d | x | [x] |\n| e | x | Won't do |\n| ~~f~~ | ~~x~~ | |\n| [x] g | x | |\n| h | x | ~~open~~ done |\n| ✅ i | x | |\n",
			[]string{"3 done: a", "4 done: b", "5 done: c", "6 done: d", "7 done: e", "8 done: f", "9 done: g", "10 done: h", "11 done: i"}},
		{"not done", "| Action | Owner | Done? |\n|---|---|---|\n| a | x | no |\n| b | x | not done |\n| c | x | done? |\n| d | x | 50% |\n| e | x | [ ] |\n| [ ] f | x | |\n| g | x | in review |\n",
			[]string{"3 open: a", "4 open: b", "5 open: c", "6 open: d", "7 open: e", "8 open: f", "9 open: g"}},
		{"nobody and some time", "| Action | Owner | Due |\n|---|---|---|\n| a | TBD | n/a |\n| b | — | next sprint |\n| c | ? | 01/02/2024 |\n",
			[]string{"3 open: a |  |  | - | -", "4 open: b |  |  | unreadable next sprint | -", "5 open: c |  |  | unreadable 01/02/2024 | -"}},
		{"a date that was moved", "| Action | Owner | Due |\n|---|---|---|\n| a | x | ~~2024-07-01~~ 2024-08-01 |\n| b | x | by 2024-08-02 (moved) |\n| c | x | Fri, 2 August 2024 |\n| d | x | 2024-08-01 or 2024-09-01 |\n",
			[]string{"3 open: a | x |  | 2024-08-01 | -", "4 open: b | x |  | 2024-08-02 | -", "5 open: c | x |  | 2024-08-02 | -", "6 open: d | x |  | unreadable 2024-08-01 or 2024-09-01 | -"}},
		{"markup in cells", "| Action | Owner |\n|---|---|\n| **add** a \\| b `x \\| y` &amp; <br> c | [DBA](http://x) & co |\n", []string{"3 open: add a | b x | y & c | DBA & co |  | - | -"}},
		{"a timeline of what people did", "| Time | Action | Who |\n|---|---|---|\n| 09:00 | restarted db1 | on call |\n\n| Time | What | Evidence |\n|---|---|---|\n| 1 | 2 | 3 |\n", nil},
		{"tables about other things", "| Metric | Owner | Status |\n|---|---|---|\n| a | b | c |\n\n| Action | Evidence |\n|---|---|\n| a | b |\n", nil},
		{"what, below a heading about actions", "# Tasks to address the issue\n\n| What | Who | When |\n|---|---|---|\n| a | b | 2024-08-01 |\n", []string{"5 open: a | b |  | 2024-08-01 | -"}},
		{"a proposal of collector's", "<!-- collector:begin id=actions sha256=0123456789abcdef -->\n| Action | Owner | Priority | Target date | Evidence |\n| --- | --- | --- | --- | --- |\n| Give the recorder PROCESS on db1 |  |  |  | x |\n| Close the gap | DBA |  |  | x |\n\n<!-- collector:end id=actions -->\n\n| Action | Owner |\n|---|---|\n| mine | |\n",
			[]string{"4 proposed: Give the recorder PROCESS on db1 |  |  | - | -", "5 open: Close the gap | DBA |  | - | -", "11 open: mine |  |  | - | -"}},
		{"a checklist", "## Action items\n\n- [ ] add the index (shop team, P1, 2024-08-01, OPS-12)\n- [x] kill the query (DBA)\n- [ ] ~~buy disks~~\n- plain\n- [ ] think\n  - [ ] deeper (QA; due 2 Aug 2024)\n* [ ] name it (owner: b team; status: done)\n",
			[]string{"3 open: add the index | shop team | P1 | 2024-08-01 | OPS-12", "4 done: kill the query | DBA |  | - | -", "5 done: buy disks |  |  | - | -",
				"7 open: think |  |  | - | -", "8 open: deeper | QA |  | 2024-08-02 | -", "9 done: name it | b team |  | - | -"}},
		{"a checklist with words in brackets", "### Follow-up\n\n1. [ ] test it (the whole of it) (QA, end of July)\n2. [ ] (shop team, 2024-08-01)\n", []string{"3 open: test it (the whole of it) | QA |  | unreadable end of July | -", "4 open:  | shop team |  | 2024-08-01 | -"}},
		{"a checklist of something else", "## Recovery\n\n- [ ] data verified (DBA, 2024-08-01)\n", nil},
		{"below an inner heading", "## Corrective and preventative measures\n\n### Backups\n\n- [ ] more often (DBA)\n\n## Closing\n\n- [ ] sign (you)\n", []string{"5 open: more often | DBA |  | - | -"}},
		{"code is no table", "```\n| Action | Owner |\n|---|---|\n| a | b |\n```\n", nil},
		{"a quoted table", "> | Action | Owner |\n> |---|---|\n> | a | b |\n", []string{"3 open: a | b |  | - | -"}},
		{"Windows lines, and a mark that turns writing", "| Action | Owner |\r\n|---|---|\r\n| a\u202eb | x |\r\n", []string{"3 open: ab | x |  | - | -"}},
		{"more cells than columns", "| Action | Owner |\n|---|---|\n| a | b | c | d |\n| e |\n", []string{"3 open: a | b |  | - | -", "4 open: e |  |  | - | -"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, a := range Read([]byte(tt.document)) {
				got = append(got, sketch(a))
			}
			for i := range tt.want {
				if i < len(got) && strings.Count(tt.want[i], "|") == 0 { // only the line, the state and the words are meant
					got[i], _, _ = strings.Cut(got[i], " |")
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestDate(t *testing.T) {
	for text, want := range map[string]string{
		"2024-08-01": "2024-08-01", "2024-8-1": "2024-08-01", "2024/08/01": "2024-08-01", "1.8.2024": "2024-08-01", "August 1, 2024": "2024-08-01", "Aug 1 2024": "2024-08-01",
		"2024-08-01T17:00:00+02:00": "2024-08-01", "Thursday 2024-08-01": "2024-08-01", "2024-08-01 17:00 UTC": "2024-08-01", "by 2024-08-01": "2024-08-01",
		"08/01/2024": "", "2024-13-01": "", "2024-02-30": "", "soon": "", "Q3 2024": "", "": "", "0000-01-01": "", strings.Repeat("2024-08-01 ", 9): "",
	} {
		got := ""
		if d := date(text); !d.IsZero() {
			got = d.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOverdue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2024, 8, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		a     Action
		today time.Time
		want  bool
	}{
		{"on its day", Action{State: Open, Due: due}, time.Date(2024, 8, 1, 23, 59, 0, 0, berlin), false},
		{"the day after, where the reader is", Action{State: Open, Due: due}, time.Date(2024, 8, 2, 0, 1, 0, 0, berlin), true},
		{"done", Action{State: Done, Due: due}, time.Date(2025, 1, 1, 0, 0, 0, 0, berlin), false},
		{"proposed", Action{State: Proposed, Due: due}, time.Date(2025, 1, 1, 0, 0, 0, 0, berlin), false},
		{"no date", Action{State: Open}, time.Date(2025, 1, 1, 0, 0, 0, 0, berlin), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.Overdue(tt.today); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	got := Merge(
		Read([]byte("| Action | Owner | Due |\n|---|---|---|\n| Add the index | | 2024-08-01 |\n| other | x | |\n")),
		Read([]byte("\n| Action | Owner | Due | Status |\n|---|---|---|---|\n| add the INDEX | DBA | 2024-09-01 | done |\n| third | y | | |\n")))
	var sketches []string
	for _, a := range got {
		sketches = append(sketches, sketch(a))
	}
	want := []string{"3 done: Add the index | DBA |  | 2024-08-01 | -", "4 open: other | x |  | - | -", "5 open: third | y |  | - | -"}
	if !slices.Equal(sketches, want) {
		t.Errorf("%q, want %q", sketches, want)
	}
}

// FuzzRead: whatever people write, what is read of it is bounded, clean, and stands in
// the document's lines.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"../report/testdata/rich/postmortem.md", "../report/testdata/poor/postmortem.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("## Actions\n- [ ] a (b, c: d; İ due 2024-08-01, ))\n- [x] (((\n"))
	f.Add([]byte("| Action | Owner | Due | Status |\n|---|---|---|---|\n| ~~a~~ | \x00\u202e | 2024-08-01 | done? |\n"))
	f.Add([]byte("a|b\n-|-\n&#x1b;[2J|\\|"))
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, table := range tablesOf(string(document)) {
			for _, r := range table.Rows {
				for _, at := range []Span{table.Head, r.Span, r.OwnerSpan} {
					if at.Start < 0 || at.Start > at.End || at.End > len(document) {
						t.Errorf("%+v of %d bytes", at, len(document))
					}
				}
			}
		}
		found := Read(document)
		if len(found) > maxActions {
			t.Errorf("%d actions", len(found))
		}
		lines := 1 + strings.Count(string(document), "\n")
		for _, a := range found {
			for _, text := range []string{a.Text, a.Owner, a.Priority, a.Ticket, a.Status, a.DueText} {
				if utf8.RuneCountInString(text) > maxWords+1 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
					t.Errorf("%q", text)
				}
			}
			if a.Line < 1 || a.Line > lines || a.State != Open && a.State != Done && a.State != Proposed {
				t.Errorf("%+v of %d lines", a, lines)
			}
		}
		wordless := 0 // which may be two different ones
		for _, a := range found {
			if a.Text == "" {
				wordless++
			}
		}
		if len(Merge(found, found)) > len(found)+wordless {
			t.Error("merging makes more of them")
		}
	})
}

// TestMergeKeepsOwnersApart: one owner's done is not another's, also where two documents
// have both.
func TestMergeKeepsOwnersApart(t *testing.T) {
	list := []Action{{Text: "Write a runbook", Owner: "shop team", State: Done}, {Text: "Write a runbook", Owner: "DBA team", State: Open}}
	for name, got := range map[string][]Action{
		"one document": Merge(list), "two documents": Merge(list, list),
		"and a proposal": Merge(append([]Action{{Text: "write a runbook", State: Proposed}}, list...)),
	} {
		if len(got) != 2 || got[0].State != Done || got[1].State != Open || got[1].Owner != "DBA team" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := Merge(list[:1], []Action{{Text: "Write a runbook", Owner: "nobody yet", State: Open}}); len(got) != 1 || got[0].State != Done {
		t.Errorf("another owner in another document: %+v", got)
	}
}
