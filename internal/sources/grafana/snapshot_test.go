package grafana

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/standin"
)

// panelsOf are the panels of the last snapshot that was stored, by title.
func panelsOf(t *testing.T, f *fakeGrafana) (map[string]object, object) {
	t.Helper()
	if len(f.Posted()) == 0 {
		t.Fatal("no snapshot was stored")
	}
	dashboard := child(f.Posted()[len(f.Posted())-1], "dashboard")
	out := map[string]object{}
	for _, p := range children(dashboard, "panels") {
		out[text(p, "title")] = p
		for _, inner := range children(p, "panels") {
			out[text(inner, "title")] = inner
		}
	}
	return out, dashboard
}

// snapshotFrames are the frames of a panel with data in them.
func snapshotFrames(t *testing.T, p object) []frame {
	t.Helper()
	targets := children(p, "targets")
	if len(targets) != 1 || text(targets[0], "queryType") != "snapshot" || text(child(p, "datasource"), "uid") != "grafana" {
		t.Fatalf("panel %s does not stand for itself: %v", text(p, "title"), p)
	}
	data, err := json.Marshal(targets[0]["snapshot"])
	if err != nil {
		t.Fatal(err)
	}
	return decoded[[]frame](t, data)
}

// TestSnapshotOfARecordedDashboard compares what is stored with the body that was
// seen to render like the live dashboard.
func TestSnapshotOfARecordedDashboard(t *testing.T) {
	f := newFake(t)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	records, found := gather(t, s, story, true)
	panels, dashboard := panelsOf(t, f)
	good := child(decoded[object](t, recorded(t, "17_snapshot_create_RECOMMENDED_full_body").Request.Body), "dashboard")

	for _, want := range children(good, "panels") {
		p := panels[text(want, "title")]
		if n, rows := count(snapshotFrames(t, p)); n == 0 || rows == 0 {
			t.Errorf("panel %s holds no data", text(want, "title"))
		}
		for _, key := range []string{"fieldConfig", "options", "transformations", "links", "datasource", "type"} {
			if !reflect.DeepEqual(p[key], want[key]) {
				t.Errorf("panel %s: %s is %v, want %v", text(want, "title"), key, p[key], want[key])
			}
		}
	}
	table := snapshotFrames(t, panels["Samples scraped (top $top)"])
	wantTable := snapshotFrames(t, children(good, "panels")[2])
	if len(table) != 1 || !reflect.DeepEqual(table[0].Schema["fields"], wantTable[0].Schema["fields"]) {
		t.Errorf("the table's fields are %v, want %v", table[0].Schema["fields"], wantTable[0].Schema["fields"])
	}
	body, _ := json.Marshal(dashboard)
	for _, leak := range []string{"executedQueryString", "prom-uid", "label_values", "topk"} {
		if strings.Contains(string(body), leak) {
			t.Errorf("the snapshot tells %s", leak)
		}
	}
	checkFrame(t, dashboard)

	got := answers(t, records)
	if len(got) != 1 || len(got[0].Panels) != 3 || len(got[0].Problems) != 0 || got[0].Panels[1].Frames != 2 || got[0].Panels[1].Rows != 2 || got[0].Panels[0].Title != "Requests All" {
		t.Errorf("the record says %+v", got)
	}
	if len(found.Links) != 1 || !strings.HasPrefix(found.Links[0].URL, "http://grafana.example/dashboard/snapshot/") || found.Links[0].Title != "Snap demo (snapdemo)" {
		t.Errorf("links %+v", found.Links)
	}
	if !strings.Contains(found.Links[0].Text, "3 of 3 panels") || len(found.Gaps) != 0 {
		t.Errorf("links %+v, gaps %+v", found.Links, found.Gaps)
	}
}

// checkFrame looks at what surrounds the panels.
func checkFrame(t *testing.T, dashboard object) {
	t.Helper()
	if at := child(dashboard, "time"); text(at, "from") != "2026-11-21T03:55:56.700Z" || text(at, "to") != "2026-11-21T04:06:56.700Z" {
		t.Errorf("time %v, want the window as ISO strings", at)
	}
	variables := children(child(dashboard, "templating"), "list")
	if len(variables) != 2 || variables[0]["query"] != "" || variables[0]["refresh"] != 0.0 || variables[0]["datasource"] != nil || !reflect.DeepEqual(variables[0]["options"], []any{variables[0]["current"]}) {
		t.Errorf("variables %v", variables)
	}
	var found []string
	for _, entry := range children(child(dashboard, "annotations"), "list") {
		items, ok := entry["snapshotData"].([]any)
		if !ok {
			t.Errorf("annotation entry %v has no snapshotData", entry)
		}
		for _, i := range items {
			found = append(found, text(i.(object), "text"))
		}
	}
	if strings.Join(found, ", ") != "point on panel 1, dashboard-wide region, deploy v1 (region)" {
		t.Errorf("annotations in the list: %v", found)
	}
}

// TestNewerGrafanaHasAnnotationsInFrames: from version 10 on the list is ignored.
func TestNewerGrafanaHasAnnotationsInFrames(t *testing.T) {
	f := newFake(t)
	f.Version = "11.2.0"
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	records, _ := gather(t, s, story, true)
	panels, _ := panelsOf(t, f)
	marks := 0
	for _, fr := range snapshotFrames(t, panels["Requests $job"]) {
		if fr.annotates() {
			marks += fr.rows()
		}
	}
	for _, fr := range snapshotFrames(t, panels["Up"]) {
		if fr.annotates() {
			t.Error("a stat panel has annotations")
		}
	}
	if a := answers(t, records)[0]; marks != 3 || a.Panels[0].Frames != 2 {
		t.Errorf("%d annotations, panel %+v: want 3, and 2 frames that count as data", marks, a.Panels[0])
	}
}

func TestSecondDraftFindsTheFirstOnesSnapshot(t *testing.T) {
	f := newFake(t)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	first, _ := gather(t, s, story, true)
	asked := f.Count("POST /api/ds/query")
	second, found := gather(t, s, story, true)
	a, b := answers(t, first)[0], answers(t, second)[0]
	if len(f.Posted()) != 1 || f.Count("POST /api/ds/query") != asked || !b.Reused || !reflect.DeepEqual(a.Panels, b.Panels) {
		t.Errorf("%d snapshots, %d queries more, %+v", len(f.Posted()), f.Count("POST /api/ds/query")-asked, b)
	}
	if !strings.Contains(found.Links[0].Text, "earlier draft") {
		t.Errorf("links %+v", found.Links)
	}
	other, _ := gather(t, s, timeline.Window{From: story.From, To: story.To.Add(-1e6)}, true)
	if answers(t, other)[0].URL == b.URL {
		t.Error("another window has the same snapshot")
	}
	editor := over(t, s.cfg.URL, editorToken, nil, DashboardConfig{UID: "snapdemo"})
	if foreign, _ := gather(t, editor, story, true); answers(t, foreign)[0].URL == b.URL {
		t.Error("the key can be computed without the token")
	}
}

// TestTwoDraftsAtOnce race for one key: Grafana refuses the second with a 500.
func TestTwoDraftsAtOnce(t *testing.T) {
	f := newFake(t)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if records, found := gather(t, s, story, true); len(found.Gaps) > 0 || len(answers(t, records)) != 1 {
				t.Errorf("gaps %+v", found.Gaps)
			}
		})
	}
	wg.Wait()
	if len(f.Posted()) != 1 {
		t.Errorf("%d snapshots, want 1", len(f.Posted()))
	}
}

// TestDuplicateKey plays the loser of that race: nothing is found, then the key is taken.
func TestDuplicateKey(t *testing.T) {
	f := newFake(t)
	blind := false
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if blind && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/snapshots/") {
			blind = false
			standin.Replay(w, "11_snapshot_get_404")
			return
		}
		f.ServeHTTP(w, r)
	}))
	s := over(t, url, viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	gather(t, s, story, true)
	blind = true
	records, found := gather(t, s, story, true)
	if got := answers(t, records); len(got) != 1 || got[0].Panels[0].Rows == 0 || len(found.Gaps) > 0 || len(f.Posted()) != 1 {
		t.Errorf("%+v, gaps %+v, %d snapshots", got, found.Gaps, len(f.Posted()))
	}
}

func TestIncompleteSnapshotIsMadeAnew(t *testing.T) {
	f := newFake(t)
	up := `up{job=~"(grafana|prometheus)"}`
	f.broken[up] = true
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	first, found := gather(t, s, story, true)
	if len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Reason, "“Up”") || !strings.Contains(found.Gaps[0].Reason, "parse error") {
		t.Fatalf("gaps %+v, want one that names the panel and the reason", found.Gaps)
	}
	again, _ := gather(t, s, story, true)
	if len(f.Posted()) != 1 || answers(t, again)[0].URL != answers(t, first)[0].URL {
		t.Error("a second snapshot that lacks as much was stored")
	}
	f.broken[up] = false
	last, found := gather(t, s, story, true)
	if len(f.Posted()) != 2 || answers(t, last)[0].URL == answers(t, first)[0].URL || len(found.Gaps) != 0 {
		t.Errorf("%d snapshots, gaps %+v: want a complete second one", len(f.Posted()), found.Gaps)
	}
	stays, _ := gather(t, s, story, true)
	if len(f.Posted()) != 2 || answers(t, stays)[0].URL != answers(t, last)[0].URL {
		t.Error("the complete one is not found again")
	}
}

func TestLostDataIsNoticed(t *testing.T) {
	f := newFake(t)
	f.Forget = true
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	_, found := gather(t, s, story, true)
	named := ""
	for _, g := range found.Gaps {
		named += g.Reason
	}
	for _, title := range []string{"Requests All", "Up", "Samples scraped (top 5)"} {
		if !strings.Contains(named, title) || !strings.Contains(named, "Grafana kept 0 of its") {
			t.Errorf("no gap names %s: %s", title, named)
		}
	}
	f.Forget = false
	if _, found := gather(t, s, story, true); len(found.Gaps) > 0 || len(f.Posted()) != 2 {
		t.Errorf("gaps %+v after %d snapshots: the next draft should have tried again", found.Gaps, len(f.Posted()))
	}
}

func TestExternalURL(t *testing.T) {
	f := newFake(t)
	s := over(t, sourcetest.Serve(t, f), viewerToken, func(c *Config) { c.ExternalURL = "https://ops.example/grafana/" }, DashboardConfig{UID: "snapdemo"})
	_, found := gather(t, s, story, true)
	if !strings.HasPrefix(found.Links[0].URL, "https://ops.example/grafana/dashboard/snapshot/") {
		t.Errorf("link %s", found.Links[0].URL)
	}
}
