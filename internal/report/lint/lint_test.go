package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"collector/internal/timeline"
)

// found lists findings as "line:column rule".
func found(t *testing.T, text string, facts *Facts) []string {
	t.Helper()
	var out []string
	for _, f := range Check(Document{Text: text, Facts: facts}, nil) {
		out = append(out, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Rule))
	}
	return out
}

// What stands around the rows of the actions that collector proposes, when people have
// filled them in.
const (
	proposed    = "<!-- collector:begin id=actions sha256=0000000000000000 -->\n| Action | Owner | Priority | Target date | Evidence |\n| --- | --- | --- | --- | --- |\n"
	proposedEnd = "<!-- collector:end id=actions -->\n\n[mysql-c6821a01]: evidence/mysql-c6821a01.json\n"
)

// timelineRows is a timeline of collector's with rows that people added. Its own rows are
// not in the order in which their times read, and its note has a word of guesses.
func timelineRows(more string) string {
	return "<!-- collector:begin id=timeline sha256=0000000000000000 -->\n| Time (CEST) | Severity | What happened | Evidence |\n| --- | --- | --- | --- |\n" +
		"| 09:16:00 ± 8 s | critical | alert CheckoutErrorsHigh on db1 fired | [prometheus-1d273557] |\n" +
		"| 09:15:58 to 09:16:10 | warning | checkout_errors rose | [prometheus-1d273557] |\n" +
		"| 09:16:01 | warning | checkout_errors on db1 rose | [prometheus-1d273557] |\n" + more + "\n\n" +
		"*Reading the times:* a row may have come before.\n<!-- collector:end id=timeline -->\n\n[prometheus-1d273557]: evidence/prometheus-1d273557.json\n"
}

func TestCheck(t *testing.T) {
	facts := exampleFacts(t)
	drawn := exampleFacts(t)
	drawn.Generated = timelineRows("")
	tests := []struct {
		name, text string
		facts      *Facts
		want       []string
	}{
		{"columns are characters", "Größe é: the engineer was careless.\n", nil, []string{"1:27 blame"}},
		{"behind front matter", "---\nauthor: careless@example.com\n---\n\nIt was careless.\n", nil, []string{"5:8 blame"}},
		{"byte order mark", "\ufeffIt was careless.\n", nil, []string{"1:9 blame"}},
		{"Windows line ends", "# A\r\n\r\nIt was\r\ncareless.\r\n", nil, []string{"4:1 blame"}},
		{"escaped punctuation", "It was \\*very\\* careless.\n", nil, []string{"1:17 blame"}},
		{"in a list in a list", "- a\n  - b is careless\n", nil, []string{"2:10 blame"}},
		{"in a cell", "| a | b |\n| --- | --- |\n| 1 | it is careless |\n", nil, []string{"3:13 blame"}},
		{"behind emphasis", "The *engineer* **forgot to** look.\n", nil, []string{"1:6 blame"}},
		{"struck through", "~~It was careless.~~\n", nil, nil},
		{"in code", "`careless` and\n\n    careless\n\n```\ncareless\n```\n", nil, nil},
		{"in a quote", "> careless, probably\n", nil, nil},
		{"in a comment", "<!-- careless -->\ntext <!-- careless --> text\n", nil, nil},
		{"in HTML", "<div>\nIt was <b>careless</b>.\n</div>\n", nil, []string{"2:11 blame"}},
		{"denied", "It was not human error. Human error is not a cause. We avoid human error as an answer.\n", nil, nil},
		{"technical", "The user error rate and the human error budget.\n\nCaused by developer error messages.\n", nil, nil},
		{"git blame, fault tolerance", "`git blame` shows it; a page fault, fault tolerance and the default are no one's.\n", nil, nil},
		{"cited by a footnote", "It probably leaks.[^1]\n\n[^1]: seen in the graph\n", nil, nil},
		{"cited in the next sentence only", "It probably leaks. This is [seen](https://example.com).\n", nil, []string{"1:4 speculation"}},
		{"cited by an address", "It probably leaks: https://example.com/graph\n", nil, nil},
		{"hypotheses", "## Hypotheses\n\nIt probably leaks.\n\n## Impact\n\nIt probably leaks.\n", nil, []string{"7:4 speculation"}},
		{"requirements", "Every change must have a test. Must-have: tests. The policy says that each table must have been checked.\n", nil, nil},
		{"likely", "This is more likely now. It is not likely to come again; a likely place for an index.\n", nil, nil},
		{"allowed on its line", "It probably leaks. <!-- collector-lint: allow speculation quoted from the vendor -->\n", nil, nil},
		{"allowed below a heading", "## A\n\n<!-- collector-lint: allow speculation,blame old text -->\n\nIt probably leaks.\n\nIt was careless.\n\n## B\n\nIt probably leaks.\n", nil, []string{"11:4 speculation"}},
		{"allowed for a paragraph", "text\n\n<!-- collector-lint: allow speculation old -->\nIt probably leaks.\n\nIt probably leaks.\n", nil, []string{"6:4 speculation"}},
		{"allowed without a reason", "It probably leaks. <!-- collector-lint: allow speculation -->\n", nil, []string{"1:4 speculation", "1:20 allow-comment"}},
		{"allowed for no rule", "<!-- collector-lint: allow everything because -->\n", nil, []string{"1:1 allow-comment"}},
		{"alert at another time", "CheckoutErrorsHigh fired at 09:30.\n", facts, []string{"1:29 time-contradiction"}},
		{"alert in UTC", "CheckoutErrorsHigh fired at 07:16 UTC.\n", facts, nil},
		{"alert resolved", "CheckoutErrorsHigh resolved at 12:44; it had been firing.\n", facts, nil},
		{"alert around a time", "CheckoutErrorsHigh fired around 09:20.\n", facts, nil},
		{"deploy in a table", "| Time (UTC) | What |\n| --- | --- |\n| 07:11 | deploy of shop 1.4.2 |\n| 07:14 | replication on db2 stopped |\n| 08:14 | the alert CheckoutErrorsHigh fired |\n", facts, []string{"5:3 time-contradiction"}},
		{"two times in a sentence", "CheckoutErrorsHigh fired at 09:16, twenty minutes after 08:55.\n", facts, nil},
		{"day after", "- 23:50 a\n- 23:58 b\n- 00:10 c\n", nil, nil},
		{"noon by twelve hours", "- 11:50 AM a\n- 12:05 PM b\n- 1:00 PM c\n", nil, nil},
		{"record of the draft", "It stopped. [mysql-c6821a01]\n<!-- collector:blocks a -->\n\n[mysql-c6821a01]: evidence/mysql-c6821a01.json\n", facts, nil},
		{"record of no draft", "It stopped. [mysql-00000001]\n<!-- collector:blocks a -->\n\n[mysql-00000001]: evidence/mysql-00000001.json\n", facts, []string{"1:14 citation-unknown"}},
		{"a proposed action with owner, priority and date", proposed + "| Close the gap on db2 | DBA team | P1 | 2024-08-01 | [mysql-c6821a01] |\n" + proposedEnd, facts, nil},
		{"a proposed action for another server", proposed + "| Close the gap on db7 | DBA team | P1 | 2024-08-01 | [mysql-c6821a01] |\n" + proposedEnd, facts, []string{"4:3 citation-mismatch"}},
		{"a proposed action without its citation", proposed + "| Replication stopped on db2 | DBA team | P1 | 2024-08-01 | |\n" + proposedEnd, facts, []string{"4:3 citation-removed"}},
		{"a row of people's in a timeline", timelineRows("| 09:20 | info | We decided to stop the deploy | |"), drawn, nil},
		{"a row of a timeline without its citation", timelineRows("| 09:16:02 ± 8 s | critical | alert CheckoutErrorsHigh on db1 fired | |"), drawn, []string{"7:3 citation-removed"}},
		{"a line of people's that is out of order", timelineRows("| 09:20 | info | We stopped the deploy | |\n| 09:19 | info | We probably called | |\n| 09:22 | info | We called again | |"), drawn, []string{"8:3 timeline-order", "8:21 speculation"}},
		{"an analysis that people numbered", "<!-- collector:begin id=header sha256=0000000000000000 -->\n| ID | DEA-2024-007 | [mysql-c6821a01] |\n| --- | --- | --- |\n| ID | DEA-2024-007 | [mysql-c6821a01] |\n<!-- collector:end id=header -->\n\n[mysql-c6821a01]: evidence/mysql-c6821a01.json\n", facts, nil},
		{"an action of people's beside proposed ones", proposed + "| Mend 2 jobs | DBA team | P1 | 2024-08-01 | |\n" + proposedEnd, facts, nil},
		{"bracketed words elsewhere", "See [feature-deadbeef] in the branch.\n", nil, nil},
		{"due before the incident", "On 2024-07-12 it broke.\n\n## Actions\n\n- Mend it (DBA team, P1, 2024-07-01)\n- Look (DBA team, P1, 2024-06-01, done)\n", nil, []string{"5:3 date-impossible"}},
		{"a field list below an action", "## Actions\n\n- Mend it\n  - Owner: DBA team\n  - Priority: P1\n  - Due: 2024-07-20\n", nil, nil},
		{"groups of actions", "## Actions\n\n- Short term:\n  - Mend it (DBA team, P1, 2024-07-01)\n  - Look at it\n", nil, []string{"5:5 action-incomplete"}},
		{"no actions", "## Actions\n\n- None\n", nil, nil},
		{"a subsection with a table of actions", "## Remedies\n\n### Action items\n\n| Action | Owner | Priority | Due |\n| --- | --- | --- | --- |\n| Mend | DBA team | P1 | 2024-07-01 |\n", nil, nil},
		{"a subsection that is an action", "## Remedies\n\n### Mend it\n\nOwner: DBA team\n", nil, []string{"3:5 action-incomplete"}},
		{"no column of priorities", "## Actions\n\n| Action | Owner | Due |\n| --- | --- | --- |\n| Mend | DBA team | 2024-07-01 |\n| Look | DBA team | 2024-07-01 |\n", nil, []string{"3:3 action-incomplete"}},
		{"a quoted table of actions", "> | Action | Owner | Due |\n> | --- | --- | --- |\n> | Mend | Maria Rossi | |\n", nil, nil},
		{"an owner struck through", "## Actions\n\n| Action | Owner | Prio | Due |\n| --- | --- | --- | --- |\n| Mend | ~~Maria Rossi~~ DBA team | P1 | 2024-07-01 |\n| ~~Look~~ | ~~Maria Rossi~~ | | |\n", nil, nil},
		{"an owner in bold", "## Actions\n\n| Action | Owner | Prio | Due |\n| --- | --- | --- | --- |\n| Mend | **Maria Rossi** | P1 | 2024-07-01 |\n", nil, []string{"5:12 action-owner"}},
		{"a table of transactions", "## Long transactions\n\n| What | Who |\n| --- | --- |\n| UPDATE | the shop |\n\n- one\n- two\n", nil, nil},
		{"a list of services", "| Service | Team | Severity |\n| --- | --- | --- |\n| shop | DBA team | P1 |\n", nil, nil},
		{"a person whose name ends in a role", "## Actions\n\n- Mend it (owner: J. Doe, P1, 2024-07-01)\n- Look (owner: Core Services, P1, 2024-07-01)\n", nil, []string{"3:19 action-owner"}},
		{"what an engineer could do", "## Root cause\n\nThe engineer was able to drop the table. It was caused by an admin panel without roles.\n", nil, nil},
		{"the tables of a template are no answer", "<!-- Ask: Who owns it? -->\n\n| Field | Value |\n| --- | --- |\n| Owner | |\n| Status | Draft |\n\n<!-- Ask: Which gates? -->\n\n| # | Gate | Existed? |\n| --- | --- | --- |\n| 1 | Code review | ☐ |\n", nil, []string{"1:1 question-open", "8:1 question-open"}},
		{"an answer in a table", "<!-- Ask: Which gates? -->\n\n| # | Gate | Existed? |\n| --- | --- | --- |\n| 1 | Code review | yes |\n", nil, nil},
		{"an ID in a table with evidence", "# Defect escape analysis: x\n\n| Field | Value | Evidence |\n| --- | --- | --- |\n| ID | DEA-26-1 | |\n", nil, []string{"1:3 dea-escape-point", "5:8 dea-id"}},
		{"authors", "Author: Alice Smith\n\n## Acknowledgements\n\nAlice found the query.\n", nil, nil},
		{"products", "Jenkins built it, Grafana showed it, Maria DB ran, and Travis failed.\n", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := found(t, tt.text, tt.facts); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDisabled(t *testing.T) {
	if got := Check(Document{Text: "It was careless."}, map[string]bool{"blame": true}); len(got) > 0 {
		t.Errorf("a disabled rule reports %v", got)
	}
}

// TestSARIF validates against the schema that OASIS publishes.
func TestSARIF(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/corpus/14-html-heavy.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, findings := range map[string][]Finding{
		"nothing": nil,
		"some":    Check(Document{Name: "docs/post mortem.md", Text: string(text)}, nil),
		"rooted":  {{File: "/srv/a.md", Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Rule: "blame", Severity: Error, Message: "m", Fix: "f"}},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := WriteSARIF(&buf, findings, "1.0"); err != nil {
				t.Fatal(err)
			}
			log, err := jsonschema.UnmarshalJSON(&buf)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(log); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWriteJSON(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteJSON(&buf, Check(Document{Name: "a.md", Text: "It was careless."}, nil), 1); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema   string
		Files    int
		Errors   int
		Warnings int
		Findings []Finding
	}
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "collector/lint/v1" || got.Files != 1 || got.Errors != 1 || got.Warnings != 0 || len(got.Findings) != 1 || got.Findings[0].EndColumn != 16 {
		t.Errorf("got %+v", got)
	}
}

// FuzzCheck wants no panic, and every place inside the file.
func FuzzCheck(f *testing.F) {
	for _, pattern := range []string{"testdata/corpus/*.md", "testdata/seeds/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
	f.Add("---\n\xff\xfe\n---\n| a |\n|-|\n|\\|\n")
	f.Add("- - - > 1. <!-- Ask: x\n\n<!-- collector:begin id=a sha256=0123456789abcdef -->\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, g := range Check(Document{Text: text, Facts: fuzzFacts}, nil) {
			for _, at := range [][2]int{{g.Line, g.Column}, {g.EndLine, g.EndColumn}} {
				if at[0] < 1 || at[0] > len(lines) || at[1] < 1 || at[1] > len([]rune(lines[at[0]-1]))+2 {
					t.Fatalf("%d:%d of %s is outside of %q", at[0], at[1], g.Rule, text)
				}
			}
			if strings.ContainsAny(g.Message, "\n\r\x00\x1b") {
				t.Fatalf("%q holds control characters", g.Message)
			}
		}
	})
}

var fuzzFacts = &Facts{Records: map[string]bool{}, Generated: "- 1 [a-00000000]"}

// TestManyRows wants a timeline of 5,000 rows that a person changed to take seconds
// at most, on any machine.
func TestManyRows(t *testing.T) {
	facts := exampleFacts(t)
	var b strings.Builder
	b.WriteString("## Timeline\n\n<!-- collector:begin id=timeline sha256=0000000000000000 -->\n| Time (UTC) | What | Evidence |\n| --- | --- | --- |\n")
	for i := range 5000 {
		at := facts.Timeline.Window.From.Add(time.Duration(i) * time.Second)
		facts.Timeline.Events = append(facts.Timeline.Events, timeline.Event{Kind: timeline.Alert, Target: "db1", Start: timeline.Instant{At: at, Earliest: at, Latest: at}, Attributes: map[string]string{"alertname": "Slow"}})
		fmt.Fprintf(&b, "| %s | alert Slow on db1 fired; probably | [mysql-c6821a01] |\n", at.Format(time.TimeOnly))
	}
	b.WriteString("<!-- collector:end id=timeline -->\n\n[mysql-c6821a01]: evidence/mysql-c6821a01.json\n")
	facts.Generated = ""
	start := time.Now()
	if got := found(t, b.String(), facts); len(got) > 0 {
		t.Errorf("%d findings, the first %s", len(got), got[0])
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// BenchmarkCheck lints the thirty documents of the corpus.
func BenchmarkCheck(b *testing.B) {
	files, err := filepath.Glob("testdata/corpus/*.md")
	if err != nil {
		b.Fatal(err)
	}
	var docs []Document
	size := 0
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		docs = append(docs, Document{Name: path, Text: string(data)})
		size += len(data)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, d := range docs {
			Check(d, nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(docs))*1000, "ms/1000docs")
}
