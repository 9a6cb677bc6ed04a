package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
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
			bench.Gates(t, approvalsFake{pastFake{fake: story(t)}, "[" + strings.Join(tt.reviews, ",") + "]"},
				map[string]string{"gates.review": tt.state, "gates.review_note": tt.note}, "mallory", "trent")
		})
	}
}
