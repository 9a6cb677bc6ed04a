package github

import (
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/forge/forgetest"
	"collector/internal/sources/sourcetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestConformance(t *testing.T) {
	bench.Conformance(t, func(t testing.TB) http.Handler { return story(t) }, "mallory")
}

func TestGolden(t *testing.T) { bench.Golden(t, story(t), "https://github.example", *update) }

// TestPages: a list is read until all of a page is older than what interests.
func TestPages(t *testing.T) {
	f := &fake{t: t}
	for i := range 250 {
		f.add("08:00:00", "main", strings.Repeat("a1", 20))
		f.deployments[0]["created_at"] = at("09:30:00").AddDate(0, 0, i-250).Format(time.RFC3339) // one a day
		f.deployments[0]["updated_at"] = f.deployments[0]["created_at"]
	}
	f.add("09:10:00", "v1.4.2", strings.Repeat("b2", 20), step{"09:11:00", "success", ""})
	found := bench.Ask(t, f, window)
	if len(found.Events) != 1 || len(found.Gaps) != 0 {
		t.Errorf("events %+v, gaps %+v", found.Events, found.Gaps)
	}
	if n := strings.Count(strings.Join(f.asked, "\n"), "/deployments?"); n != 2 {
		t.Errorf("%d pages: %v", n, f.asked)
	}
	if !strings.Contains(f.asked[0], "environment=production") || !strings.Contains(f.asked[0], "per_page=100") {
		t.Errorf("asked %s", f.asked[0])
	}
}

// refusal is a row of TestRefusals.
type refusal forgetest.Refusal

// TestRefusals: what GitHub says no with, as its documentation has it, is a gap that says
// what to do; where a limit is used up nothing more is asked.
func TestRefusals(t *testing.T) {
	const docs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	limit := map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1720779000"}
	for _, tt := range []refusal{
		{"the limit, 403", 403, limit, map[string]any{"message": "API rate limit exceeded for user ID 1."}, "GitHub's limit of 5000 requests an hour is used up, until 2024-07-12T10:10:00Z", 1},
		{"the limit, 429", 429, limit, map[string]any{"message": "API rate limit exceeded for user ID 1."}, "GitHub's limit of 5000 requests an hour is used up, until 2024-07-12T10:10:00Z", 1},
		{"the secondary limit", 403, map[string]string{"Retry-After": "60", "Date": "Fri, 12 Jul 2024 10:00:00 GMT"}, map[string]any{"message": "You have exceeded a secondary rate limit.", "documentation_url": docs},
			"GitHub's secondary limit is reached: it was asked too much at once, until 2024-07-12T10:01:00Z", 1},
		{"the secondary limit without a time", 403, nil, map[string]any{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
			"GitHub's secondary limit is reached: it was asked too much at once, it does not say until when", 1},
		{"a bad token", 401, nil, map[string]any{"message": "Bad credentials"}, "GitHub refuses the token (401): Bad credentials: is it wrong, revoked or expired?", 1},
		{"a permission is missing", 403, map[string]string{"X-Accepted-GitHub-Permissions": "deployments=read"}, map[string]any{"message": "Resource not accessible by personal access token"},
			"the token may not read the deployments of acme/shop (403): Resource not accessible by personal access token: it needs Deployments: read (GitHub asks for deployments=read)", 2},
		{"single sign-on", 403, map[string]string{"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=secret"}, map[string]any{"message": "Resource protected by organization SAML enforcement."},
			"the organization wants single sign-on for the token (403)", 2},
		{"not there", 404, nil, map[string]any{"message": "Not Found"}, "acme/shop is not there, or the token may not see it (404): it needs repository access to it and Deployments: read", 2},
		{"something else", 451, nil, map[string]any{"message": "Repository access blocked"}, "GitHub answers with HTTP status 451: Repository access blocked", 2},
	} {
		t.Run(tt.Name, func(t *testing.T) { bench.Refused(t, forgetest.Refusal(tt)) })
	}
}

// TestRedirects: a renamed repository is followed, another host is not asked.
func TestRedirects(t *testing.T) {
	f := story(t)
	moved := func(to string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if rest, old := strings.CutPrefix(r.URL.Path, "/api/v3/repos/acme/shop"); old && r.URL.Query().Get("moved") == "" {
				q := r.URL.Query()
				q.Set("moved", "yes")
				http.Redirect(w, r, to+"/api/v3/repos/acme/shop"+rest+"?"+q.Encode(), http.StatusMovedPermanently)
				return
			}
			f.ServeHTTP(w, r)
		})
	}
	if found := bench.Ask(t, moved(""), window); len(found.Events) != 3 || len(found.Gaps) != 0 {
		t.Errorf("%+v", found)
	}
	elsewhere := 0
	other := sourcetest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	found := bench.Ask(t, moved(other), window)
	if elsewhere != 0 || len(found.Gaps) != 1 || !strings.HasSuffix(found.Gaps[0].Reason, "it redirects to another host, which is not asked: is url right?") {
		t.Errorf("asked %d times, %+v", elsewhere, found.Gaps)
	}
}

// TestCheck: the token's expiry, its scopes, what is left.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, want string
		head       map[string]string
		tokenEnv   string
	}{
		{"all is well", "ok URL/api/v3: 4999 of 5000 requests left until 2023-08-09T14:29:23Z", nil, ""},
		{"it expires", "degraded the token expires at 2024-07-20T00:00:00Z", map[string]string{"GitHub-Authentication-Token-Expiration": "2024-07-20 00:00:00 UTC"}, ""},
		{"a classic token that sees too little", "degraded the classic token has neither the scope repo_deployment nor repo: it sees public repositories only", map[string]string{"X-OAuth-Scopes": "gist, read:org"}, ""},
		{"a wrong token", "failed URL/api/v3 cannot be asked: GitHub refuses the token (401): Bad credentials: is it wrong, revoked or expired?", nil, "COLLECTOR_TEST_WRONG_TOKEN"},
	}
	t.Setenv("COLLECTOR_TEST_WRONG_TOKEN", "wrong-token")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := story(t)
			url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", "Fri, 12 Jul 2024 10:00:00 GMT")
				for name, value := range tt.head {
					w.Header().Set(name, value)
				}
				f.ServeHTTP(w, r)
			}))
			bench.Checked(t, forgetest.Setup{URL: url, TokenEnv: tt.tokenEnv}, tt.want)
		})
	}
}

func TestAPIOf(t *testing.T) {
	for from, want := range map[string]string{
		"https://github.com":                 "https://api.github.com",
		"https://www.github.com/":            "https://api.github.com",
		"https://api.github.com":             "https://api.github.com",
		"https://github.example":             "https://github.example/api/v3",
		"https://github.example/":            "https://github.example/api/v3",
		"https://github.example/api/v3/":     "https://github.example/api/v3",
		"https://acme.ghe.com":               "https://api.acme.ghe.com",
		"https://api.acme.ghe.com":           "https://api.acme.ghe.com",
		"http://bot:secret@127.0.0.1:8080/x": "http://bot:secret@127.0.0.1:8080/x/api/v3",
		"github.com":                         "github.com",
	} {
		if got := apiOf(from); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}
