package grafana

import (
	"strings"
	"testing"

	"collector/internal/sources/sourcetest"
)

// prom is a panel that asks Prometheus.
func prom(id int, title string, change object, targets ...any) object {
	if targets == nil {
		targets = []any{object{"refId": "A", "expr": `up{job=~"$job"}`}}
	}
	p := object{"id": id, "type": "timeseries", "title": title, "datasource": object{"type": "prometheus", "uid": "prom-uid"}, "targets": targets, "gridPos": object{"x": 0, "y": 0, "w": 12, "h": 8}}
	for k, v := range change {
		p[k] = v
	}
	return p
}

func query(refID, expr string, change object) any {
	q := object{"refId": refID, "expr": expr}
	for k, v := range change {
		q[k] = v
	}
	return q
}

// withPanels is the recorded dashboard with other panels.
func withPanels(t *testing.T, panels ...any) object {
	d := recordedDashboard(t, "04_dashboard_get_by_uid_viewer")
	d["panels"] = panels
	d["uid"] = "custom"
	return d
}

func TestEverySortOfPanel(t *testing.T) {
	mixed := object{"datasource": object{"uid": "-- Mixed --"}}
	ds := func(kind, uid string) object { return object{"datasource": object{"type": kind, "uid": uid}} }
	tests := map[string]struct {
		panel   object
		frames  int
		problem string // part of the reason; "" for none
		queries int    // put to a data source; one that is down is asked three times
	}{
		"hidden queries are not asked": {prom(1, "P", nil, query("A", "up", nil), query("B", "up", object{"hide": true})), 2, "", 1},
		"an expression needs the hidden one": {prom(1, "P", nil, query("A", "up", object{"hide": true}),
			query("C", "", object{"datasource": object{"type": "__expr__", "uid": "__expr__"}, "type": "math", "expression": "$A * 100"})), 1, "", 2},
		"several queries in one target": {prom(1, "P", nil, query("A", "up", nil), query("B", "rate(x[1m])", nil)), 4, "", 2},
		"NaN stays":                     {prom(1, "P", nil, query("A", "vector(0)/0", nil)), 1, "", 1},
		"no data is no problem":         {prom(1, "P", nil, query("A", "nosuchmetric", nil)), 0, "", 1},
		"one query of two fails":        {prom(1, "P", nil, query("A", "up", nil), query("B", "sum(", nil)), 2, "query B failed: bad_data", 2},
		"mixed":                         {prom(1, "P", mixed, query("A", "up", ds("prometheus", "prom-uid"))), 2, "", 1},
		"mixed, one source gone": {prom(1, "P", mixed, query("A", "up", ds("prometheus", "prom-uid")), query("B", "up", ds("prometheus", "gone"))), 2,
			"query B failed: HTTP status 404: Data source not found", 4},
		"data source down":             {prom(1, "P", ds("prometheus", "down")), 0, "HTTP status 500", 3},
		"data source unknown":          {prom(1, "P", ds("prometheus", "gone")), 0, "Data source not found", 1},
		"the default data source":      {prom(1, "P", object{"datasource": nil}), 2, "", 1},
		"a data source by its name":    {prom(1, "P", object{"datasource": "prom"}), 2, "", 1},
		"a path for a data source":     {prom(1, "P", ds("prometheus", "../../../admin")), 0, "not known to Grafana", 0},
		"what Grafana makes up":        {prom(1, "P", ds("grafana", "-- Grafana --"), query("A", "", object{"queryType": "randomWalk"})), 0, "cannot be kept", 0},
		"a library panel":              {object{"id": 7, "title": "L", "libraryPanel": object{"uid": "libup", "name": "libup"}}, 2, "", 1},
		"a library panel that is gone": {object{"id": 7, "title": "L", "libraryPanel": object{"uid": "nope"}}, 0, "reading its library panel", 0},
		"a live list":                  {object{"id": 7, "title": "Alerts", "type": "alertlist"}, 0, "lists what is the case", 0},
		"a live list of groups":        {object{"id": 7, "title": "Alerts", "type": "alertGroups"}, 0, "lists what is the case", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.Dashboards["custom"] = withPanels(t, tt.panel)
			s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
			records, found := gather(t, s, story, true)
			a := answers(t, records)[0]
			if got := a.Panels[0].Frames; got != tt.frames {
				t.Errorf("%d frames, want %d", got, tt.frames)
			}
			reasons := ""
			for _, p := range a.Problems {
				reasons += p.Reason
			}
			if (reasons != "") != (tt.problem != "") || !strings.Contains(reasons, tt.problem) {
				t.Errorf("problems %+v, want %q", a.Problems, tt.problem)
			}
			if (len(found.Gaps) > 0) != (tt.problem != "") {
				t.Errorf("gaps %+v", found.Gaps)
			}
			if len(f.Asked()) != tt.queries {
				t.Errorf("%d queries, want %d: %v", len(f.Asked()), tt.queries, f.Asked())
			}
		})
	}
}

func TestPanelsWithoutQuery(t *testing.T) {
	f := newFake(t)
	words := object{"id": 1, "type": "text", "title": "Words", "options": object{"mode": "markdown", "content": "# $job"}, "gridPos": object{"x": 0, "y": 0, "w": 24, "h": 3}}
	other := object{"id": 2, "type": "stat", "title": "Other", "datasource": object{"type": "datasource", "uid": "-- Dashboard --"}, "targets": []any{object{"refId": "A", "panelId": 3}}}
	empty := object{"id": 4, "type": "gauge", "title": "Empty"}
	f.Dashboards["custom"] = withPanels(t, words, other, empty, prom(3, "Real", object{"links": []any{object{"url": "http://127.0.0.1"}}}))
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
	records, found := gather(t, s, story, true)
	panels, _ := panelsOf(t, f)
	if p := panels["Words"]; p["targets"] != nil || text(child(p, "options"), "content") != "# $job" {
		t.Errorf("the text became %v", p)
	}
	if p := panels["Other"]; text(child(p, "datasource"), "uid") != "-- Dashboard --" || number(children(p, "targets")[0], "panelId", 0) != 3 {
		t.Errorf("the panel that shows another became %v", p)
	}
	if fr := snapshotFrames(t, panels["Empty"]); len(fr) != 0 {
		t.Errorf("frames %v", fr)
	}
	if p := panels["Real"]; len(p["links"].([]any)) != 0 {
		t.Errorf("links stay: %v", p["links"])
	}
	if len(found.Gaps) > 0 || len(answers(t, records)[0].Panels) != 4 {
		t.Errorf("gaps %+v, panels %+v", found.Gaps, answers(t, records)[0].Panels)
	}
}

func TestShiftedPanels(t *testing.T) {
	f := newFake(t)
	f.Dashboards["custom"] = withPanels(t, prom(1, "Day before", object{"timeShift": "1d"}), prom(2, "Last hour", object{"timeFrom": "1h", "gridPos": object{"x": 12, "y": 0, "w": 12, "h": 8}}))
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
	gather(t, s, story, true)
	spans := map[string]bool{}
	for _, q := range f.Asked() {
		spans[text(q, "from")+" "+text(q, "to")] = true
		if number(q, "maxDataPoints", 0) != 800 {
			t.Errorf("maxDataPoints %v, want half of the screen's pixels", q["maxDataPoints"])
		}
	}
	if !spans["1795146956700 1795147616700"] || !spans["1795230416700 1795234016700"] {
		t.Errorf("asked for %v", spans)
	}
	if panels, _ := panelsOf(t, f); text(panels["Day before"], "timeShift") != "1d" || panels["Last hour"]["timeFrom"] != nil {
		t.Error("timeShift must stay, timeFrom must go")
	}
}

func TestRepeatsAndRows(t *testing.T) {
	f := newFake(t)
	row := func(id int, title string, y int, change object) object {
		p := object{"id": id, "type": "row", "title": title, "collapsed": false, "panels": []any{}, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1}}
		for k, v := range change {
			p[k] = v
		}
		return p
	}
	inside := prom(11, "Inside $job", object{"gridPos": object{"x": 0, "y": 20, "w": 12, "h": 8}})
	f.Dashboards["custom"] = withPanels(t,
		prom(1, "Side $job", object{"repeat": "job"}),
		prom(2, "Below", object{"gridPos": object{"x": 0, "y": 8, "w": 24, "h": 8}}),
		prom(3, "Stack $job", object{"repeat": "job", "repeatDirection": "v", "gridPos": object{"x": 0, "y": 16, "w": 24, "h": 2}}),
		row(10, "Folded $job", 19, object{"collapsed": true, "panels": []any{inside}, "repeat": "job"}),
		row(20, "Open", 30, nil),
		prom(21, "Last", object{"gridPos": object{"x": 0, "y": 31, "w": 24, "h": 8}}),
	)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
	records, found := gather(t, s, story, true)
	var titles []string
	ids := map[int]bool{}
	for _, p := range answers(t, records)[0].Panels {
		titles = append(titles, p.Title)
		if ids[p.ID] {
			t.Errorf("ID %d is there twice", p.ID)
		}
		ids[p.ID] = true
		if p.Frames == 0 {
			t.Errorf("%s holds no data", p.Title)
		}
	}
	want := "Side grafana, Side prometheus, Below, Stack grafana, Stack prometheus, Inside grafana, Inside prometheus, Last"
	if got := strings.Join(titles, ", "); got != want || len(found.Gaps) > 0 {
		t.Errorf("panels %s, want %s; gaps %+v", got, want, found.Gaps)
	}
	exprs := map[string]int{}
	for _, q := range f.Asked() {
		exprs[text(q, "expr")]++
	}
	if exprs[`up{job=~"grafana"}`] != 3 || exprs[`up{job=~"prometheus"}`] != 3 || exprs[`up{job=~"(grafana|prometheus)"}`] != 2 {
		t.Errorf("asked %v", exprs)
	}
	_, dashboard := panelsOf(t, f)
	for _, p := range children(dashboard, "panels") {
		if text(p, "title") == "Side $job" && text(child(child(p, "scopedVars"), "job"), "value") == "" || p["repeat"] != nil {
			t.Errorf("the copy %v does not know its value, or repeats again", p)
		}
	}
	if last := children(dashboard, "panels"); number(child(last[len(last)-1], "gridPos"), "y", 0) != 34 { // 2 for the stack, 1 for the second folded row
		t.Errorf("the last panel stands at %v", last[len(last)-1]["gridPos"])
	}
}

func TestHostileTitles(t *testing.T) {
	f := newFake(t)
	evil := "a](http://evil) <script>alert(1)</script> | \n# " + strings.Repeat("x", 5000)
	f.Dashboards["custom"] = withPanels(t, prom(1, evil, nil), prom(2, evil, nil, query("A", "sum(", nil)))
	f.Dashboards["custom"]["title"] = evil
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
	records, found := gather(t, s, story, true)
	for _, g := range found.Gaps {
		if strings.Contains(g.Reason, "\n") || len([]rune(g.Reason)) > 300 {
			t.Errorf("gap %q", g.Reason)
		}
	}
	for _, r := range records {
		if len(r.Body) > 20<<10 {
			t.Errorf("a record of %d bytes", len(r.Body))
		}
	}
	if len(found.Gaps) != 1 {
		t.Errorf("gaps %+v", found.Gaps)
	}
}

// TestHugeDashboard is cut, and says so; its record stays small.
func TestHugeDashboard(t *testing.T) {
	f := newFake(t)
	var panels []any
	for i := range maxPanels + 50 {
		panels = append(panels, prom(i+1, strings.Repeat("long title ", 30), object{"gridPos": object{"x": 0, "y": i * 8, "w": 24, "h": 8}}))
	}
	f.Dashboards["custom"] = withPanels(t, panels...)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "custom"})
	records, found := gather(t, s, story, true)
	for _, r := range records {
		if len(r.Body) > 256<<10 {
			t.Errorf("a record of %d bytes", len(r.Body))
		}
	}
	if len(answers(t, records)[0].Panels) != maxPanels || len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Reason, "50 panels are left out") {
		t.Errorf("%d panels, gaps %+v", len(answers(t, records)[0].Panels), found.Gaps)
	}
}

// TestSQLStaysInTheDataSource: what a SQL server says quotes the statement.
func TestSQLStaysInTheDataSource(t *testing.T) {
	b := &builder{gathering: &gathering{}}
	if got := b.reason("mysql", "Error 1064: near 'hunter2'"); strings.Contains(got, "hunter2") {
		t.Errorf("a document would say %q", got)
	}
}
