package standin

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// annotation keeps the rules that were measured: times count only together, and
// overlap; tags are ANDed unless matchAny; the newest first, 100 if not told.
func (g *Grafana) annotation(w http.ResponseWriter, r *http.Request, body []byte, role string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Method == http.MethodGet {
		Reply(w, http.StatusOK, g.matching(r.URL.Query()))
		return
	}
	if role != Editor {
		Replay(w, "07_annotation_create_by_viewer_org_403")
		return
	}
	id, _ := strconv.ParseFloat(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/annotations"), "/"), 64)
	at := slices.IndexFunc(g.Annotations, func(a map[string]any) bool { return a["id"] == id })
	var in map[string]any
	switch err := json.Unmarshal(body, &in); {
	case r.Method == http.MethodPost && err == nil:
		g.nextID++
		in["id"] = 100 + g.nextID
		g.Annotations = append(g.Annotations, in)
		Reply(w, http.StatusOK, object{"id": in["id"], "message": "Annotation added"})
	case r.Method == http.MethodPut && err == nil && at >= 0:
		in["id"] = id
		g.Annotations[at] = in
		Replay(w, "09_annotation_put")
	case r.Method == http.MethodDelete && at >= 0:
		g.Annotations = slices.Delete(g.Annotations, at, at+1)
		Replay(w, "09_annotation_delete")
	default:
		notFound(w)
	}
}

func (g *Grafana) matching(q url.Values) []map[string]any {
	from, fromErr := strconv.ParseFloat(q.Get("from"), 64)
	to, toErr := strconv.ParseFloat(q.Get("to"), 64)
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = 100
	}
	out := []map[string]any{}
	for _, a := range g.Annotations {
		begin := number(a["time"], 0)
		end := number(a["timeEnd"], begin)
		if fromErr == nil && toErr == nil && (begin > to || end < from) {
			continue
		}
		if uid := q.Get("dashboardUID"); uid != "" && a["dashboardUID"] != uid {
			continue
		}
		own, _ := a["tags"].([]any)
		hits := 0
		for _, tag := range q["tags"] {
			if slices.Contains(own, any(tag)) {
				hits++
			}
		}
		if hits < len(q["tags"]) && (hits == 0 || q.Get("matchAny") != "true") {
			continue
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b map[string]any) int { return cmp.Compare(number(b["timeEnd"], 0), number(a["timeEnd"], 0)) })
	return out[:min(len(out), limit)]
}

func number(v any, otherwise float64) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return otherwise
}
