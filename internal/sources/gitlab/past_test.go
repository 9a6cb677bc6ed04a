package gitlab

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/internal/sources/forge/forgetest"
)

// pastFake is a mock of GitLab that also knows what a commit went through. Its answers
// have the fields of the examples in GitLab's documentation (docs.gitlab.com, REST API: Get
// a single commit, List merge requests associated with a commit, Get the approval state of
// a merge request, List project pipelines) that are read.
type pastFake struct {
	*fake
	refuse string // a part of the paths that are answered with 403
}

func (f pastFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const project = "/api/v4/projects/acme%2Fshop"
	sha := strings.Repeat("b2", 20)
	path := r.URL.EscapedPath()
	switch {
	case f.refuse != "" && strings.Contains(path, f.refuse):
		forgetest.Answer(w, http.StatusForbidden, map[string]any{"message": "403 Forbidden"})
	case path == project+"/repository/commits/"+sha:
		fmt.Fprintf(w, `{"id":%q,"title":"mallory: password=hunter2","author_name":"Mallory Doe","committer_email":"mallory@example.com","committed_date":"2024-07-11T10:00:00.000+02:00"}`, sha)
	case path == project+"/repository/commits/"+sha+"/merge_requests":
		fmt.Fprint(w, `[{"id":45,"iid":12,"state":"merged","title":"mallory's","created_at":"2024-07-11T08:10:00.000Z","merged_at":"2024-07-11T09:00:00.000Z","author":{"username":"mallory"}}]`)
	case path == project+"/merge_requests/12/approvals":
		fmt.Fprint(w, `{"id":45,"iid":12,"approved":true,"approvals_required":1,"approved_by":[{"user":{"id":1,"username":"mallory","name":"Mallory Doe"}}]}`)
	case path == project+"/pipelines" && r.URL.Query().Get("sha") == sha:
		fmt.Fprint(w, `[{"id":47,"status":"success","sha":"`+sha+`","created_at":"2024-07-12T08:55:00.000Z","updated_at":"2024-07-12T09:11:30.000Z"}]`)
	case path == project+"/pipelines", strings.HasSuffix(path, "/merge_requests"):
		fmt.Fprint(w, `[]`)
	case strings.Contains(path, "/repository/commits/"):
		fmt.Fprint(w, `{"id":"x"}`)
	default:
		f.fake.ServeHTTP(w, r)
	}
}

// TestGates: commit, merge request, approvals, pipelines and staging, by GitLab's answers.
func TestGates(t *testing.T) {
	f := pastFake{fake: story(t)}
	other := f.add(told{ref: "main", sha: strings.Repeat("c3", 20), status: "success", created: "08:50:00", started: "08:50:05", finished: "08:51:00"})
	other["environment"].(map[string]any)["name"] = "staging"
	bench.Gates(t, f, map[string]string{
		"commit_time": "2024-07-11T08:00:00.000Z", "pull_request": "12", "pull_request_merged": "2024-07-11T09:00:00.000Z",
		"gates.review": "passed", "gates.ci": "passed", "gates.staging": "",
	}, "mallory", "Mallory")
}

// TestGatesWithoutPermission: what the token may not read is a gap that says so.
func TestGatesWithoutPermission(t *testing.T) {
	for _, part := range []string{"/repository/commits/", "/approvals", "/pipelines"} {
		t.Run(part, func(t *testing.T) {
			_, found := bench.Gated(t, pastFake{story(t), part})
			if len(found.Gaps) == 0 || !strings.Contains(found.Gaps[0].Reason, "403") || !strings.Contains(found.Gaps[0].Reason, "before it was deployed") {
				t.Errorf("gaps %v", found.Gaps)
			}
		})
	}
}

// TestWithoutApprovals: until GitLab 17 an approval could be withdrawn after the merge, and no trace of
// it is told; so that a request has none now says something of the deploy only since then.
func TestWithoutApprovals(t *testing.T) {
	for version, want := range map[string]string{`{"version":"17.3.1-ee"}`: "skipped", `{"version":"18.0.0"}`: "skipped", `{"version":"16.11.2"}`: "", `{"version":"?"}`: "", `null`: "", "": ""} {
		t.Run(version, func(t *testing.T) {
			f := pastFake{fake: story(t)}
			bench.Gates(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch path := r.URL.EscapedPath(); {
				case strings.HasSuffix(path, "/merge_requests/12/approvals"):
					fmt.Fprint(w, `{"id":45,"iid":12,"approved":true,"approved_by":[]}`)
				case path == "/api/v4/version" && version == "":
					forgetest.Answer(w, http.StatusForbidden, map[string]any{"message": "403 Forbidden"})
				case path == "/api/v4/version":
					fmt.Fprint(w, version)
				default:
					f.ServeHTTP(w, r)
				}
			}), map[string]string{"gates.review": want})
		})
	}
}
