package grafana

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
	"collector/lab/standin"
)

// The tokens of the fake.
const (
	viewerToken = "glsa_viewer_token_c0ffee"
	editorToken = "glsa_editor_token_c0ffee"
)

// fakeGrafana is the lab's stand-in for Grafana with the dashboards, the annotations
// and the answers that were recorded with a real one.
type fakeGrafana struct {
	*standin.Grafana
	broken map[string]bool // expressions that fail
}

func newFake(t testing.TB) *fakeGrafana {
	t.Helper()
	f := &fakeGrafana{broken: map[string]bool{}}
	element := child(decoded[object](t, recorded(t, "04_library_element_get_viewer").Response.Body), "result")
	prom := recordedSource{t, f, "prometheus"}
	f.Grafana = &standin.Grafana{
		AppURL: "http://grafana.example",
		Tokens: map[string]string{viewerToken: standin.Viewer, editorToken: standin.Editor},
		Sources: []standin.Source{
			{UID: "prom-uid", Name: "prom", Type: "prometheus", JSONData: object{"httpMethod": "POST", "timeInterval": "5s"}, DataSource: prom},
			{UID: "down", Name: "down", Type: "gone", DataSource: downSource{}},
			{UID: "__expr__", Name: "__expr__", Type: "__expr__", DataSource: recordedSource{t, f, "__expr__"}},
		},
		Dashboards: map[string]map[string]any{
			"snapdemo": recordedDashboard(t, "04_dashboard_get_by_uid_viewer"), "libdash": recordedDashboard(t, "04_dashboard_get_with_library_panel"),
		},
		Library:     map[string]map[string]any{"libup": child(element, "model")},
		Annotations: decoded[[]map[string]any](t, recorded(t, "08_annotations_get_range_all").Response.Body),
	}
	return f
}

func reply(w http.ResponseWriter, status int, body any) { standin.Reply(w, status, body) }

// recordedSource gives the recorded answers, by expression.
type recordedSource struct {
	t    testing.TB
	f    *fakeGrafana
	kind string
}

// Ask finds the recorded answer. A variable that nobody filled in is a regular
// expression that matches nothing, and no error.
func (s recordedSource) Ask(_ context.Context, q standin.Query) (standin.Answer, error) {
	expr := text(q.Model, "expr")
	switch {
	case s.kind == "__expr__":
		return s.result("06_dsquery_expression_mix", "C", q.RefID), nil
	case s.f.broken[expr], expr == "sum(", expr == "":
		return s.result("06p_dsquery_two_refids_one_bad_400", "B", q.RefID), nil
	case strings.Contains(expr, "$job"), strings.Contains(expr, "nosuchmetric"):
		return standin.Answer{Status: http.StatusOK, Frames: []standin.Frame{}}, nil
	case strings.HasPrefix(expr, "vector(0)/0"):
		return s.result("06_dsquery_nan_inf_entities", "A", q.RefID), nil
	case strings.HasPrefix(expr, "topk("):
		return s.result("06_dsquery_table_instant", "A", q.RefID), nil
	case strings.HasPrefix(expr, "up"):
		return s.result("06_dsquery_stat_instant", "A", q.RefID), nil
	}
	return s.result("06_dsquery_timeseries", "A", q.RefID), nil
}

// result is a recorded result under another refID.
func (s recordedSource) result(name, was, refID string) standin.Answer {
	body := decoded[struct{ Results map[string]standin.Answer }](s.t, recorded(s.t, name).Response.Body)
	for _, fr := range body.Results[was].Frames {
		fr.Schema["refId"] = refID
	}
	return body.Results[was]
}

// Resource knows the values of one label.
func (s recordedSource) Resource(_ context.Context, path string, query url.Values) (int, []byte) {
	r := recorded(s.t, "05_variable_values_resources").Response
	switch path {
	case "api/v1/label/job/values":
		return r.Status, r.Body
	case "api/v1/query": // Prometheus's own form
		body, _ := json.Marshal(object{"status": "success", "data": object{"resultType": "vector", "result": []any{
			object{"metric": object{"__name__": "up", "job": "grafana", "asked": query.Get("query")}, "value": []any{1795234016.7, "1"}},
		}}})
		return http.StatusOK, body
	}
	return http.StatusNotFound, []byte(`{"message":"Not found","traceID":""}`)
}

// downSource cannot be reached.
type downSource struct{}

func (downSource) Ask(context.Context, standin.Query) (standin.Answer, error) {
	return standin.Answer{}, standin.ErrDown
}

func (downSource) Resource(context.Context, string, url.Values) (int, []byte) {
	return http.StatusBadGateway, []byte(`{"message":"Bad Gateway"}`)
}

// ms is a time of the recordings.
func ms(at int64) time.Time { return time.UnixMilli(at).UTC() }

// story is the window over which annotations were recorded, idle one without any.
var (
	story = timeline.Window{From: ms(1795233356700), To: ms(1795234016700)}
	idle  = timeline.Window{From: ms(1795334016700), To: ms(1795335016700)}
)
