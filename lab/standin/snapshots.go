package standin

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// values finds the columns of a frame.
var values = regexp.MustCompile(`"values":\[\[[^\]]*\]`)

// snapshot stores what it is given, asks nobody for it, and gives it back.
func (g *Grafana) snapshot(w http.ResponseWriter, r *http.Request, body []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/snapshots"), "/")
	if r.Method == http.MethodGet {
		if d, ok := g.snapshots[key]; ok {
			Reply(w, http.StatusOK, object{"meta": object{"isSnapshot": true}, "dashboard": d})
			return
		}
		Replay(w, "11_snapshot_get_404")
		return
	}
	var in struct {
		Dashboard      json.RawMessage
		Name           string
		Expires        int64
		Key, DeleteKey string
	}
	if json.Unmarshal(body, &in) != nil {
		Reply(w, http.StatusBadRequest, object{"message": "bad request data"})
		return
	}
	if _, taken := g.snapshots[in.Key]; taken {
		Replay(w, "10_snapshot_create_dup_key_500")
		return
	}
	var all map[string]any
	if json.Unmarshal(body, &all) != nil {
		return // it was read once already
	}
	g.posted = append(g.posted, all)
	if g.Forget {
		in.Dashboard = values.ReplaceAll(in.Dashboard, []byte(`"values":[[]`))
	}
	if g.snapshots == nil {
		g.snapshots = map[string]json.RawMessage{}
	}
	g.snapshots[in.Key] = in.Dashboard
	Reply(w, http.StatusOK, object{
		"deleteKey": in.DeleteKey, "deleteUrl": g.AppURL + "/api/snapshots-delete/" + in.DeleteKey, "id": 62,
		"key": in.Key, "url": g.AppURL + "/dashboard/snapshot/" + in.Key,
	})
}
