package report

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// seen renders the rich draft with what earlier drafts hold, and returns the block.
func seen(t *testing.T, h *timeline.History) (block, page string) {
	t.Helper()
	d := rich(t)
	f := &fixture{t: t, window: d.Timeline.Window}
	if h != nil {
		h.Evidence = []string{f.record("history", "drafts", "earlier drafts", len(h.Drafts))}
		d.Timeline.History = h
	}
	d.Timeline.Evidence = append(d.Timeline.Evidence, f.found.Evidence...)
	files, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		switch file.Name {
		case "postmortem.md":
			for _, s := range split(string(file.Data)) {
				if s.id == "seen" {
					block = s.text
				}
			}
		case "postmortem.html":
			page = string(file.Data)
		case timelineFile:
			var raw map[string]json.RawMessage
			if err := json.Unmarshal(file.Data, &raw); err != nil || raw["history"] != nil {
				t.Errorf("timeline.json has another form: %v", err)
			}
		}
	}
	return block, page
}

// before is a window that ended so many days before the rich incident began.
func before(t *testing.T, days int) timeline.Window {
	to := clockAt(t, "07:00:00").AddDate(0, 0, -days)
	return timeline.Window{From: to.Add(-time.Hour), To: to}
}

var (
	checkout = timeline.Feature{Kind: timeline.FeatureAlert, Name: "CheckoutErrorsHigh"}
	stopped  = timeline.Feature{Kind: timeline.FeatureServer, Name: "mysql.replication_stopped 1054 on db2"}
	table    = timeline.Feature{Kind: timeline.FeatureTable, Name: "shop.orders"}
	foreign  = timeline.Feature{Kind: timeline.FeatureAlert, Name: "DiskFull"}
)

func TestSeenBefore(t *testing.T) {
	d := rich(t)
	if _, has := d.Timeline.Features()[checkout]; !has {
		t.Fatalf("the fixture has no such alert: %v", d.Timeline.Features())
	}
	earlier := func(name string, days int, features ...timeline.Feature) timeline.EarlierDraft {
		return timeline.EarlierDraft{Name: name, Document: "postmortem.md", Window: before(t, days), Features: features}
	}
	var crowd []timeline.EarlierDraft
	for i := range 12 {
		crowd = append(crowd, earlier(fmt.Sprintf("d%02d", i), i+1, checkout))
	}
	for _, tt := range []struct {
		name  string
		h     *timeline.History
		want  []string
		never []string
	}{
		{"nobody looked", nil, nil, nil},
		{"no earlier draft", &timeline.History{}, []string{"No other draft beside this one is of a window that was over when this one began", "not to say that nothing like it happened"}, []string{"| Earlier"}},
		{"nothing shared", &timeline.History{Drafts: []timeline.EarlierDraft{earlier("a", 1, foreign), earlier("b", 9)}},
			[]string{"Compared with 2 earlier drafts, the first of 2024-07-03: none shares anything with this one. Looked for: the same alert,"}, []string{"| Earlier", "cause"}},
		{"one draft shares two things", &timeline.History{Drafts: []timeline.EarlierDraft{earlier("2024-07-11T0600Z-db1", 1, checkout, table), earlier("b", 9, foreign)}},
			[]string{"1 of them has something in common with this one", "does not say that it had the same cause",
				"| [2024-07-11T0600Z-db1](../2024-07-11T0600Z-db1/postmortem.md) | 2024-07-11 08:00 CEST | 1 d before this window | alert CheckoutErrorsHigh and table shop.orders | "}, []string{"Shared most often"}},
		{"one incident drafted twice", &timeline.History{Drafts: []timeline.EarlierDraft{earlier("a", 1, checkout), earlier("b", 1, checkout)}},
			[]string{"of 1 separate time: some tell of the same one", "Shared most often: alert CheckoutErrorsHigh (in 2 of 2)"}, nil},
		{"many", &timeline.History{Drafts: crowd, LeftOut: 3, Cut: 1},
			[]string{"12 of them have", "(in 12 of 12)", "Fewer things are shared with [d08]", "Not compared: 3 older drafts.", "1 feature was not compared"}, []string{"| [d08]"}},
		{"what was not compared", &timeline.History{Overlapping: []timeline.EarlierDraft{{Name: "over|lap](x)"}}, Unreadable: []string{"bad`name"}},
			[]string{`reaches into this one's: over\|lap\](x).`, "Could not be read, and so not compared: bad\\`name."}, []string{"](../over"}},
		{"names that are markup", &timeline.History{Drafts: []timeline.EarlierDraft{
			{Name: "../../etc", Document: "passwd", Window: before(t, 1), Features: []timeline.Feature{checkout}},
			{Name: "x y", Document: "a.md", Window: before(t, 2), Features: []timeline.Feature{checkout}},
			{Name: "fine", Document: "a b.md", Window: before(t, 3), Features: []timeline.Feature{checkout}},
		}}, []string{"| ../../etc |", "| x y |", "| [fine](../fine/) |"}, []string{"(../x", "(../../", "passwd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			block, page := seen(t, tt.h)
			if tt.h == nil && block != "" {
				t.Errorf("there is a block: %s", block)
			}
			for _, want := range tt.want {
				if !strings.Contains(block, want) {
					t.Errorf("the block does not say %q:\n%s", want, block)
				}
			}
			for _, never := range tt.never {
				if strings.Contains(block, never) {
					t.Errorf("the block says %q:\n%s", never, block)
				}
			}
			if strings.Contains(block, "](../2024") && !strings.Contains(page, `href="../2024-07-11T0600Z-db1/postmortem.md"`) {
				t.Error("the page does not lead to the earlier draft")
			}
		})
	}
}

// TestSeenIsAddedToAnOlderDocument: an update of a draft that was made before drafts were
// compared adds the block, and says so.
func TestSeenIsAddedToAnOlderDocument(t *testing.T) {
	old := rich(t)
	dir, err := Write(t.TempDir(), old)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, window: old.Timeline.Window}
	old.Timeline.History = &timeline.History{Evidence: []string{f.record("history", "drafts", "earlier drafts", 0)}}
	old.Timeline.Evidence = append(old.Timeline.Evidence, f.found.Evidence...)
	done, err := Update(dir, old)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(done.Added, ",") != "seen" {
		t.Errorf("added %v", done.Added)
	}
	text, err := os.ReadFile(dir + "/postmortem.md")
	if err != nil || strings.Count(string(text), "### Seen before") != 1 {
		t.Errorf("the block stands there %d times, %v", strings.Count(string(text), "### Seen before"), err)
	}
}

func TestFeatureText(t *testing.T) {
	for want, f := range map[string]timeline.Feature{
		"replication stopped (1054) on db2":            stopped,
		"lock waits on db1":                            {Kind: timeline.FeatureServer, Name: "mysql.lock_wait on db1"},
		"blocking statement “delete from a where b=?”": {Kind: timeline.FeatureBlocker, Name: "delete from a where b=?"},
		"change of the variable max_connections":       {Kind: timeline.FeatureChange, Name: "change of the variable max_connections"},
		"table shop.orders":                            table,
		"statement “select \\* from \\[a\\]”":          {Kind: timeline.FeatureStatement, Name: "select * from [a]"},
	} {
		if got := featureText(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSeenInEveryDocument: each of the five documents says what was seen before, and its
// page leads to the page of an earlier draft where that has one.
func TestSeenInEveryDocument(t *testing.T) {
	f := &fixture{t: t, window: rich(t).Timeline.Window}
	h := &timeline.History{
		Drafts: []timeline.EarlierDraft{
			{Name: "with-page", Document: "outage.md", Page: "outage.html", Window: before(t, 1), Features: []timeline.Feature{checkout, table}},
			{Name: "without", Document: "postmortem.md", Window: before(t, 2), Features: []timeline.Feature{checkout}},
			{Name: "third", Window: before(t, 3), Features: []timeline.Feature{checkout}},
			{Name: "fourth", Document: "postmortem.md", Window: before(t, 4), Features: []timeline.Feature{checkout}},
			{Name: "unlike", Document: "postmortem.md", Window: before(t, 5)},
		},
		Overlapping: []timeline.EarlierDraft{{Name: "overlaps", Document: "dea.md", Page: "dea.html"}}, LeftOut: 2, Unreadable: []string{"damaged"},
		Evidence: []string{f.record("history", "drafts", "earlier drafts", 5)},
	}
	for _, name := range Templates() {
		t.Run(name, func(t *testing.T) {
			d := rich(t)
			d.Templates, d.Timeline.History = []string{name}, h
			d.Timeline.Evidence = append(d.Timeline.Evidence, f.found.Evidence...)
			files, err := Render(d)
			if err != nil {
				t.Fatal(err)
			}
			text, page := fileNamed(files, documentFile(name)), fileNamed(files, pageFile(name))
			id, links := "seen", []string{"](../with-page/outage.md)", "](../without/postmortem.md)", "](../third/)", "](../fourth/postmortem.md)", "](../overlaps/dea.md)", "Could not be read, and so not compared: damaged."}
			if name == "briefing" {
				id = "briefseen"
				links = []string{
					"Compared with 5 earlier drafts: something in common with 4 of them, which does not say that the cause was the same; not compared: 1 whose windows reach into this one, 2 older, 1 that could not be read.",
					"[with-page](../with-page/outage.md), 2024-07-11, 1 d before this window: alert CheckoutErrorsHigh and table shop.orders.", "](../without/postmortem.md)", "](../third/)", "1 more earlier draft shares as many things or fewer",
				}
			}
			block := ""
			for _, s := range split(text) {
				if s.id == id {
					block = s.text
				}
			}
			for _, want := range append(links, "Seen before") {
				if !strings.Contains(block, want) {
					t.Errorf("the block does not say %q:\n%s", want, block)
				}
			}
			if uncited := uncited(text); len(uncited) > 0 {
				t.Errorf("uncited: %q", uncited)
			}
			for _, want := range []string{`href="../with-page/outage.html"`, `href="../without/postmortem.md"`, `href="../third/"`} {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not lead to %s", want)
				}
			}
			if strings.Contains(page, "outage.md\"") || name != "briefing" && !strings.Contains(page, `href="../overlaps/dea.html"`) {
				t.Error("the page leads to the text of a document that has a page")
			}
			d.Timeline.History = nil
			if files, err = Render(d); err != nil || strings.Contains(fileNamed(files, documentFile(name)), "Seen before") {
				t.Errorf("nobody looked, and there is a part about it, %v", err)
			}
		})
	}
}
