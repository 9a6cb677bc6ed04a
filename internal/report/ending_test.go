package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestEnding: why the window ends stands where the recovery is told, once, with and
// without harm, and is cited.
func TestEnding(t *testing.T) {
	for name, build := range map[string]func(testing.TB) Draft{"with harm": rich, "without": quiet} {
		t.Run(name, func(t *testing.T) {
			draft := build(t)
			request, err := draft.request()
			if err != nil {
				t.Fatal(err)
			}
			draft.Timeline.Remarks = append(draft.Timeline.Remarks, timeline.Remark{
				Source: RequestSource, Text: "the window ends because it does", Evidence: []string{request}, Ending: true,
			})
			doc, err := newDocument(draft.normal(), DefaultTemplate)
			if err != nil {
				t.Fatal(err)
			}
			count := func(statements []Statement) (n int) {
				for _, s := range statements {
					if strings.Contains(s.Text, "The window ends because it does.") && len(s.Cites) == 1 && s.Cites[0] == request {
						n++
					}
				}
				return n
			}
			if count(doc.Recovery()) != 1 || count(doc.About()) != 0 {
				t.Errorf("the recovery says it %d times, the last section %d times", count(doc.Recovery()), count(doc.About()))
			}
		})
	}
}
