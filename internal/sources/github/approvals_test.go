package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/internal/sources/forge"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// approvalsFake is a mock of GitHub whose pull request has these reviews.
type approvalsFake struct {
	pastFake
	reviews string
}

func (f approvalsFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/pulls/128/reviews") {
		fmt.Fprint(w, f.reviews)
		return
	}
	f.pastFake.ServeHTTP(w, r)
}

// TestApprovalsOfOnePerson: who approves again after a change to the request is still one
// person, and no record says who it was.
func TestApprovalsOfOnePerson(t *testing.T) {
	review := func(login, state, clock string) string {
		user := "null"
		if login != "" {
			user = fmt.Sprintf(`{"login":%q}`, login)
		}
		return fmt.Sprintf(`{"user":%s,"state":%q,"submitted_at":"2024-07-11T%sZ"}`, user, state, clock)
	}
	for name, tt := range map[string]struct {
		reviews []string
		state   string
		note    string
	}{
		"twice":                         {[]string{review("mallory", "APPROVED", "08:20:00"), review("mallory", "APPROVED", "08:40:00")}, "passed 2024-07-11T08:40:00.000Z", "approved by 1 person"},
		"two people, one of them twice": {[]string{review("mallory", "APPROVED", "08:20:00"), review("trent", "APPROVED", "08:30:00"), review("mallory", "APPROVED", "08:40:00")}, "passed 2024-07-11T08:40:00.000Z", "approved by 2 people"},
		"accounts that are gone":        {[]string{review("", "APPROVED", "08:20:00"), review("", "APPROVED", "08:40:00")}, "passed 2024-07-11T08:40:00.000Z", "approved by 1 person"},
		"dismissed":                     {[]string{review("mallory", "DISMISSED", "08:20:00")}, "skipped", "request 128 has no approval"},
	} {
		t.Run(name, func(t *testing.T) {
			c := configOf(t, sourcetest.Serve(t, approvalsFake{pastFake{fake: story(t)}, "[" + strings.Join(tt.reviews, ",") + "]"}))
			c.Repositories[0].Gates = true
			records, err := open(t, c, forge.MaxBody).Gather(t.Context(), request(window))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Interpret(window, records)
			if err != nil {
				t.Fatal(err)
			}
			var deploy timeline.Event
			for _, e := range found.Events {
				if e.Attributes["version"] == "v1.4.2" {
					deploy = e
				}
			}
			if got := deploy.Attributes["gates.review"]; got != tt.state {
				t.Errorf("the review is %q, want %q", got, tt.state)
			}
			if got := deploy.Attributes["gates.review_note"]; got != tt.note {
				t.Errorf("the note is %q, want %q", got, tt.note)
			}
			for _, r := range records {
				if strings.Contains(r.Body, "mallory") || strings.Contains(r.Body, "trent") {
					t.Errorf("a record names a person: %s", r.Body)
				}
			}
		})
	}
}
