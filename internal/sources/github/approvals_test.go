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
		"approved, then not":            {[]string{review("mallory", "APPROVED", "08:20:00"), review("mallory", "CHANGES_REQUESTED", "08:40:00")}, "failed 2024-07-11T08:40:00.000Z", "changes requested by 1 person, and no approval of request 128 stood at the deploy"},
		"not, then approved":            {[]string{review("mallory", "CHANGES_REQUESTED", "08:20:00"), review("mallory", "APPROVED", "08:40:00"), review("mallory", "COMMENTED", "08:50:00")}, "passed 2024-07-11T08:40:00.000Z", "approved by 1 person"},
		"one of two does not":           {[]string{review("mallory", "APPROVED", "08:20:00"), review("trent", "CHANGES_REQUESTED", "08:40:00")}, "passed 2024-07-11T08:20:00.000Z", "approved by 1 person, changes requested by 1 person"},
	} {
		t.Run(name, func(t *testing.T) {
			bench.Gates(t, approvalsFake{pastFake{fake: story(t)}, "[" + strings.Join(tt.reviews, ",") + "]"},
				map[string]string{"gates.review": tt.state, "gates.review_note": tt.note}, "mallory", "trent")
		})
	}
}

// TestDismissedApprovals: what stood at the deploy (2024-07-12 09:10:05) counts. A review that was
// dismissed has the state DISMISSED and the time at which it was given; when that
// happened, and what the review was, stands among the events of the request.
func TestDismissedApprovals(t *testing.T) {
	dismissed := func(state, at string) string {
		return fmt.Sprintf(`{"event":"labeled","created_at":"2024-07-11T08:00:00Z"},{"event":"review_dismissed","actor":{"login":"trent"},"created_at":%q,"dismissed_review":{"state":%q,"review_id":80,"dismissal_message":"hunter2"}}`, at, state)
	}
	for name, c := range map[string]struct {
		events      string // of the request; "" is refused
		state, note string
	}{
		"after the deploy":              {dismissed("approved", "2024-07-13T08:00:00Z"), "passed 2024-07-11T08:20:00.000Z", "approved by 1 person"},
		"after the merge":               {dismissed("approved", "2024-07-11T10:00:00Z"), "passed 2024-07-11T08:20:00.000Z", "approved by 1 person"},
		"before the merge":              {dismissed("approved", "2024-07-11T08:30:00Z"), "skipped", "request 128 stood at the deploy: those before it were dismissed"},
		"it had asked for changes":      {dismissed("changes_requested", "2024-07-13T08:00:00Z"), "failed 2024-07-11T08:20:00.000Z", "changes requested by 1 person"},
		"a word that is not known":      {dismissed("dismissed", "2024-07-13T08:00:00Z"), "", "is not told"},
		"no event of it":                {`{"event":"closed","created_at":"2024-07-11T09:00:00Z"}`, "", "is not told"},
		"events that may not be read":   {"", "", "is not told"},
		"events without number or time": {`{"event":"review_dismissed","created_at":"2024-07-13T08:00:00Z"},{"event":"review_dismissed","dismissed_review":{"review_id":80,"state":"approved"}}`, "", "is not told"},
	} {
		t.Run(name, func(t *testing.T) {
			reviews := approvalsFake{pastFake{fake: story(t)}, `[{"id":80,"user":{"login":"mallory"},"state":"DISMISSED","submitted_at":"2024-07-11T08:20:00Z"}]`}
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.events != "" && strings.HasSuffix(r.URL.Path, "/issues/128/events") {
					fmt.Fprintf(w, "[%s]", c.events)
					return
				}
				reviews.ServeHTTP(w, r)
			})
			bench.Gates(t, handler, map[string]string{"gates.review": c.state}, "mallory", "trent", "hunter2")
			deploy, _ := bench.Gated(t, handler)
			if note := deploy.Attributes["gates.review_note"]; !strings.Contains(note, c.note) {
				t.Errorf("%q, want %q", note, c.note)
			}
		})
	}
}
