package grafana

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"collector/internal/sources/sourcetest"
)

// annotatedBy is the recorded dashboard with one annotation query.
func annotatedBy(t *testing.T, change object) object {
	model := withPanels(t, prom(1, "P", nil))
	entry := object{"name": "From Prometheus", "enable": true, "datasource": object{"type": "prometheus", "uid": "prom-uid"}}
	for k, v := range change {
		entry[k] = v
	}
	model["annotations"] = object{"list": []any{entry}}
	return model
}

func TestAnnotationsOfPrometheus(t *testing.T) {
	target := func(expr string) object { return object{"refId": "X", "expr": expr} }
	tests := map[string]struct {
		change object
		want   []string // texts
		expr   string
		note   string
	}{
		"above zero": {object{"target": target("rate(x[1m])"), "titleFormat": "{{job}}", "textFormat": "code {{ code }}", "tagKeys": "code,nolabel"},
			[]string{"prometheus: code 200", "grafana: code code"}, "rate(x[1m])", ""},
		"an older form":             {object{"expr": `up{job=~"$job"}`, "step": "30s", "textFormat": "up"}, []string{"up", "up"}, `up{job=~"(grafana|prometheus)"}`, ""},
		"switched off":              {object{"target": target("up"), "enable": false}, nil, "", ""},
		"no expression":             {object{"target": target(" ")}, nil, "", ""},
		"never a number":            {object{"target": target("vector(0)/0")}, nil, "vector(0)/0", ""},
		"a wrong expression":        {object{"target": target("sum(")}, nil, "sum(", "From Prometheus are not embedded: bad_data"},
		"a SQL server's":            {object{"datasource": object{"type": "mysql", "uid": "m"}, "target": object{"rawSql": "SELECT 1"}}, nil, "", "another data source"},
		"a data source that's gone": {object{"datasource": object{"type": "prometheus", "uid": "gone"}, "target": target("up")}, nil, "up", "Data source not found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.Dashboards["custom"] = annotatedBy(t, tt.change)
			s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
			_, found := gather(t, s, story, true)
			_, dashboard := panelsOf(t, f)
			entry := children(child(dashboard, "annotations"), "list")[0]
			var got []string
			for _, i := range children(entry, "snapshotData") {
				got = append(got, text(i, "text"))
				if i["isRegion"] != (number(i, "timeEnd", 0) > number(i, "time", 0)) {
					t.Errorf("item %v", i)
				}
			}
			if !reflect.DeepEqual(got, tt.want) || entry["datasource"] != nil || entry["target"] != nil {
				t.Errorf("annotations %q, want %q, in %v", got, tt.want, entry)
			}
			asked := ""
			for _, q := range f.Asked() {
				if text(q, "refId") == "Anno" {
					asked = text(q, "expr")
				}
			}
			if asked != tt.expr {
				t.Errorf("asked %q, want %q", asked, tt.expr)
			}
			notes := ""
			for _, g := range found.Gaps {
				notes += g.Reason
			}
			if (notes != "") != (tt.note != "") || !strings.Contains(notes, tt.note) {
				t.Errorf("gaps %q, want %q", notes, tt.note)
			}
		})
	}
}

// TestStretches: points that are at most a step apart are one annotation.
func TestStretches(t *testing.T) {
	f := frame{
		object{"fields": []any{object{"config": object{"interval": 1000.0}}, object{"labels": object{"alertname": "Down", "severity": "page"}}}},
		map[string]json.RawMessage{"values": json.RawMessage(`[[1000,2000,3000,5000,6000,9000,10000],[1,1,0,2,null,0.5,-1]]`)},
	}
	format := object{"titleFormat": "{{alertname}}", "tagKeys": "severity"}
	item := func(from, to int64) item { return item{from, to, to > from, "Down", []string{"page"}} }
	if got, want := stretches(f, format), []any{item(1000, 2000), item(5000, 5000), item(9000, 9000)}; !reflect.DeepEqual(anyItems(got), want) {
		t.Errorf("got %v, want %v", got, want)
	}
	f.Data["values"] = json.RawMessage(`[[1000,2000],[7000,9500]]`)
	format["useValueForTime"] = true
	if got, want := stretches(f, format), []any{item(7000, 7000), item(9500, 9500)}; !reflect.DeepEqual(anyItems(got), want) {
		t.Errorf("with values for times: got %v, want %v", got, want)
	}
	for _, broken := range []string{`null`, `[[1]]`, `[[1],[2,3]]`, `[["x"],["y"]]`, `[[null],[1]]`} {
		f.Data["values"] = json.RawMessage(broken)
		if got := stretches(f, object{}); len(got) > 0 {
			t.Errorf("%s became %v", broken, got)
		}
	}
}

func anyItems(list []item) (out []any) {
	for _, i := range list {
		out = append(out, i)
	}
	return out
}

// FuzzStretches reads whatever a data source calls a frame.
func FuzzStretches(f *testing.F) {
	for _, name := range []string{"06_dsquery_timeseries", "06_dsquery_nan_inf_entities", "06_dsquery_stat_instant"} {
		body := decoded[struct {
			Results map[string]struct{ Frames []json.RawMessage }
		}](f, recorded(f, name).Response.Body)
		f.Add([]byte(body.Results["A"].Frames[0]), false)
	}
	f.Add([]byte(`{"schema":{"fields":[{},{}]},"data":{"values":[[1e300,-1],[1,"x"]]}}`), true)
	f.Fuzz(func(t *testing.T, data []byte, asTime bool) {
		var fr frame
		if json.Unmarshal(data, &fr) != nil {
			return
		}
		got := stretches(fr, object{"titleFormat": "{{job}}", "textFormat": "{{}} {{ x", "tagKeys": "job", "useValueForTime": asTime})
		if len(got) > fr.rows() {
			t.Errorf("%d annotations of %d rows", len(got), fr.rows())
		}
		for _, i := range got {
			if i.Tags == nil || len([]rune(i.Text)) > maxReason+1 {
				t.Errorf("%+v", i)
			}
		}
	})
}
