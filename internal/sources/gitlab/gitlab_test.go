package gitlab

import (
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/forge"
	"collector/internal/sources/forge/forgetest"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestConformance(t *testing.T) {
	bench.Conformance(t, func(t testing.TB) http.Handler { return story(t) }, "mallory", "Mallory")
}

func TestGolden(t *testing.T) { bench.Golden(t, story(t), "https://gitlab.example", *update) }

// TestPages: a list is read to its end.
func TestPages(t *testing.T) {
	f := &fake{t: t}
	for range 230 {
		f.add(told{ref: "main", sha: strings.Repeat("a1", 20), status: "success", created: "09:10:00", started: "09:10:01", finished: "09:10:02"})
	}
	found := bench.Ask(t, f, window)
	if len(found.Events) != 230 || len(found.Gaps) != 0 {
		t.Errorf("%d events, gaps %+v", len(found.Events), found.Gaps)
	}
	if len(f.asked) != 3 || !strings.Contains(f.asked[0], "environment=production") || !strings.Contains(f.asked[0], "per_page=100") {
		t.Errorf("asked %v", f.asked)
	}
}

// refusal is a row of TestRefusals.
type refusal forgetest.Refusal

// TestRefusals: what GitLab says no with is a gap that says what to do; where a limit is
// used up nothing more is asked.
func TestRefusals(t *testing.T) {
	for _, tt := range []refusal{
		{"the limit", 429, map[string]string{"RateLimit-Limit": "60", "RateLimit-Remaining": "0", "RateLimit-Reset": "1720779000", "Retry-After": "30"}, nil, "GitLab's limit of requests is used up, until 2024-07-12T10:10:00Z", 1},
		{"the limit, as a duration", 429, map[string]string{"RateLimit-Remaining": "0", "Retry-After": "30", "Date": "Fri, 12 Jul 2024 10:00:00 GMT"}, nil, "GitLab's limit of requests is used up, until 2024-07-12T10:00:30Z", 1},
		{"a bad token", 401, nil, map[string]any{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."},
			"GitLab refuses the token (401): {error: invalid_token}, {error_description: Token was revoked. You have to re-authorize from the user.}: is it wrong, revoked or expired?", 1},
		{"a scope is missing", 403, nil, map[string]any{"error": "insufficient_scope", "scope": "api read_api"},
			"the token may not read the deployments of acme/shop (403): {error: insufficient_scope}, {scope: api read_api}: it needs the scope read_api and the role Reporter", 2},
		{"not there", 404, nil, map[string]any{"message": "404 Project Not Found"}, "acme/shop is not there, or the token may not see it (404): it needs the scope read_api and the role Reporter in it", 2},
		{"something else", 418, nil, map[string]any{"message": "a teapot"}, "GitLab answers with HTTP status 418: {message: a teapot}", 2},
	} {
		t.Run(tt.Name, func(t *testing.T) { bench.Refused(t, forgetest.Refusal(tt)) })
	}
}

// TestCheck: the token's scopes and expiry.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, want string
		status     int
		token      map[string]any
	}{
		{"all is well", "ok URL: the token's scopes: read_api; requests left this minute: 1998", 200, nil},
		{"it may write", "degraded the token has the scope api, and may write: read_api is enough", 200, map[string]any{"scopes": []string{"api"}}},
		{"it may not read", "degraded the token has not the scope read_api", 200, map[string]any{"scopes": []string{"read_user"}}},
		{"it is revoked", "degraded the token is revoked or expired", 200, map[string]any{"revoked": true}},
		{"it expires", "degraded the token expires on 2024-07-20", 200, map[string]any{"expires_at": "2024-07-20"}},
		{"an old GitLab", "ok URL: it does not say what the token may do", 404, nil},
		{"a wrong token", "failed URL cannot be asked: GitLab refuses the token (401): is it wrong, revoked or expired?", 401, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := story(t)
			url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/self") {
					f.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Date", "Fri, 12 Jul 2024 10:00:00 GMT")
				w.Header().Set("RateLimit-Remaining", "1998")
				if tt.status != 200 {
					w.WriteHeader(tt.status)
					return
				}
				object := forgetest.Example(t, "token.json")
				for key, value := range tt.token {
					object[key] = value
				}
				forgetest.Answer(w, 200, object)
			}))
			bench.Checked(t, forgetest.Setup{URL: url}, tt.want)
		})
	}
}

// TestPathPrefix: a GitLab below a path, and a project in a subgroup.
func TestPathPrefix(t *testing.T) {
	var asked string
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.EscapedPath()
		forgetest.Answer(w, 200, []any{})
	}))
	source := bench.Open(t, forgetest.Setup{URL: url + "/forge/", Repository: "acme/web/shop"})
	sourcetest.Ask(t, source, Interpret, sourcetest.Request(window))
	if asked != "/forge/api/v4/projects/acme%2Fweb%2Fshop/deployments" {
		t.Errorf("asked %s", asked)
	}
}

func TestCourse(t *testing.T) {
	started, finished, updated := at("09:00:05"), at("09:01:00"), at("09:02:00")
	tests := []struct {
		name string
		d    forge.Deployment
		want forge.Course
	}{
		{"success", forge.Deployment{Status: "success", StartedAt: &started, FinishedAt: &finished}, forge.Course{Started: true, Start: started, End: finished, Outcome: forge.Finished}},
		{"failed", forge.Deployment{Status: "failed", StartedAt: &started, FinishedAt: &finished}, forge.Course{Started: true, Start: started, End: finished, Outcome: forge.Failed}},
		{"cancelled", forge.Deployment{Status: "canceled", StartedAt: &started, FinishedAt: &finished}, forge.Course{Started: true, Start: started, End: finished, Outcome: forge.Cancelled}},
		{"cancelled before it began", forge.Deployment{Status: "canceled", FinishedAt: &finished}, forge.Course{Started: true, Waits: true, Start: at("09:00:00"), End: finished, Outcome: forge.Cancelled}},
		{"running", forge.Deployment{Status: "running", StartedAt: &started}, forge.Course{Started: true, Start: started, Outcome: forge.Unfinished}},
		{"manual", forge.Deployment{Status: "created"}, forge.Course{Started: true, Waits: true, Start: at("09:00:00"), Outcome: forge.Unfinished}},
		{"waits for an approval", forge.Deployment{Status: "blocked"}, forge.Course{Started: true, Waits: true, Start: at("09:00:00"), Outcome: forge.Unfinished}},
		{"skipped", forge.Deployment{Status: "skipped"}, forge.Course{Started: true, Waits: true, Start: at("09:00:00"), Outcome: forge.Unfinished}},
		{"without a job", forge.Deployment{Status: "success", UpdatedAt: &updated}, forge.Course{Started: true, Start: at("09:00:00"), End: updated, Outcome: forge.Finished}},
		{"without any time", forge.Deployment{Status: "failed"}, forge.Course{Started: true, Start: at("09:00:00"), End: at("09:00:00"), Outcome: forge.Failed}},
		{"an unknown word", forge.Deployment{Status: "other"}, forge.Course{Started: true, Start: at("09:00:00"), Outcome: forge.Unfinished}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.d.CreatedAt = at("09:00:00")
			if got := course(tt.d); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestDocumentedExample: the example of the documentation as it stands, with a job that
// finished before its deployment was written.
func TestDocumentedExample(t *testing.T) {
	old := timeline.Window{From: time.Date(2016, 8, 11, 7, 0, 0, 0, time.UTC), To: time.Date(2016, 8, 11, 8, 0, 0, 0, time.UTC)}
	f := &fake{t: t}
	d := forgetest.Example(t, "deployment.json")
	d["status"] = "success" // it says created, which is no end
	f.deployments = []map[string]any{d}
	found := bench.Ask(t, f, old)
	if len(found.Events) != 1 || found.Events[0].Summary != "deploy of checkout 99d0367 to production finished after less than 1 s" ||
		found.Events[0].Attributes["time_note"] == "" || strings.Contains(found.Events[0].Attributes["message"], "Administrator") {
		t.Errorf("%+v", found)
	}
}
