package grafana

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
)

// resolved resolves the variables of a dashboard against the fake.
func resolved(t *testing.T, chosen assignment, variables ...any) (*resolver, []variable) {
	t.Helper()
	s := over(t, sourcetest.Serve(t, newFake(t)), viewerToken, nil)
	data, err := json.Marshal(object{"templating": object{"list": variables}})
	if err != nil {
		t.Fatal(err)
	}
	return s.gathering(wanted(story, true)).resolve(t.Context(), decoded[object](t, data), chosen)
}

func TestVariables(t *testing.T) {
	all := object{"value": []any{allChosen}, "text": []any{"All"}}
	source := object{"type": "prometheus", "uid": "prom-uid"}
	jobs := func(change object) object {
		x := object{"name": "x", "type": "query", "datasource": source, "query": object{"query": "label_values(up, job)"}, "current": all, "multi": true, "includeAll": true}
		for k, v := range change {
			x[k] = v
		}
		return x
	}
	tests := map[string]struct {
		model  object
		chosen []string
		want   string // in PromQL
		note   string
	}{
		"all of a query":                {jobs(nil), nil, "(grafana|prometheus)", ""},
		"sorted the other way":          {jobs(object{"sort": 2}), nil, "(prometheus|grafana)", ""},
		"filtered":                      {jobs(object{"regex": "/^(g.*)a$/"}), nil, "grafan", ""},
		"named groups":                  {jobs(object{"regex": "/(?P<text>g)(?P<value>.*)/"}), nil, "rafana", ""},
		"a regex of JavaScript":         {jobs(object{"regex": "/(?!g)/"}), nil, "(grafana|prometheus)", "JavaScript"},
		"saved":                         {jobs(object{"current": object{"value": []any{"a", "b"}, "text": []any{"a", "b"}}}), nil, "(a|b)", ""},
		"chosen for the scope":          {jobs(nil), []string{"db1:9104"}, "db1:9104", ""},
		"all chosen":                    {jobs(object{"current": object{"value": "a", "text": "a"}}), []string{"All"}, "(grafana|prometheus)", ""},
		"custom all":                    {jobs(object{"allValue": ".+"}), nil, ".+", ""},
		"nothing saved":                 {jobs(object{"current": object{}, "multi": false, "includeAll": false}), nil, "grafana", ""},
		"definition":                    {jobs(object{"query": nil, "definition": "label_values(job)"}), nil, "(grafana|prometheus)", ""},
		"a question of its own":         {jobs(object{"query": "up{}"}), nil, ".*", "not supported"},
		"the series of a result":        {jobs(object{"query": "query_result(topk(1, up))", "regex": `/asked="(.*)",job="(?:.*)"} 1 1795234016700/`}), nil, `topk\\(1, up\\)`, ""},
		"a result over the range":       {jobs(object{"query": "query_result(max_over_time(up[$__range]))", "regex": `/asked="(.*)",/`}), nil, `max_over_time\\(up\\[660s\\]\\)`, ""},
		"a range of the scrapes":        {jobs(object{"query": "query_result(rate(up[${__rate_interval}]))", "regex": `/asked="(.*)",/`}), nil, `rate\\(up\\[20s\\]\\)`, ""},
		"saved, but gone":               {jobs(object{"refresh": 2, "current": object{"value": []any{"a", "b"}, "text": []any{"a", "b"}}}), nil, "(grafana|prometheus)", ""},
		"saved, some are gone":          {jobs(object{"refresh": 1, "current": object{"value": []any{"a", "grafana"}, "text": []any{"a", "grafana"}}}), nil, "grafana", ""},
		"saved, one that is gone":       {jobs(object{"refresh": 1, "multi": false, "includeAll": false, "current": object{"value": "a", "text": "a"}}), nil, "grafana", ""},
		"saved, and not asked for":      {jobs(object{"refresh": 2, "query": "label_values(nolabel)", "current": object{"value": "a", "text": "a"}}), nil, "a", ""},
		"nothing saved, All is offered": {jobs(object{"current": object{}}), nil, "(grafana|prometheus)", ""},
		"All of a gone label, saved":    {jobs(object{"query": "label_values(nolabel)", "options": []any{object{"value": "a", "text": "a"}}}), nil, "a", ""},
		"of a SQL server":               {jobs(object{"datasource": object{"type": "mysql", "uid": "m"}, "query": "SELECT 1"}), nil, ".*", "mysql"},
		"of a gone label":               {jobs(object{"query": "label_values(nolabel)"}), nil, ".*", "HTTP status 404"},
		"custom":                        {object{"name": "x", "type": "custom", "query": "one : 1, two : 2", "current": object{"value": "2", "text": "two"}}, nil, "2", ""},
		"custom, all":                   {object{"name": "x", "type": "custom", "query": `one : 1, a\,b`, "current": all, "includeAll": true, "multi": true}, nil, "(1|a,b)", ""},
		"constant":                      {object{"name": "x", "type": "constant", "query": "k"}, nil, "k", ""},
		"text":                          {object{"name": "x", "type": "textbox", "query": "q", "current": object{"value": "typed", "text": "typed"}}, nil, "typed", ""},
		"text, not typed":               {object{"name": "x", "type": "textbox", "query": "q"}, nil, "q", ""},
		"interval":                      {object{"name": "x", "type": "interval", "query": "1m,5m", "current": object{"value": "5m", "text": "5m"}}, nil, "5m", ""},
		"automatic interval":            {object{"name": "x", "type": "interval", "auto_count": 10, "auto_min": "10s", "current": object{"value": "$__auto_interval_x", "text": "auto"}}, nil, "1m", ""},
		"data source":                   {object{"name": "x", "type": "datasource", "query": "prometheus"}, nil, "prom-uid", ""},
		"data source, saved by name":    {object{"name": "x", "type": "datasource", "query": "prometheus", "current": object{"value": "prom", "text": "prom"}}, nil, "prom", ""},
		"data source, the default":      {object{"name": "x", "type": "datasource", "query": "prometheus", "current": object{"value": "default", "text": "default"}}, nil, "default", ""},
		"data source of elsewhere":      {object{"name": "x", "type": "datasource", "query": "prometheus", "current": object{"value": "other", "text": "Other"}}, nil, "prom-uid", ""},
		"ad hoc filters are not":        {object{"name": "x", "type": "adhoc", "filters": []any{object{"key": "a"}}}, nil, "", "ad hoc"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, _ := resolved(t, assignment{"x": tt.chosen}, tt.model)
			if got := r.vals.replace("$x", inPromQL); got != tt.want {
				t.Errorf("$x is %q, want %q", got, tt.want)
			}
			if notes := strings.Join(r.notes, "; "); (notes != "") != (tt.note != "") || !strings.Contains(notes, tt.note) {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
		})
	}
}

// TestVariableOrder: a variable is asked for after those that its question mentions.
func TestVariableOrder(t *testing.T) {
	r, order := resolved(t, nil,
		object{"name": "job", "type": "query", "datasource": object{"type": "prometheus", "uid": "${ds}"}, "query": `label_values(up{l="$name"}, job)`, "current": object{}},
		object{"name": "name", "type": "constant", "query": "n"},
		object{"name": "ds", "type": "datasource", "query": "prometheus"},
		object{"name": "loop", "type": "custom", "query": "$loop", "current": object{}},
	)
	if got := r.vals.replace("$job $name $ds", globbed); got != "grafana n prom-uid" {
		t.Errorf("got %q", got)
	}
	if len(order) != 4 || order[0].Name != "job" || order[2].Name != "ds" {
		t.Errorf("the dashboard's order is lost: %+v", order)
	}
}

func TestEmbedded(t *testing.T) {
	model := object{"name": "x", "type": "query", "datasource": "d", "definition": "q", "query": object{"query": "q"}, "regex": "r"}
	tests := map[string]struct {
		x    variable
		want object
	}{
		"one":     {variable{Values: []string{"v"}, Texts: []string{"t"}}, object{"selected": true, "text": "t", "value": "v"}},
		"several": {variable{Values: []string{"v"}, Texts: []string{"t"}, Multi: true}, object{"selected": true, "text": []any{"t"}, "value": []any{"v"}}},
		"all":     {variable{All: true, Multi: true, Values: []string{"a"}}, object{"selected": true, "text": []any{"All"}, "value": []any{allChosen}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.x.model = model
			got := tt.x.embedded()
			if !reflect.DeepEqual(got["current"], tt.want) || got["query"] != "" || got["datasource"] != nil || got["definition"] != nil {
				t.Errorf("embedded as %v", got)
			}
		})
	}
}

func TestAssignments(t *testing.T) {
	targets := sources.Targets{
		{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}},
		{Name: "db2", Cluster: "shop", Labels: map[string]string{"instance": "db2:9104"}},
	}
	vars, err := parseVars(map[string]string{"instance": `{{label "instance"}}`, "cluster": "{{cluster}}", "fixed": "x"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := vars.assignments(targets)
	if err != nil {
		t.Fatal(err)
	}
	if got := together(all, func(name string) bool { return name == "instance" }); len(got) != 1 || !reflect.DeepEqual(got[0]["instance"], []string{"db1:9104", "db2:9104"}) || len(got[0]["cluster"]) != 1 {
		t.Errorf("a variable of several values: %v", got)
	}
	if got := together(all, func(string) bool { return false }); len(got) != 2 || got[1]["instance"][0] != "db2:9104" || got[1]["cluster"][0] != "shop" {
		t.Errorf("a variable of one value: %v", got)
	}
	nobody, err := vars.assignments(nil)
	if err != nil || len(nobody) != 1 || nobody[0]["instance"] != nil || nobody[0]["fixed"][0] != "x" {
		t.Errorf("without servers: %v, %v", nobody, err)
	}
	if _, err := parseVars(map[string]string{"x": "{{nobody}}"}); err == nil {
		t.Error("an unknown word is no error")
	}
}

// TestSnapshotForEachServer: a variable that takes one value has a snapshot for each.
func TestSnapshotForEachServer(t *testing.T) {
	f := newFake(t)
	d := recordedDashboard(t, "04_dashboard_get_by_uid_viewer")
	job := children(child(d, "templating"), "list")[0]
	job["multi"], job["includeAll"] = false, false
	f.Dashboards["single"] = d
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "single", Vars: map[string]string{"job": "{{target}}"}})
	records, found := gather(t, s, story, true)
	if got := answers(t, records); len(got) != 2 || got[0].Panels[0].Title != "Requests db1" || len(found.Links) != 2 || found.Links[0].Title == found.Links[1].Title {
		t.Errorf("%+v, links %+v", got, found.Links)
	}
}
