package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// recordedFrames is a recorded answer of /api/ds/query.
type recordedFrames struct {
	Results map[string]struct {
		Error  string
		Frames []struct {
			Schema struct {
				Meta   struct{ Custom struct{ ResultType string } }
				Fields []struct{ Labels map[string]string }
			}
			Data struct {
				Values   [2][]*float64
				Entities [2]map[string][]int
			}
		}
	}
}

// asPrometheus is what Prometheus said when Grafana made a recorded answer of it: the
// frames of one kind of query, turned back.
func asPrometheus(t *testing.T, body recordedFrames, refID, resultType string) any {
	t.Helper()
	result := body.Results[refID]
	if result.Error != "" {
		kind, words, _ := strings.Cut(result.Error, ": ")
		return object{"status": "error", "errorType": kind, "error": words}
	}
	series := []any{}
	for _, f := range result.Frames {
		if f.Schema.Meta.Custom.ResultType != resultType {
			continue
		}
		odd := map[int]string{}
		for name, places := range f.Data.Entities[1] {
			for _, i := range places {
				odd[i] = map[string]string{"NaN": "NaN", "Inf": "+Inf", "NegInf": "-Inf"}[name]
			}
		}
		var points []any
		for i, at := range f.Data.Values[0] {
			value := odd[i]
			if v := f.Data.Values[1][i]; v != nil {
				value = strconv.FormatFloat(*v, 'g', -1, 64)
			}
			points = append(points, []any{*at / 1000, value})
		}
		s := object{"metric": f.Schema.Fields[1].Labels, "values": points}
		if resultType == "vector" {
			s = object{"metric": f.Schema.Fields[1].Labels, "value": points[0]}
		}
		series = append(series, s)
	}
	return object{"status": "success", "data": object{"resultType": resultType, "result": series}}
}

// TestFramesAsRecorded: over a Prometheus that answers what the real Grafana's one
// answered, the stand-in answers what the real Grafana answered, byte for byte but
// for the order of keys.
func TestFramesAsRecorded(t *testing.T) {
	for _, name := range []string{
		"06_dsquery_timeseries", "06_dsquery_table_instant", "06_dsquery_stat_instant", "06_dsquery_nan_inf_entities", "06_dsquery_range_and_instant", "06_dsquery_legend_auto",
		"06_dsquery_gap_series", "06_dsquery_maxdatapoints_small", "06_dsquery_no_range_no_instant", "06_dsquery_empty_result", "06p_dsquery_all_bad_expr_400", "06_dsquery_no_time",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Recorded(name)
			if err != nil {
				t.Fatal(err)
			}
			var frames recordedFrames
			var sent struct {
				Queries []struct{ RefID, Expr string }
			}
			if err := json.Unmarshal(r.Response.Body, &frames); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(r.Request.Body, &sent); err != nil {
				t.Fatal(err)
			}
			prom := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				kind, refID := "vector", ""
				if req.URL.Path == "/api/v1/query_range" {
					kind = "matrix"
				}
				for _, q := range sent.Queries { // by what no variable changes
					if before, _, _ := strings.Cut(q.Expr, "$"); strings.HasPrefix(req.FormValue("query"), before) {
						refID = q.RefID
					}
				}
				Reply(w, http.StatusOK, asPrometheus(t, frames, refID, kind))
			}))
			t.Cleanup(prom.Close)
			g := &Grafana{Tokens: map[string]string{"": Viewer}, Sources: []Source{{UID: "prom-uid", Type: "prometheus", DataSource: Prometheus{URL: prom.URL, Scraped: 5 * time.Second}}}}
			w := httptest.NewRecorder()
			g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/ds/query", bytes.NewReader(r.Request.Body)))
			var got, want any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(r.Response.Body, &want); err != nil {
				t.Fatal(err)
			}
			if w.Code != r.Response.Status || !reflect.DeepEqual(got, want) {
				t.Errorf("status %d, want %d\n%s\nwant\n%s", w.Code, r.Response.Status, w.Body, r.Response.Body)
			}
		})
	}
}

func TestStepsAndVariables(t *testing.T) {
	tests := map[string]struct {
		query object
		want  string
	}{
		"what the client computed":  {object{"intervalMs": 2000, "maxDataPoints": 1000}, "2s 2000 600s 600 600000 4s 4000 step 2"},
		"few points":                {object{"intervalMs": 1000, "maxDataPoints": 10}, "1m0s 60000 600s 600 600000 4s 4000 step 60"},
		"a least step of the query": {object{"intervalMs": 1000, "interval": "30s"}, "30s 30000 600s 600 600000 2m0s 120000 step 30"},
		"nothing told":              {object{}, "1s 1000 600s 600 600000 4s 4000 step 1"},
		"below a second":            {object{"intervalMs": 500}, "500ms 500 600s 600 600000 4s 4000 step 0.5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			said := ""
			prom := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				said = fmt.Sprintf("%s step %s", req.FormValue("query"), req.FormValue("step"))
				Reply(w, http.StatusOK, object{"status": "success", "data": object{"resultType": "matrix", "result": []any{}}})
			}))
			t.Cleanup(prom.Close)
			tt.query["expr"] = "$__interval ${__interval_ms} $__range ${__range_s} $__range_ms ${__rate_interval} $__rate_interval_ms"
			from := time.UnixMilli(1795233435000)
			answer, err := Prometheus{URL: prom.URL, Scraped: time.Second}.Ask(t.Context(), Query{RefID: "A", Model: tt.query, From: from, To: from.Add(10 * time.Minute)})
			if err != nil || answer.Error != "" || said != tt.want {
				t.Errorf("asked %q, want %q; %+v, %v", said, tt.want, answer, err)
			}
		})
	}
}
