package github

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestConformance(t *testing.T) {
	const maxBody = 1 << 20
	over := func(t *testing.T, url string) sources.Source { return open(t, configOf(t, url), maxBody) }
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(t *testing.T) sources.Source { return over(t, sourcetest.Serve(t, story(t))) },
		Interpret: Interpret, Window: window,
		Idle:    timeline.Window{From: at("11:00:00"), To: at("12:00:00")},
		Secrets: []string{token, "hunter2", "mallory"},
		HTTP:    &sourcetest.HTTP{New: over, Handler: story(t), MaxBody: maxBody},
	})
}

// TestGolden shows what GitHub's answers become: the records, and what they say. A change
// of either is a change of every draft that is derived again.
func TestGolden(t *testing.T) {
	c := configOf(t, sourcetest.Serve(t, story(t)))
	source := open(t, c, forge.MaxBody)
	records, err := source.Gather(t.Context(), request(window))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Interpret(window, records)
	if err != nil {
		t.Fatal(err)
	}
	// The mock's port is another each time.
	got := bytes.ReplaceAll(document(t, records, found), []byte(c.URL), []byte("https://github.example"))
	name := filepath.Join("testdata", "golden.json")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (write it anew with -update):\n%s", name, got)
	}
}

// document leaves out what depends on the mock's port: IDs.
func document(t *testing.T, records []timeline.Evidence, f timeline.Findings) []byte {
	t.Helper()
	type record struct {
		Target, Query, URL string
		Body               json.RawMessage
	}
	var bodies []record
	for _, e := range records {
		bodies = append(bodies, record{e.Target, e.Query, e.URL, json.RawMessage(e.Body)})
	}
	for i := range f.Events {
		f.Events[i].Evidence = nil
	}
	for i := range f.Checks {
		f.Checks[i].Evidence = nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"records": bodies, "events": f.Events, "gaps": f.Gaps, "checks": f.Checks}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestPages: a list is read until all of a page is older than what interests.
func TestPages(t *testing.T) {
	f := &fake{t: t}
	for i := range 250 {
		f.add("08:00:00", "main", strings.Repeat("a1", 20))
		f.deployments[0]["created_at"] = at("09:30:00").AddDate(0, 0, i-250).Format(time.RFC3339) // one a day
		f.deployments[0]["updated_at"] = f.deployments[0]["created_at"]
	}
	f.add("09:10:00", "v1.4.2", strings.Repeat("b2", 20), step{"09:11:00", "success", ""})
	found := ask(t, f, window)
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

// TestRefusals: what GitHub says no with, as its documentation has it, is a gap that says
// what to do; where a limit is used up nothing more is asked.
func TestRefusals(t *testing.T) {
	const docs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	limit := map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1720779000"}
	tests := []struct {
		name   string
		status int
		head   map[string]string
		body   map[string]any
		want   string
		asked  int
	}{
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
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				for name, value := range tt.head {
					w.Header().Set(name, value)
				}
				answer(w, tt.status, tt.body)
			}))
			c := configOf(t, url)
			c.Repositories = append(c.Repositories, Repository{Repo: "acme/billing"})
			records, err := open(t, c, forge.MaxBody).Gather(t.Context(), request(window))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Interpret(window, records)
			if err != nil || len(found.Gaps) != 2 || len(found.Checks) != 0 {
				t.Fatalf("%v, %+v", err, found)
			}
			want := "deployments of checkout to production could not be listed: " + tt.want
			if got := found.Gaps[1].Reason; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if len(asked) != tt.asked {
				t.Errorf("asked %v", asked)
			}
		})
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
	if found := ask(t, moved(""), window); len(found.Events) != 3 || len(found.Gaps) != 0 {
		t.Errorf("%+v", found)
	}
	elsewhere := 0
	other := sourcetest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	found := ask(t, moved(other), window)
	if elsewhere != 0 || len(found.Gaps) != 1 || !strings.HasSuffix(found.Gaps[0].Reason, "it redirects to another host, which is not asked: is url right?") {
		t.Errorf("asked %d times, %+v", elsewhere, found.Gaps)
	}
}

// TestCheck: the token's expiry, its scopes, what is left.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, want string
		head       map[string]string
		spoil      func(c *Config)
	}{
		{"all is well", "ok URL/api/v3: 4999 of 5000 requests left until 2023-08-09T14:29:23Z", nil, nil},
		{"it expires", "degraded the token expires at 2024-07-20T00:00:00Z", map[string]string{"GitHub-Authentication-Token-Expiration": "2024-07-20 00:00:00 UTC"}, nil},
		{"a classic token that sees too little", "degraded the classic token has neither the scope repo_deployment nor repo: it sees public repositories only", map[string]string{"X-OAuth-Scopes": "gist, read:org"}, nil},
		{"a wrong token", "failed URL/api/v3 cannot be asked: GitHub refuses the token (401): Bad credentials: is it wrong, revoked or expired?", nil, func(c *Config) { c.TokenFile, c.TokenEnv = "", "COLLECTOR_TEST_WRONG_TOKEN" }},
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
			c := configOf(t, url)
			if tt.spoil != nil {
				tt.spoil(&c)
			}
			var lines []string
			for _, d := range open(t, c, forge.MaxBody).Check(t.Context()) {
				lines = append(lines, d.Level.String()+" "+strings.ReplaceAll(d.Text, url, "URL"))
			}
			if text := strings.Join(lines, "\n"); !strings.Contains(text+"\n", tt.want+"\n") {
				t.Errorf("got\n%s\nwant\n%s", text, tt.want)
			}
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
