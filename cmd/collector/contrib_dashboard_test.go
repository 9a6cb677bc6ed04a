package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"collector/lab/servers"
)

const incidentDashboard = "../../contrib/grafana-mysql-incident.json"

// dashboardPanel is what is looked at of a panel.
type dashboardPanel struct {
	ID                  int
	Type, Title, Repeat string
	Collapsed           bool
	GridPos             struct{ X, Y, W, H int }
	Panels              []dashboardPanel
	Transformations     []any
	Targets             []struct {
		Expr, RefID, Format string
		Hide, Instant       bool
	}
}

type dashboardFile struct {
	Panels     []dashboardPanel
	Templating struct {
		List []struct {
			Name, Type string
			Query      any
		}
	}
	Annotations struct {
		List []struct{ Target struct{ Expr string } }
	}
}

func readDashboard(t *testing.T) dashboardFile {
	t.Helper()
	text, err := os.ReadFile(incidentDashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d dashboardFile
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// all are the panels with those of folded rows.
func (d dashboardFile) all() (out []dashboardPanel) {
	for _, p := range d.Panels {
		out = append(append(out, p), p.Panels...)
	}
	return out
}

// TestIncidentDashboardFile: the file is one that Grafana imports, and holds every
// sort of thing that a snapshot has to cope with.
func TestIncidentDashboardFile(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/dashboard.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(incidentDashboard)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	value, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	ids, titles, sorts := map[int]bool{}, map[string]bool{}, map[string]int{}
	d := readDashboard(t)
	for _, p := range d.all() {
		if ids[p.ID] || titles[p.Title] {
			t.Errorf("%d %s is there twice", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		sorts[p.Type]++
		sorts["several targets"] += max(0, len(p.Targets)-1)
		if p.Repeat != "" {
			sorts["repeat"]++
		}
		if p.Collapsed && len(p.Panels) > 0 {
			sorts["folded row"]++
		}
		for _, target := range p.Targets {
			if target.Hide {
				sorts["hidden"]++
			}
			if target.Format == "table" && target.Instant {
				sorts["instant table"]++
			}
		}
	}
	for _, sort := range []string{"timeseries", "stat", "table", "state-timeline", "row", "folded row", "repeat", "hidden", "instant table", "several targets"} {
		if sorts[sort] == 0 {
			t.Errorf("there is no %s", sort)
		}
	}
	noOverlap(t, d.Panels)
	for _, p := range d.Panels {
		noOverlap(t, p.Panels)
	}
}

func noOverlap(t *testing.T, panels []dashboardPanel) {
	t.Helper()
	taken := map[[2]int]string{}
	for _, p := range panels {
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" || at[0] >= 24 {
					t.Fatalf("%s lies over %s, or outside", p.Title, other)
				}
				taken[at] = p.Title
			}
		}
	}
}

// TestIncidentDashboardPromQL has a real Prometheus parse every expression of the
// dashboard, as its variables make them.
func TestIncidentDashboardPromQL(t *testing.T) {
	servers.Need(t, servers.KindPrometheus2)
	prom, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prom.Close() })
	filled := strings.NewReplacer("$cluster", ".*", "$instance", "(db1:9104|db2:9104)", "$__rate_interval", "1m", "$__range", "1h")
	d := readDashboard(t)
	exprs := map[string]string{}
	for _, p := range d.all() {
		for _, target := range p.Targets {
			exprs[p.Title+" "+target.RefID] = target.Expr
		}
	}
	for i, a := range d.Annotations.List {
		if a.Target.Expr != "" {
			exprs[fmt.Sprintf("annotation %d", i)] = a.Target.Expr
		}
	}
	values := regexp.MustCompile(`^label_values\((.+), \w+\)$`)
	for _, v := range d.Templating.List {
		if object, ok := v.Query.(map[string]any); ok {
			text, _ := object["query"].(string)
			found := values.FindStringSubmatch(text)
			if found == nil {
				t.Errorf("variable %s asks %s", v.Name, text)
				continue
			}
			exprs["variable "+v.Name] = found[1]
		}
	}
	if len(exprs) < 30 {
		t.Errorf("only %d expressions", len(exprs))
	}
	for where, expr := range exprs {
		resp, err := http.PostForm(prom.URL+"/api/v1/format_query", url.Values{"query": {filled.Replace(expr)}})
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || strings.Contains(filled.Replace(expr), "$") {
			t.Errorf("%s: %s: %s", where, expr, said)
		}
	}
}
