package report

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/quick"

	"collector/internal/timeline"
)

func TestSayRefuses(t *testing.T) {
	c := cites{known: map[string]bool{"mysql-00000001": true}}
	for name, s := range map[string]Statement{
		"no citation":      {"It stopped.", nil},
		"empty citation":   {"It stopped.", []string{""}},
		"unknown citation": {"It stopped.", []string{"mysql-00000001", "mysql-00000002"}},
		"no text":          {"  ", []string{"mysql-00000001"}},
		"two lines":        {"It stopped.\nIt started.", []string{"mysql-00000001"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := c.say(s); !errors.Is(err, ErrUncited) {
				t.Errorf("say = %q, %v; want ErrUncited", got, err)
			}
			if got, err := c.row(Row{[]string{s.Text}, s.Cites}); !errors.Is(err, ErrUncited) {
				t.Errorf("row = %q, %v; want ErrUncited", got, err)
			}
		})
	}
	if got, err := c.row(Row{nil, []string{"mysql-00000001"}}); !errors.Is(err, ErrUncited) {
		t.Errorf("an empty row = %q, %v; want ErrUncited", got, err)
	}
	if got, err := c.say(Statement{"It stopped.", []string{"mysql-00000001"}}); err != nil || got != "It stopped. [mysql-00000001]" {
		t.Errorf("say = %q, %v", got, err)
	}
}

// blocks are all building blocks of the document.
func blocks(d *document) map[string]func() ([]Statement, []Row) {
	say := func(f func() []Statement) func() ([]Statement, []Row) {
		return func() ([]Statement, []Row) { return f(), nil }
	}
	rows := func(f func() []Row) func() ([]Statement, []Row) {
		return func() ([]Statement, []Row) { return nil, f() }
	}
	return map[string]func() ([]Statement, []Row){
		"title facts": say(d.TitleFacts), "summary": say(d.Summary), "impact": say(d.Impact), "impact rows": rows(d.ImpactRows),
		"timeline": say(d.Timeline), "timeline rows": rows(d.TimelineRows), "phase rows": rows(d.PhaseRows), "no charts": say(d.NoCharts),
		"charts": say(func() (out []Statement) {
			for _, c := range d.Charts() {
				out = append(out, c.Caption)
			}
			return out
		}),
		"detection": say(d.Detection), "detection rows": rows(d.DetectionRows),
		"unalerted": say(d.Unalerted), "alert rules": rows(d.AlertRuleRows), "alert rule links": say(d.AlertRuleLinks),
		"candidates": say(d.Candidates), "candidate rows": rows(d.CandidateRows), "candidates left": say(d.CandidatesLeft),
		"sequel rows": rows(d.SequelRows), "sequels left": say(d.SequelsLeft), "contributing": say(d.Contributing), "mitigation": say(d.Mitigation), "rollback": say(d.Rollback),
		"recovery": say(d.Recovery), "recovery rows": rows(d.RecoveryRows), "went well": say(d.WentWell), "improve": say(d.Improve),
		"action rows": rows(d.ActionRows), "actions": say(d.Actions), "lessons": say(d.Lessons),
		"checks": say(d.Checks), "gaps": say(d.Gaps), "about": say(d.About),
	}
}

// TestEveryBlockIsCited proves, block by block, that each statement cites known
// records, and that the renderer refuses the block as soon as a record is unknown.
func TestEveryBlockIsCited(t *testing.T) {
	seen := map[string]int{}
	for name, build := range map[string]func(testing.TB) Draft{"rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet, "unalerted": silent} {
		draft := build(t).normal()
		doc, err := newDocument(draft, DefaultTemplate)
		if err != nil {
			t.Fatal(err)
		}
		known := cites{known: map[string]bool{}}
		for _, e := range draft.Timeline.Evidence {
			known.known[e.ID] = true
		}
		nobody := cites{known: map[string]bool{}}
		for part, f := range blocks(doc) {
			statements, rows := f()
			seen[part] += len(statements) + len(rows)
			for _, s := range statements {
				if _, err := known.say(s); err != nil {
					t.Errorf("%s, %s: %v", name, part, err)
				}
				if _, err := nobody.say(s); !errors.Is(err, ErrUncited) {
					t.Errorf("%s, %s: %q was printed without its record", name, part, s.Text)
				}
			}
			for _, r := range rows {
				if _, err := known.row(r); err != nil {
					t.Errorf("%s, %s: %v", name, part, err)
				}
				if _, err := nobody.row(r); !errors.Is(err, ErrUncited) {
					t.Errorf("%s, %s: %q was printed without its record", name, part, r.Cells)
				}
			}
		}
	}
	for part, n := range seen {
		if n == 0 && part != "candidates left" && part != "sequels left" {
			t.Errorf("no draft of this test has a line in %s", part)
		}
	}
}

// TestRenderRefuses removes one cited record at a time: no document may come of it.
func TestRenderRefuses(t *testing.T) {
	whole := rich(t)
	for i, e := range whole.Timeline.Evidence {
		draft := whole
		draft.Timeline.Evidence = append(append([]timeline.Evidence{}, whole.Timeline.Evidence[:i]...), whole.Timeline.Evidence[i+1:]...)
		_, err := Render(draft)
		if e.Source == RequestSource && !errors.Is(err, errNoRequest) || e.Source != RequestSource && !errors.Is(err, ErrUncited) {
			t.Errorf("without %s: %v", e.ID, err)
		}
	}
}

var ends = regexp.MustCompile(`(\[[a-z]+-[0-9a-f]{8}\] ?)+( \|)?$`)

// headings are those within generated blocks.
var headings = map[string]bool{
	"### Dashboards": true, "### Metrics that moved with no alert": true, "### Seen before": true, "## Seen before": true,
	"### Looked for and not found": true, "### Could not be seen": true, "### How this draft was made": true,
}

// uncited returns the generated lines of a document that do not end in a citation.
func uncited(doc string) []string {
	var bad []string
	for _, s := range split(doc) {
		if s.id == "" || s.id == "title" || strings.HasPrefix(s.id, linksID) {
			continue
		}
		lines := strings.Split(s.text, "\n")
		for i, line := range lines {
			head := strings.HasPrefix(line, "| ") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "| ---")
			switch {
			case line == "", head, strings.HasPrefix(line, "| ---"), strings.HasPrefix(line, "!["):
			case strings.HasPrefix(line, "*"), headings[line]: // labels
			case !ends.MatchString(line):
				bad = append(bad, line)
			}
		}
	}
	return bad
}

func TestEveryGeneratedLineEndsInACitation(t *testing.T) {
	for name, build := range map[string]func(testing.TB) Draft{
		"rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet, "many": func(t testing.TB) Draft { return many(t, 2000) }, "hostile": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			draft := build(t).normal()
			doc, err := markdown(draft, DefaultTemplate)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range uncited(doc) {
				t.Errorf("uncited: %q", line)
			}
			defined := map[string]bool{}
			for _, m := range regexp.MustCompile(`(?m)^\[([^\]]+)\]: evidence`).FindAllStringSubmatch(doc, -1) {
				defined[m[1]] = true
			}
			for _, id := range citedIn(doc) {
				if !defined[id] {
					t.Errorf("%s is cited and has no link", id)
				}
			}
			for _, s := range split(doc) {
				if s.id == "" {
					for _, line := range strings.Split(s.raw, "\n") {
						outside := strings.HasPrefix(line, "#") || strings.HasPrefix(line, "<!-- ") || strings.HasPrefix(line, "| Action |") ||
							strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "|  |") || line == ""
						if !outside {
							t.Errorf("a generated line outside of the blocks: %q", line)
						}
					}
				} else if strings.TrimSpace(s.text) == "" {
					t.Errorf("block %s is empty", s.id)
				}
			}
		})
	}
}

func TestUncitedFindsOne(t *testing.T) {
	doc := block("x", "- It stopped. [mysql-00000001]\n- It started.\n| a | b |\n")
	if got := uncited(doc); len(got) != 2 {
		t.Errorf("uncited = %q", got)
	}
}

func TestSplitJoins(t *testing.T) {
	doc, err := markdown(rich(t).normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	join := func(doc string) string {
		var b strings.Builder
		for _, s := range split(doc) {
			b.WriteString(s.raw)
		}
		return b.String()
	}
	cut := func(from, length uint16, insert string) bool {
		a := int(from) % len(doc)
		b := min(len(doc), a+int(length)%400)
		edited := doc[:a] + insert + doc[b:]
		return join(edited) == edited
	}
	if err := quick.Check(cut, nil); err != nil {
		t.Error(err)
	}
}
