package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/internal/sources/forge/forgetest"
)

// pastFake is a mock of GitHub that also knows what a commit went through. Its answers
// have the fields of the examples in GitHub's documentation (docs.github.com, REST API: Get
// a commit object, List pull requests associated with a commit, List reviews for a pull
// request, List check runs for a Git reference) that are read.
type pastFake struct {
	*fake
	refuse string // a part of the paths that are answered with 403
}

func (f pastFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const repo = "/api/v3/repos/acme/shop"
	sha := strings.Repeat("b2", 20)
	path := r.URL.Path
	switch {
	case f.refuse != "" && strings.Contains(path, f.refuse):
		forgetest.Answer(w, http.StatusForbidden, map[string]any{"message": "Resource not accessible by personal access token", "documentation_url": "https://docs.github.com/rest", "status": "403"})
	case path == repo+"/git/commits/"+sha:
		fmt.Fprintf(w, `{"sha":%q,"author":{"date":"2024-07-11T07:00:00Z","name":"Mallory Doe","email":"mallory@example.com"},"committer":{"date":"2024-07-11T08:00:00Z","name":"Mallory Doe","email":"mallory@example.com"},"message":"mallory: password=hunter2"}`, sha)
	case path == repo+"/commits/"+sha+"/pulls":
		fmt.Fprint(w, `[{"number":131,"state":"open","created_at":"2024-07-11T12:00:00Z","merged_at":null,"user":{"login":"mallory"}},
			{"number":128,"state":"closed","title":"mallory's","created_at":"2024-07-11T08:10:00Z","merged_at":"2024-07-11T09:00:00Z","user":{"login":"mallory"}}]`)
	case path == repo+"/pulls/128/reviews":
		fmt.Fprint(w, `[{"id":80,"user":{"login":"mallory"},"body":"hunter2","state":"APPROVED","submitted_at":"2024-07-11T08:30:00Z"},
			{"id":81,"user":{"login":"mallory"},"state":"COMMENTED","submitted_at":"2024-07-11T08:40:00Z"}]`)
	case path == repo+"/commits/"+sha+"/check-runs":
		fmt.Fprint(w, `{"total_count":2,"check_runs":[{"id":4,"status":"completed","conclusion":"success","started_at":"2024-07-11T08:11:00Z","completed_at":"2024-07-11T08:20:00Z","name":"mallory's check"},
			{"id":5,"status":"in_progress","conclusion":null,"started_at":"2024-07-12T09:10:05Z","completed_at":null,"name":"deploy"}]}`)
	case strings.Contains(path, "/git/commits/"), strings.HasSuffix(path, "/check-runs"):
		forgetest.Answer(w, http.StatusOK, map[string]any{"sha": "x", "total_count": 0})
	case strings.HasSuffix(path, "/pulls"):
		fmt.Fprint(w, `[]`)
	default:
		f.fake.ServeHTTP(w, r)
	}
}

// TestGates: commit, pull request, reviews, check runs and staging, by GitHub's answers.
func TestGates(t *testing.T) {
	f := pastFake{fake: story(t)}
	staged := f.add("08:50:00", "v1.4.2", strings.Repeat("b2", 20), step{"08:51:00", "success", ""})
	staged["environment"] = "staging"
	bench.Gates(t, f, map[string]string{
		"commit_time": "2024-07-11T08:00:00.000Z", "pull_request": "128", "pull_request_created": "2024-07-11T08:10:00.000Z", "pull_request_merged": "2024-07-11T09:00:00.000Z",
		"gates.review": "passed 2024-07-11T08:30:00.000Z", "gates.ci": "passed 2024-07-11T08:20:00.000Z", "gates.staging": "passed 2024-07-12T08:51:00.000Z",
	}, "mallory", "Mallory", "hunter2")
}

// TestGatesWithoutPermission: what the token may not read is a gap that says what it needs.
func TestGatesWithoutPermission(t *testing.T) {
	for part, needs := range map[string]string{"/git/commits/": "Contents: read", "/pulls": "Pull requests: read", "/check-runs": "Checks: read"} {
		t.Run(needs, func(t *testing.T) {
			_, found := bench.Gated(t, pastFake{story(t), part})
			if len(found.Gaps) == 0 || !strings.Contains(found.Gaps[0].Reason, needs) || !strings.Contains(found.Gaps[0].Reason, "403") {
				t.Errorf("gaps %v", found.Gaps)
			}
		})
	}
}

// TestGatesGarbage: an answer that is none is a gap, never a panic or a gate.
func TestGatesGarbage(t *testing.T) {
	for _, body := range []string{``, `null`, `[null]`, `{"check_runs":[null]}`, `<html>login</html>`, `[{"number":-1}]`, `{"sha":"x","committer":{"date":"yesterday"}}`} {
		t.Run(body, func(t *testing.T) {
			f := story(t)
			garbage := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/commits/") {
					fmt.Fprint(w, body)
					return
				}
				f.ServeHTTP(w, r)
			})
			_, found := bench.Gated(t, garbage)
			for _, e := range found.Events {
				if strings.HasPrefix(e.Attributes["gates.review"], "passed") || e.Attributes["gates.ci"] != "" || e.Attributes["commit_time"] != "" {
					t.Errorf("%s: %v", body, e.Attributes)
				}
			}
		})
	}
}
