package gitlab

import (
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
const token = "glpat-11hunter2000000000000"

var window, at = sourcetest.Morning(), sourcetest.At

// bench opens a GitLab over a server.
var bench = forgetest.Bench{
	Interpret: Interpret, Token: token,
	Open: func(t testing.TB, s forgetest.Setup) *forge.Source {
		t.Helper()
		c := Config{Entry: s.Entry(t, token)}
		s.Places(func(name string, p forge.Place) { c.Projects = append(c.Projects, Project{Project: name, Place: p}) })
		return forgetest.Opened(t, s, &c, func(maxBody int64) (*forge.Source, error) { return newSource(c, maxBody) })
	},
}

// fake is a mock of GitLab: no real one can be had in a test. It answers with the
// examples of GitLab's documentation (testdata/README.md).
type fake struct {
	t           testing.TB
	deployments []map[string]any // newest first
	mu          sync.Mutex
	asked       []string
}

// told is what a deployment of the fake says; an empty time is null.
type told struct {
	ref, sha, status           string
	created, started, finished string
	tag                        bool
	title                      string
}

// add makes a deployment newer than those before it.
func (f *fake) add(d told) map[string]any {
	object := forgetest.Example(f.t, "deployment.json")
	id := len(f.deployments) + 1
	object["id"], object["iid"], object["ref"], object["sha"], object["status"] = id, id, d.ref, d.sha, d.status
	last := d.created
	for _, clock := range []string{d.started, d.finished} {
		if clock != "" {
			last = clock
		}
	}
	object["created_at"], object["updated_at"] = written(d.created), written(last)
	people(object["user"])
	job := object["deployable"].(map[string]any)
	job["id"], job["ref"], job["tag"] = 600+id, d.ref, d.tag
	job["created_at"], job["started_at"], job["finished_at"] = written(d.created), written(d.started), written(d.finished)
	people(job["user"])
	commit := job["commit"].(map[string]any)
	commit["id"], commit["title"] = d.sha, d.title
	commit["author_email"], commit["author_name"] = "mallory@example.com", "Mallory Doe"
	f.deployments = append([]map[string]any{object}, f.deployments...)
	return object
}

func people(user any) {
	u := user.(map[string]any)
	u["username"], u["name"] = "mallory", "Mallory Doe"
}

func written(clock string) any {
	if clock == "" {
		return nil
	}
	return at(clock).Add(222 * time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.URL.String())
	f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+token {
		forgetest.Answer(w, http.StatusUnauthorized, map[string]any{"message": "401 Unauthorized"})
		return
	}
	switch r.URL.EscapedPath() {
	case "/api/v4/personal_access_tokens/self":
		forgetest.Answer(w, http.StatusOK, forgetest.Example(f.t, "token.json"))
	case "/api/v4/projects/acme%2Fshop/deployments":
		f.list(w, r)
	default:
		forgetest.Answer(w, http.StatusNotFound, map[string]any{"message": "404 Project Not Found"})
	}
}

// list answers as GitLab does: filtered by the environment and the time of the last
// change, which it wants to be the order too.
func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after, err1 := time.Parse(time.RFC3339, q.Get("updated_after"))
	before, err2 := time.Parse(time.RFC3339, q.Get("updated_before"))
	if err1 != nil || err2 != nil || q.Get("order_by") != "updated_at" || q.Get("sort") != "desc" {
		forgetest.Answer(w, http.StatusBadRequest, map[string]any{"message": "400 Bad request - `updated_at` filter requires `updated_at` sort"})
		return
	}
	meant := []map[string]any{}
	for _, d := range f.deployments {
		updated, _ := time.Parse(time.RFC3339, d["updated_at"].(string))
		name := d["environment"].(map[string]any)["name"]
		if e := q.Get("environment"); (e == "" || e == name) && updated.After(after) && updated.Before(before) {
			meant = append(meant, d)
		}
	}
	part, next := forgetest.Page(r, meant)
	if next > 0 {
		w.Header().Set("X-Next-Page", strconv.Itoa(next))
	}
	forgetest.Answer(w, http.StatusOK, part)
}

// story is a fake on which something happened.
func story(t testing.TB) *fake {
	f := &fake{t: t}
	f.add(told{ref: "v1.4.1", tag: true, sha: strings.Repeat("a1", 20), status: "success", created: "06:50:00", started: "07:00:05", finished: "07:01:00", title: "Release 1.4.1"})
	f.add(told{ref: "v1.4.2", tag: true, sha: strings.Repeat("b2", 20), status: "success", created: "09:08:00", started: "09:10:05", finished: "09:11:00", title: "Merge branch 'mallory/index' into 'main'"})
	f.add(told{ref: "main", sha: strings.Repeat("c3", 20), status: "failed", created: "09:20:00", started: "09:20:05", finished: "09:20:30", title: "Mallory Doe: password=hunter2 in UPDATE users SET name = 'hunter2'"})
	f.add(told{ref: "v1.4.1", tag: true, sha: strings.Repeat("a1", 20), status: "success", created: "09:30:00", started: "09:30:05", finished: "09:31:00", title: "Release 1.4.1"})
	f.add(told{ref: "main", sha: strings.Repeat("d4", 20), status: "created", created: "09:40:00", title: "a manual job that nobody clicked"})
	preview := f.add(told{ref: "pull/7", sha: strings.Repeat("e5", 20), status: "running", created: "09:50:00", started: "09:50:01", title: "preview"})
	preview["environment"].(map[string]any)["name"] = "preview"
	return f
}
