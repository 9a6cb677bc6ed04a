package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// tablesOf parses a document as lint does and reads its tables.
func tablesOf(document string) []Table {
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote, extension.DefinitionList))
	source := []byte(document)
	return Tables(md.Parser().Parse(text.NewReader(source)), source)
}

// TestTables: which tables are about actions, which columns they lack, and where each
// action and its owner stand.
func TestTables(t *testing.T) {
	for _, tt := range []struct {
		name, document string
		want           []string // the head, what is there, then each row and its owner
	}{
		{"places", "## Actions\n\n| # | Gate | **Action** | Owner | Due |\n|---|---|---|---|---|\n| 1 | Escape point | `x` and y | **QA team** | 2024-09-30 |\n",
			[]string{"[# | Gate | **Action** | Owner | Due] owners dates", "[1 | Escape point | `x` and y | **QA team** | 2024-09-30] gate Escape point, owner [QA team]"}},
		{"heads of several words", "| Proposed action | Owning team | Day of completion | How urgent (priority) |\n|---|---|---|---|\n| a | b | 2024-08-01 | |\n",
			[]string{"[Proposed action | Owning team | Day of completion | How urgent (priority)] owners priorities dates", "[a | b | 2024-08-01] gate , owner [b]"}},
		{"the owner of an action is no action", "| Action owner | Task | Due |\n|---|---|---|\n| QA | a | 2024-08-01 |\n",
			[]string{"[Action owner | Task | Due] owners dates", "[QA | a | 2024-08-01] gate , owner [QA]"}},
		{"no head for the action, below a heading", "## What we will do\n\n| Nr. | Wie | Owner | Due |\n|---|---|---|---|\n| 1 | a | b | |\n",
			[]string{"[Nr. | Wie | Owner | Due] owners dates", "[1 | a | b] gate , owner [b]"}},
		{"nothing but actions, below a sure heading", "## Action items\n\n| # | Action |\n|---|---|\n| 1 | a |\n", []string{"[# | Action]", "[1 | a] gate , owner []"}},
		{"nothing but actions, below a weak heading", "## Next steps\n\n| # | Action |\n|---|---|\n| 1 | a |\n", nil},
		{"an owner that is struck through", "| Action | Owner |\n|---|---|\n| a | ~~x~~ |\n", []string{"[Action | Owner] owners", "[a | ~~x] gate , owner []"}},
		{"who agreed to the actions", "## Approval\n\n| Approver (role) | Escape point agreed | Actions agreed | Date |\n|---|---|---|---|\n| the DBRE lead | ☑ | ☑ | 2024-12-01 |\n", nil},
		{"agreed actions below a heading", "## Actions\n\n| Agreed action | Owner |\n|---|---|\n| a | x |\n", []string{"[Agreed action | Owner] owners", "[a | x] gate , owner [x]"}},
		{"a quotation", "> | Action | Owner |\n> |---|---|\n> | a | x |\n", []string{"quoted [Action | Owner] owners", "[a | x] gate , owner [x]"}},
		{"a list of services", "| Service | Team | Severity |\n|---|---|---|\n| a | x | P1 |\n", nil},
		{"a log of changes", "| Date | Change | Owner |\n|---|---|---|\n| 2024-08-01 | a | x |\n", nil},
		{"recovery actions that were taken", "## Actions taken\n\n| Recovery step | By whom | When |\n|---|---|---|\n| a | x | 2024-08-01 |\n", nil},
		{"long transactions", "## Transactions\n\n| What | Owner |\n|---|---|\n| a | x |\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			at := func(s Span) string { return "[" + strings.ReplaceAll(tt.document[s.Start:s.End], "\n", " ") + "]" }
			for _, table := range tablesOf(tt.document) {
				head := at(table.Head)
				for _, has := range []struct {
					word string
					is   bool
				}{{"owners", table.HasOwners()}, {"priorities", table.HasPriorities()}, {"dates", table.HasDates()}} {
					if has.is {
						head += " " + has.word
					}
				}
				if table.Quoted {
					head = "quoted " + head
				}
				got = append(got, head)
				for _, r := range table.Rows {
					got = append(got, fmt.Sprintf("%s gate %s, owner %s", at(r.Span), r.Gate, at(r.OwnerSpan)))
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestAnnounces(t *testing.T) {
	for title, want := range map[string][2]bool{
		"13. Action items":          {true, true},
		"Follow-ups":                {true, true},
		"Corrective and preventive": {true, true},
		"Todo":                      {true, true},
		"To do":                     {true, true},
		"Next steps":                {true, false},
		"Measures":                  {true, false},
		"Tasks to address it":       {true, false},
		"Measurements":              {},
		"Long transactions":         {},
		"Actions taken":             {},
		"What we had to do":         {},
		"Fixes":                     {true, false},
		"What fixes the lag":        {},
		"":                          {},
		"…":                         {},
	} {
		if about, sure := Announces(title); about != want[0] || sure != want[1] {
			t.Errorf("%q: %v, %v", title, about, sure)
		}
	}
}
