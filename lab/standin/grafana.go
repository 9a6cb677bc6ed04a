package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// The roles of service accounts.
const (
	Viewer = "viewer"
	Editor = "editor"
)

type object = map[string]any

// Grafana is the stand-in. The exported fields are set before it serves, or while
// no request is under way.
type Grafana struct {
	Version     string                    // what it says it is; default that of the recordings
	AppURL      string                    // where it says that people reach it, without a slash at the end
	Tokens      map[string]string         // the role of each token
	Sources     []Source                  // the first is the default one
	Restricted  bool                      // nobody may list data sources, as where permissions are given for each
	Dashboards  map[string]map[string]any // by UID
	Library     map[string]map[string]any // models of library panels, by UID
	Annotations []map[string]any
	Forget      bool // lose the values of every frame that is stored: a broken Grafana

	mu        sync.Mutex
	snapshots map[string]json.RawMessage // by key, the dashboard
	posted    []map[string]any           // bodies of created snapshots
	asked     []map[string]any           // queries put to data sources, with from and to
	requests  []string
	nextID    float64
}

// Import adds a dashboard as saved in a file.
func (g *Grafana) Import(text []byte) error {
	var model object
	if err := json.Unmarshal(text, &model); err != nil {
		return fmt.Errorf("importing a dashboard: %w", err)
	}
	uid, _ := model["uid"].(string)
	if uid == "" {
		return fmt.Errorf("importing a dashboard: it has no uid")
	}
	if g.Dashboards == nil {
		g.Dashboards = map[string]map[string]any{}
	}
	g.Dashboards[uid] = model
	return nil
}

// Posted are the bodies of the snapshots that were created, in order.
func (g *Grafana) Posted() []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.posted)
}

// Asked are the queries that were put to data sources, in order, each with the
// request's from and to.
func (g *Grafana) Asked() []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// Requests are the methods and paths of all requests, in order.
func (g *Grafana) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Count is how many requests had a method and a path with this beginning.
func (g *Grafana) Count(prefix string) (n int) {
	for _, r := range g.Requests() {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

// ServeHTTP answers like Grafana's HTTP API.
func (g *Grafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // nobody is there to be answered
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.mu.Lock()
	g.requests = append(g.requests, r.Method+" "+r.URL.Path)
	g.mu.Unlock()
	role, sent := g.Tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")], r.Header.Get("Authorization") != ""
	path := r.URL.Path
	switch {
	case path == "/api/health":
		g.health(w)
	case role == "" && !sent && r.Method == http.MethodGet && strings.HasPrefix(path, "/api/snapshots/"):
		g.snapshot(w, r, body) // whoever has the key may read it, but not with a wrong token
	case role == "":
		Replay(w, "01_err_bad_token_401")
	case path == "/api/frontend/settings":
		g.settings(w)
	case path == "/api/access-control/user/permissions":
		g.permissions(w, role)
	case strings.HasPrefix(path, "/api/dashboards/uid/"):
		g.dashboard(w, strings.TrimPrefix(path, "/api/dashboards/uid/"))
	case strings.HasPrefix(path, "/api/library-elements/"):
		g.libraryPanel(w, strings.TrimPrefix(path, "/api/library-elements/"))
	case path == "/api/datasources":
		g.listSources(w)
	case strings.HasPrefix(path, "/api/datasources/uid/"):
		g.resource(w, r, strings.TrimPrefix(path, "/api/datasources/uid/"))
	case path == "/api/ds/query":
		g.query(w, r, body)
	case strings.HasPrefix(path, "/api/annotations"):
		g.annotation(w, r, body, role)
	case strings.HasPrefix(path, "/api/snapshots"):
		g.snapshot(w, r, body)
	default:
		notFound(w)
	}
}

func notFound(w http.ResponseWriter) {
	Reply(w, http.StatusNotFound, object{"message": "Not found", "traceID": ""})
}

func (g *Grafana) health(w http.ResponseWriter) {
	version := g.Version
	if version == "" {
		version = "9.4.0-pre"
	}
	Reply(w, http.StatusOK, object{"commit": "8f3e923", "database": "ok", "version": version})
}

func (g *Grafana) permissions(w http.ResponseWriter, role string) {
	body := recordedBody("03_perms_" + role)
	if g.Restricted {
		delete(body, "datasources:read")
	}
	Reply(w, http.StatusOK, body)
}

// dashboard gives a dashboard with as much around it as clients read.
func (g *Grafana) dashboard(w http.ResponseWriter, uid string) {
	if d, ok := g.Dashboards[uid]; ok {
		Reply(w, http.StatusOK, object{"meta": object{"slug": uid, "folderId": 0}, "dashboard": d})
		return
	}
	Replay(w, "04_dashboard_get_404")
}

func (g *Grafana) libraryPanel(w http.ResponseWriter, uid string) {
	model, ok := g.Library[uid]
	body := recordedBody("04_library_element_get_viewer")
	result, _ := body["result"].(object)
	if !ok || result == nil {
		notFound(w)
		return
	}
	result["uid"], result["name"], result["model"] = uid, uid, model
	Reply(w, http.StatusOK, body)
}
