package grafana

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/timeline"
)

// The tokens of the fake.
const (
	viewerToken = "glsa_viewer_token_c0ffee"
	editorToken = "glsa_editor_token_c0ffee"
)

// fakeGrafana is a FAKE, not Grafana: no real one can be had where the tests run.
// It is built from exchanges with a real Grafana 9.4 (testdata) and gives their
// answers; what it stores it stores as that one did.
type fakeGrafana struct {
	t       testing.TB
	version string
	known   map[string]recording

	mu          sync.Mutex
	dashboards  map[string]object
	annotations []map[string]any
	snapshots   map[string]json.RawMessage // by key, the dashboard
	posted      []map[string]any           // bodies of created snapshots
	asked       []map[string]any           // queries put to data sources
	requests    []string
	forget      bool            // lose the frames of what is stored
	broken      map[string]bool // expressions that fail
	nextID      float64
}

func newFake(t testing.TB) *fakeGrafana {
	t.Helper()
	f := &fakeGrafana{t: t, version: "9.4.0-pre", known: map[string]recording{}, dashboards: map[string]object{}, snapshots: map[string]json.RawMessage{}, broken: map[string]bool{}, nextID: 100}
	for _, name := range []string{
		"01_err_bad_token_401", "03_perms_editor", "03_perms_viewer", "04_dashboard_get_404", "04_library_element_get_viewer", "05_variable_values_resources",
		"06_dsquery_ds_missing", "06_dsquery_expression_mix", "06_dsquery_nan_inf_entities", "06_dsquery_prometheus_down", "06_dsquery_stat_instant",
		"06_dsquery_table_instant", "06_dsquery_timeseries", "06p_dsquery_two_refids_one_bad_400", "07_annotation_create_by_viewer_org_403",
		"09_annotation_put", "09_annotation_delete", "10_snapshot_create_dup_key_500", "11_snapshot_get_404", "02_datasource_get_by_uid",
	} {
		f.known[name] = recorded(t, name)
	}
	f.annotations = decoded[[]map[string]any](t, recorded(t, "08_annotations_get_range_all").Response.Body)
	f.dashboards["snapdemo"] = recordedDashboard(t, "04_dashboard_get_by_uid_viewer")
	f.dashboards["libdash"] = recordedDashboard(t, "04_dashboard_get_with_library_panel")
	return f
}

// replay gives a recorded answer.
func (f *fakeGrafana) replay(w http.ResponseWriter, name string) {
	r := f.known[name].Response
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// ServeHTTP answers like Grafana's HTTP API.
func (f *fakeGrafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	path := r.URL.Path
	switch {
	case path == "/api/health":
		reply(w, 200, object{"commit": "8f3e923", "database": "ok", "version": f.version})
	case token != viewerToken && token != editorToken:
		f.replay(w, "01_err_bad_token_401")
	case path == "/api/frontend/settings": // not recorded: read in Grafana's source
		reply(w, 200, object{"appUrl": "http://grafana.example/", "buildInfo": object{}})
	case path == "/api/access-control/user/permissions":
		f.replay(w, map[string]string{viewerToken: "03_perms_viewer", editorToken: "03_perms_editor"}[token])
	case path == "/api/datasources":
		reply(w, 200, []json.RawMessage{f.known["02_datasource_get_by_uid"].Response.Body})
	case strings.HasPrefix(path, "/api/dashboards/uid/"):
		f.dashboard(w, strings.TrimPrefix(path, "/api/dashboards/uid/"))
	case path == "/api/library-elements/libup":
		f.replay(w, "04_library_element_get_viewer")
	case path == "/api/datasources/uid/prom-uid/resources/api/v1/label/job/values":
		f.replay(w, "05_variable_values_resources")
	case path == "/api/ds/query":
		f.query(w, body)
	case strings.HasPrefix(path, "/api/annotations"):
		f.annotation(w, r, body, token)
	case strings.HasPrefix(path, "/api/snapshots"):
		f.snapshot(w, r, body)
	default:
		reply(w, 404, object{"message": "Not found", "traceID": ""})
	}
}

func (f *fakeGrafana) dashboard(w http.ResponseWriter, uid string) {
	if d, ok := f.dashboards[uid]; ok {
		reply(w, 200, object{"meta": object{"slug": uid, "folderId": 0}, "dashboard": d})
		return
	}
	f.replay(w, "04_dashboard_get_404")
}

var digits = regexp.MustCompile(`^\d{13}$`)

// query answers like /api/ds/query, from the recorded frames.
func (f *fakeGrafana) query(w http.ResponseWriter, body []byte) {
	var in struct {
		Queries  []map[string]any
		From, To any
	}
	if json.Unmarshal(body, &in) != nil {
		reply(w, 400, object{"message": "bad request data"})
		return
	}
	from, _ := in.From.(string)
	to, _ := in.To.(string)
	results, status := object{}, 200
	for _, q := range in.Queries {
		q["from"], q["to"] = from, to
		f.asked = append(f.asked, q)
		refID := text(q, "refId")
		switch uid := text(child(q, "datasource"), "uid"); {
		case uid == "down":
			f.replay(w, "06_dsquery_prometheus_down")
			return
		case uid != "prom-uid" && uid != "__expr__":
			f.replay(w, "06_dsquery_ds_missing")
			return
		case f.broken[text(q, "expr")] || text(q, "expr") == "sum(":
			results[refID], status = f.result("06p_dsquery_two_refids_one_bad_400", "B", refID), 400
		case !digits.MatchString(from) || !digits.MatchString(to):
			results[refID] = object{"status": 200, "frames": []any{}}
		default:
			results[refID] = f.frames(text(q, "expr"), uid, refID)
		}
	}
	reply(w, status, object{"results": results})
}

// frames are the recorded answers by expression. A variable that nobody filled in
// is a regular expression that matches nothing, and no error.
func (f *fakeGrafana) frames(expr, uid, refID string) any {
	switch {
	case uid == "__expr__":
		return f.result("06_dsquery_expression_mix", "C", refID)
	case strings.Contains(expr, "$job"), strings.Contains(expr, "nosuchmetric"):
		return object{"status": 200, "frames": []any{}}
	case strings.HasPrefix(expr, "vector(0)/0"):
		return f.result("06_dsquery_nan_inf_entities", "A", refID)
	case strings.HasPrefix(expr, "topk("):
		return f.result("06_dsquery_table_instant", "A", refID)
	case strings.HasPrefix(expr, "up"):
		return f.result("06_dsquery_stat_instant", "A", refID)
	}
	return f.result("06_dsquery_timeseries", "A", refID)
}

// result is a recorded result under another refID.
func (f *fakeGrafana) result(name, was, refID string) any {
	r := child(child(decoded[object](f.t, f.known[name].Response.Body), "results"), was)
	for _, fr := range children(r, "frames") {
		child(fr, "schema")["refId"] = refID
	}
	return r
}

// annotation keeps the rules that were measured: times count only together, and
// overlap; tags are ANDed unless matchAny; the newest first, 100 if not told.
func (f *fakeGrafana) annotation(w http.ResponseWriter, r *http.Request, body []byte, token string) {
	id, _ := strconv.ParseFloat(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/annotations"), "/"), 64)
	if r.Method == http.MethodGet {
		reply(w, 200, f.matching(r))
		return
	}
	if token != editorToken {
		f.replay(w, "07_annotation_create_by_viewer_org_403")
		return
	}
	var in map[string]any
	_ = json.Unmarshal(body, &in)
	switch at := slices.IndexFunc(f.annotations, func(a map[string]any) bool { return a["id"] == id }); r.Method {
	case http.MethodPost:
		f.nextID++
		in["id"] = f.nextID
		f.annotations = append(f.annotations, in)
		reply(w, 200, object{"id": f.nextID, "message": "Annotation added"})
	case http.MethodPut:
		in["id"] = id
		f.annotations[at] = in
		f.replay(w, "09_annotation_put")
	case http.MethodDelete:
		f.annotations = slices.Delete(f.annotations, at, at+1)
		f.replay(w, "09_annotation_delete")
	}
}

func (f *fakeGrafana) matching(r *http.Request) []map[string]any {
	q := r.URL.Query()
	from, fromErr := strconv.ParseFloat(q.Get("from"), 64)
	to, toErr := strconv.ParseFloat(q.Get("to"), 64)
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = 100
	}
	out := []map[string]any{}
	for _, a := range f.annotations {
		begin, end := number(a, "time", 0), number(a, "timeEnd", number(a, "time", 0))
		if fromErr == nil && toErr == nil && (begin > to || end < from) {
			continue
		}
		if uid := q.Get("dashboardUID"); uid != "" && text(a, "dashboardUID") != uid {
			continue
		}
		has := func(tag string) bool { return slices.Contains(stringsOf(a["tags"]), tag) }
		tags := q["tags"]
		hits := len(slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return !has(tag) }))
		if hits < len(tags) && (hits == 0 || q.Get("matchAny") != "true") {
			continue
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b map[string]any) int { return cmp.Compare(number(b, "timeEnd", 0), number(a, "timeEnd", 0)) })
	return out[:min(len(out), limit)]
}

// snapshot stores what it is given and queries nothing.
func (f *fakeGrafana) snapshot(w http.ResponseWriter, r *http.Request, body []byte) {
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/snapshots"), "/")
	if r.Method == http.MethodGet {
		if d, ok := f.snapshots[key]; ok {
			reply(w, 200, object{"meta": object{"isSnapshot": true}, "dashboard": d})
			return
		}
		f.replay(w, "11_snapshot_get_404")
		return
	}
	var in struct {
		Dashboard      json.RawMessage
		Name           string
		Expires        int64
		Key, DeleteKey string
	}
	if json.Unmarshal(body, &in) != nil {
		reply(w, 400, object{"message": "bad request data"})
		return
	}
	if _, taken := f.snapshots[in.Key]; taken {
		f.replay(w, "10_snapshot_create_dup_key_500")
		return
	}
	var all map[string]any
	_ = json.Unmarshal(body, &all)
	f.posted = append(f.posted, all)
	if f.forget {
		in.Dashboard = regexp.MustCompile(`"values":\[\[[^\]]*\]`).ReplaceAll(in.Dashboard, []byte(`"values":[[]`))
	}
	f.snapshots[in.Key] = in.Dashboard
	reply(w, 200, object{
		"deleteKey": in.DeleteKey, "deleteUrl": "http://grafana.example/api/snapshots-delete/" + in.DeleteKey, "id": 62,
		"key": in.Key, "url": "http://grafana.example/dashboard/snapshot/" + in.Key,
	})
}

// count is how many requests had a method and a path with this beginning.
func (f *fakeGrafana) count(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

// ms is a time of the recordings.
func ms(at int64) time.Time { return time.UnixMilli(at).UTC() }

// story is the window over which annotations were recorded, idle one without any.
var (
	story = timeline.Window{From: ms(1795233356700), To: ms(1795234016700)}
	idle  = timeline.Window{From: ms(1795334016700), To: ms(1795335016700)}
)
