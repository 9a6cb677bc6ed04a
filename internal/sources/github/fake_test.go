package github

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources/forge"
	"collector/internal/sources/forge/forgetest"
	"collector/internal/sources/sourcetest"
)

// token is what the fake wants to see; it must be seen nowhere else.
const token = "github_pat_11hunter2000000000000"

var window, at = sourcetest.Morning(), sourcetest.At

// bench opens a GitHub over a server.
var bench = forgetest.Bench{
	Interpret: Interpret, Token: token,
	Open: func(t testing.TB, s forgetest.Setup) *forge.Source {
		t.Helper()
		c := Config{Entry: s.Entry(t, token)}
		s.Places(func(name string, p forge.Place) {
			c.Repositories = append(c.Repositories, Repository{Repo: name, Place: p})
		})
		return forgetest.Opened(t, s, &c, func(maxBody int64) (*forge.Source, error) { return newSource(c, maxBody) })
	},
}

// fake is a mock of GitHub: no real one can be had in a test. It answers with the
// examples of GitHub's documentation (testdata/README.md).
type fake struct {
	t           testing.TB
	deployments []map[string]any // newest first
	statuses    map[string][]map[string]any
	mu          sync.Mutex
	asked       []string
}

// step is a status of a deployment.
type step struct{ clock, state, description string }

// add makes a deployment newer than those before it.
func (f *fake) add(clock, ref, sha string, steps ...step) map[string]any {
	d := forgetest.Example(f.t, "deployment.json")
	id := len(f.deployments) + 1
	d["id"], d["ref"], d["sha"] = id, ref, sha
	d["created_at"], d["updated_at"] = stamp(clock), stamp(clock)
	d["creator"].(map[string]any)["login"] = "mallory"
	var list []map[string]any
	for i, s := range steps {
		status := forgetest.Example(f.t, "status.json")
		status["id"], status["state"], status["description"], status["created_at"] = i+1, s.state, s.description, stamp(s.clock)
		link := fmt.Sprintf("https://github.com/acme/shop/actions/runs/%d/job/%d", id, i+1)
		status["log_url"], status["target_url"] = link, link
		status["creator"].(map[string]any)["login"] = "mallory"
		list = append([]map[string]any{status}, list...) // newest first
		d["updated_at"] = stamp(s.clock)
	}
	if f.statuses == nil {
		f.statuses = map[string][]map[string]any{}
	}
	f.statuses[strconv.Itoa(id)] = list
	f.deployments = append([]map[string]any{d}, f.deployments...)
	return d
}

func stamp(clock string) string { return at(clock).Format(time.RFC3339) }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.URL.String())
	f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+token {
		forgetest.Answer(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
		return
	}
	const base = "/api/v3/repos/acme/shop/deployments"
	path, statuses := strings.CutSuffix(r.URL.Path, "/statuses")
	switch {
	case r.URL.Path == "/api/v3/rate_limit":
		forgetest.Answer(w, http.StatusOK, forgetest.Example(f.t, "rate_limit.json"))
	case r.URL.Path == base:
		var meant []map[string]any
		for _, d := range f.deployments {
			if e := r.URL.Query().Get("environment"); e == "" || e == d["environment"] {
				meant = append(meant, d)
			}
		}
		f.page(w, r, meant)
	case statuses && strings.HasPrefix(path, base+"/"):
		f.page(w, r, f.statuses[strings.TrimPrefix(path, base+"/")])
	default:
		forgetest.Answer(w, http.StatusNotFound, map[string]any{"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})
	}
}

// page answers with a part of a list, and links to the next.
func (f *fake) page(w http.ResponseWriter, r *http.Request, list []map[string]any) {
	q := r.URL.Query()
	part, next := forgetest.Page(r, list)
	if next > 0 {
		q.Set("page", strconv.Itoa(next))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, q.Encode()))
	}
	forgetest.Answer(w, http.StatusOK, part)
}

// story is a fake on which something happened.
func story(t testing.TB) *fake {
	f := &fake{t: t}
	f.add("07:00:00", "v1.4.1", strings.Repeat("a1", 20), step{"07:00:05", "in_progress", ""}, step{"07:01:00", "success", ""}, step{"09:11:00", "inactive", ""})
	f.add("09:10:00", "v1.4.2", strings.Repeat("b2", 20), step{"09:10:00", "queued", ""}, step{"09:10:05", "in_progress", ""}, step{"09:11:00", "success", "Deployment finished successfully."}, step{"09:31:00", "inactive", ""})
	f.add("09:20:00", "mallory/hotfix", strings.Repeat("c3", 20), step{"09:20:05", "in_progress", ""}, step{"09:20:30", "failure", "mallory saw password=hunter2 in UPDATE users SET name = 'hunter2'"})
	f.add("09:30:00", "v1.4.1", strings.Repeat("a1", 20), step{"09:30:05", "in_progress", ""}, step{"09:31:00", "success", ""})
	f.add("09:40:00", "v1.4.3", strings.Repeat("d4", 20), step{"09:40:00", "waiting", ""})
	preview := f.add("09:50:00", "pull/7", strings.Repeat("e5", 20))
	preview["environment"] = "preview"
	return f
}
