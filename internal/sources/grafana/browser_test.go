package grafana

import (
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"collector/internal/sources/sourcetest"
)

// snapshotOf stores a dashboard in the fake and makes a snapshot of it.
func snapshotOf(t *testing.T, f *fakeGrafana, model object, vars map[string]string) (snapshotAnswer, map[string]object) {
	t.Helper()
	f.Dashboards["custom"] = model
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom", Vars: vars})
	records, found := gather(t, s, story, true)
	got := answers(t, records)
	if len(got) != 1 {
		t.Fatalf("%d snapshots, gaps %+v", len(got), found.Gaps)
	}
	panels, _ := panelsOf(t, f)
	return got[0], panels
}

// TestStepIsNoFinerThanScrapes: a browser never asks for more points than were
// scraped, and $__interval is never shorter than the time between two of them.
func TestStepIsNoFinerThanScrapes(t *testing.T) {
	tests := map[string]struct {
		json  object // of the data source
		panel object
		want  float64 // ms; 11 min in 800 points are a second
	}{
		"the data source's interval":     {object{"timeInterval": "5s"}, nil, 5000},
		"a data source that tells none":  {object{}, nil, 15000},
		"nothing told at all":            {nil, nil, 15000},
		"the panel's, finer":             {object{"timeInterval": "5s"}, object{"interval": "2s"}, 2000},
		"the panel's, coarser":           {object{"timeInterval": "5s"}, object{"interval": "1m"}, 60000},
		"the panel's, by a variable":     {object{"timeInterval": "5s"}, object{"interval": "${top}s"}, 5000},
		"the points are coarser already": {object{"timeInterval": "5s"}, object{"maxDataPoints": 22}, 30000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.Sources[0].JSONData = tt.json
			snapshotOf(t, f, withPanels(t, prom(1, "P", tt.panel)), nil)
			if got := f.Asked()[0]["intervalMs"]; got != tt.want {
				t.Errorf("intervalMs %v, want %v", got, tt.want)
			}
		})
	}
}

// TestDataSourcesThatMayNotBeListed: with permissions for each data source a viewer
// learns of them where the browser does.
func TestDataSourcesThatMayNotBeListed(t *testing.T) {
	f := newFake(t)
	f.Restricted = true
	variable := object{"datasource": object{"type": "prometheus", "uid": "${ds}"}}
	model := withPanels(t, prom(1, "By variable", variable), prom(2, "The default one", object{"datasource": nil}))
	model["templating"] = object{"list": []any{object{"name": "ds", "type": "datasource", "query": "prometheus", "current": object{}}}}
	a, _ := snapshotOf(t, f, model, nil)
	if len(a.Problems)+len(a.Notes) > 0 || a.Vars["ds"][0] != "prom" {
		t.Errorf("%+v", a)
	}
	for _, q := range f.Asked() {
		if text(child(q, "datasource"), "uid") != "prom-uid" || q["intervalMs"] != 5000.0 {
			t.Errorf("asked %v", q)
		}
	}
	if n := f.Count("GET /api/datasources"); n != 1 {
		t.Errorf("the list was asked for %d times", n)
	}
}

// TestLibraryPanels: they bring repeats of their own, and from Grafana 11 on a type
// that says that they are elsewhere.
func TestLibraryPanels(t *testing.T) {
	reference := func(id int, change object) object {
		p := object{"id": id, "title": "L", "libraryPanel": object{"uid": "libup", "name": "libup"}, "gridPos": object{"x": 0, "y": id * 8, "w": 24, "h": 8}}
		for k, v := range change {
			p[k] = v
		}
		return p
	}
	folded := object{"id": 9, "type": "row", "title": "Row", "collapsed": true, "gridPos": object{"x": 0, "y": 90, "w": 24, "h": 1}, "panels": []any{reference(10, nil)}}
	tests := map[string]struct {
		panels []any
		model  object // of the library panel, on top of the recorded one
		want   string
	}{
		"as up to 10":              {[]any{reference(1, nil)}, nil, "Up"},
		"as from 11 on":            {[]any{reference(1, object{"type": "library-panel-ref"})}, nil, "Up"},
		"delivered inlined":        {[]any{prom(1, "Inlined", object{"libraryPanel": object{"uid": "libup"}})}, nil, "Inlined"},
		"in two places":            {[]any{reference(1, nil), reference(2, nil)}, nil, "Up, Up"},
		"in a folded row":          {[]any{folded}, nil, "Up"},
		"it repeats itself":        {[]any{reference(1, nil)}, object{"repeat": "job", "title": "Up $job"}, "Up grafana, Up prometheus"},
		"the dashboard repeats it": {[]any{reference(1, object{"repeat": "job"})}, object{"title": "Up $job"}, "Up grafana, Up prometheus"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			for k, v := range tt.model {
				f.Library["libup"][k] = v
			}
			a, panels := snapshotOf(t, f, withPanels(t, tt.panels...), nil)
			var titles []string
			for _, p := range a.Panels {
				titles = append(titles, p.Title)
				if p.Frames == 0 {
					t.Errorf("%s holds no data", p.Title)
				}
			}
			if got := strings.Join(titles, ", "); got != tt.want || len(a.Problems) > 0 {
				t.Errorf("panels %s, want %s; problems %+v", got, tt.want, a.Problems)
			}
			for _, p := range panels {
				if p["libraryPanel"] != nil {
					t.Errorf("a viewer's browser would ask for %v", p)
				}
			}
			if n := f.Count("GET /api/library-elements"); n > 1 {
				t.Errorf("the library panel was read %d times", n)
			}
		})
	}
}

// TestRepeatByCustomAll: all values are known by their names, though queries hold
// what the author wrote for all of them.
func TestRepeatByCustomAll(t *testing.T) {
	f := newFake(t)
	model := withPanels(t, prom(1, "Of $job", object{"repeat": "job"}), prom(2, "All", object{"gridPos": object{"x": 0, "y": 8, "w": 24, "h": 8}}))
	children(child(model, "templating"), "list")[0]["allValue"] = ".*"
	a, _ := snapshotOf(t, f, model, nil)
	if len(a.Panels) != 3 || a.Panels[0].Title != "Of grafana" || a.Panels[1].Title != "Of prometheus" {
		t.Errorf("panels %+v", a.Panels)
	}
	exprs := map[string]bool{}
	for _, q := range f.Asked() {
		exprs[text(q, "expr")] = true
	}
	if !exprs[`up{job=~"grafana"}`] || !exprs[`up{job=~"prometheus"}`] || !exprs[`up{job=~".*"}`] {
		t.Errorf("asked %v", exprs)
	}
}

// TestSavedCopies: what older versions saved with a repeated panel is written out anew.
func TestSavedCopies(t *testing.T) {
	f := newFake(t)
	old := prom(2, "Of $job", object{"repeatPanelId": 1, "scopedVars": object{"job": object{"value": "gone", "text": "gone"}}, "gridPos": object{"x": 12, "y": 0, "w": 12, "h": 8}})
	a, _ := snapshotOf(t, f, withPanels(t, prom(1, "Of $job", object{"repeat": "job"}), old), nil)
	if len(a.Panels) != 2 || a.Panels[0].Title != "Of grafana" || a.Panels[1].Title != "Of prometheus" {
		t.Errorf("panels %+v", a.Panels)
	}
}

// TestEmptyQuery: a query without an expression, as an editor leaves it, is not asked.
func TestEmptyQuery(t *testing.T) {
	f := newFake(t)
	a, _ := snapshotOf(t, f, withPanels(t, prom(1, "P", nil, query("A", "up", nil), query("B", " ", nil)), prom(2, "Nothing", nil, query("A", "", nil))), nil)
	if len(a.Problems) > 0 || len(f.Asked()) != 1 || !a.Panels[0].Asked || a.Panels[1].Asked {
		t.Errorf("%+v after %d queries", a, len(f.Asked()))
	}
}

// TestTablesOfOnePanel: Grafana tells the values of several tables apart when more
// than one has something in it.
func TestTablesOfOnePanel(t *testing.T) {
	table := object{"format": "table", "instant": true}
	tests := map[string]struct {
		second string
		want   []string // the last field of each frame
	}{
		"both":     {"topk(5, up)", []string{"Value #A", "Value #B"}},
		"only one": {"nosuchmetric", []string{"Value"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			_, panels := snapshotOf(t, f, withPanels(t, prom(1, "T", object{"type": "table"}, query("A", "topk(5, up)", table), query("B", tt.second, table))), nil)
			var got []string
			for _, fr := range snapshotFrames(t, panels["T"]) {
				fields := children(fr.Schema, "fields")
				got = append(got, text(fields[len(fields)-1], "name"))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("values are called %v, want %v", got, tt.want)
			}
		})
	}
}

// TestIncidentDashboard makes a snapshot of the dashboard that users import.
func TestIncidentDashboard(t *testing.T) {
	file, err := os.ReadFile("../../../contrib/grafana-mysql-incident.json")
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(t)
	if err := f.Import(file); err != nil {
		t.Fatal(err)
	}
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "mysql-incident", Vars: map[string]string{"cluster": "{{cluster}}", "instance": `{{label "instance"}}`}})
	records, found := gather(t, s, story, true)
	a := answers(t, records)[0]
	if len(found.Gaps) > 0 || len(a.Problems)+len(a.Notes) > 0 {
		t.Errorf("gaps %+v", found.Gaps)
	}
	sessions := 0
	for _, p := range a.Panels {
		if p.Frames == 0 || !p.Asked {
			t.Errorf("%+v is empty", p)
		}
		if strings.HasPrefix(p.Title, "Sessions on db") {
			sessions++
		}
	}
	if sessions != 2 {
		t.Errorf("%d panels about the sessions of a server, want one for each of two", sessions)
	}
	for _, q := range f.Asked() {
		expr := text(q, "expr")
		if strings.Contains(expr, "$cluster") || strings.Contains(expr, "$instance") || strings.Contains(expr, "questions") || q["exemplar"] != false {
			t.Errorf("asked %s", expr)
		}
		if strings.Contains(expr, "mysql_") && !strings.Contains(expr, `cluster=~"shop", instance=~"`) {
			t.Errorf("%s asks for all servers", expr)
		}
	}
	panels, dashboard := panelsOf(t, f)
	fields := children(snapshotFrames(t, panels["Servers"])[1].Schema, "fields")
	if name := text(fields[len(fields)-1], "name"); name != "Value #B" || len(children(panels["Servers"], "transformations")) != 2 {
		t.Errorf("the table's second frame ends in %s", name)
	}
	for _, entry := range children(child(dashboard, "annotations"), "list")[1:] {
		if items, _ := entry["snapshotData"].([]any); len(items) == 0 {
			t.Errorf("annotations %s: %v", text(entry, "name"), entry)
		}
	}
}

// TestForbiddenSettings: where nothing tells of data sources, what a panel says of its own is good enough.
func TestForbiddenSettings(t *testing.T) {
	f := newFake(t)
	f.Restricted = true
	f.Dashboards["custom"] = withPanels(t, prom(1, "P", nil))
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/frontend/settings" {
			reply(w, http.StatusForbidden, object{"message": "no"})
			return
		}
		f.ServeHTTP(w, r)
	}))
	records, found := gather(t, over(t, url, viewerToken, nil, DashboardConfig{UID: "custom"}), story, true)
	if a := answers(t, records)[0]; a.Panels[0].Frames == 0 || len(found.Gaps) > 0 || f.Asked()[0]["intervalMs"] != 15000.0 {
		t.Errorf("%+v, gaps %+v, asked %v", a, found.Gaps, f.Asked())
	}
}
