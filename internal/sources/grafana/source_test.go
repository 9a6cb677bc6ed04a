package grafana

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// over is a source over a server, with a token and the given dashboards.
func over(t testing.TB, url, token string, change func(*Config), dashboards ...DashboardConfig) *Source {
	t.Helper()
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{URL: url, TokenFile: file, Dashboards: dashboards, Annotate: true}
	cfg.SetDefaults()
	if change != nil {
		change(&cfg)
	}
	if problems := cfg.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := newSource(cfg, sources.Targets{
		{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}},
		{Name: "db2", Cluster: "shop", Labels: map[string]string{"instance": "db2:9104"}},
	}, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wanted(w timeline.Window, snapshots bool) sources.Request {
	return sources.Request{
		Window: w, Snapshots: snapshots, Now: func() time.Time { return w.To.Add(time.Minute) },
		Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
	}
}

// gather gathers and interprets.
func gather(t testing.TB, s *Source, w timeline.Window, snapshots bool) ([]timeline.Evidence, timeline.Findings) {
	t.Helper()
	records, err := s.Gather(t.Context(), wanted(w, snapshots))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	return records, found
}

// answers are the snapshots among records.
func answers(t testing.TB, records []timeline.Evidence) []snapshotAnswer {
	t.Helper()
	var out []snapshotAnswer
	for _, r := range records {
		var q question
		var a snapshotAnswer
		if failed, err := sources.Read(r, &q, nil); err != nil || failed != "" || q.Kind != kindSnapshot {
			continue
		}
		if _, err := sources.Read(r, &q, &a); err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func TestConformance(t *testing.T) {
	dashboards := []DashboardConfig{{UID: "snapdemo"}, {UID: "libdash"}}
	sourcetest.Run(t, sourcetest.Suite{
		New: func(t *testing.T) sources.Source {
			return over(t, sourcetest.Serve(t, newFake(t)), viewerToken, nil, dashboards...)
		},
		Interpret: Interpret, Window: story, Idle: idle, Snapshots: true, Secrets: []string{viewerToken},
		HTTP: &sourcetest.HTTP{
			New:     func(t *testing.T, url string) sources.Source { return over(t, url, viewerToken, nil, dashboards...) },
			Handler: newFake(t), MaxBody: 4 << 20,
		},
	})
}

func TestSecretsStaySecret(t *testing.T) {
	t.Setenv("GF_LOG", "1")
	var printed bytes.Buffer
	log.SetOutput(&printed)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reply(w, 400, object{"message": "refused " + r.Header.Get("Authorization")})
	}))
	s := over(t, url, viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	records, found := gather(t, s, story, true)
	said := printed.String()
	for _, r := range records {
		said += r.Body + r.Query
	}
	if strings.Contains(said, viewerToken) {
		t.Errorf("the token is in evidence or on the log: %s", said)
	}
	if !strings.Contains(said, "<secret>") || len(found.Gaps) != 2 {
		t.Errorf("gaps %+v, want two that show what was refused", found.Gaps)
	}
	if printed.Len() > 0 {
		t.Errorf("the library printed: %s", printed.String())
	}
}

func TestSlowGrafanaIsAGap(t *testing.T) {
	url := sourcetest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	s := over(t, url, viewerToken, func(c *Config) { c.Timeout = model.Duration(time.Second) }, DashboardConfig{UID: "snapdemo"})
	began := time.Now()
	_, found := gather(t, s, story, true)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s with a limit of 1s", took)
	}
	pending := false
	for _, g := range found.Gaps {
		pending = pending || strings.HasPrefix(g.Reason, "Grafana snapshot pending: dashboard snapdemo: no answer within the time limit (timeout: 1s)")
	}
	if !pending {
		t.Errorf("no gap says that the snapshot is pending: %+v", found.Gaps)
	}
}

// TestQueriesThatHang still stores what was answered.
func TestQueriesThatHang(t *testing.T) {
	f := newFake(t)
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/ds/query" {
			body, _ := io.ReadAll(r.Body)
			if bytes.Contains(body, []byte("topk")) {
				<-r.Context().Done()
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		f.ServeHTTP(w, r)
	}))
	s := over(t, url, viewerToken, func(c *Config) { c.Timeout = model.Duration(10 * time.Second) }, DashboardConfig{UID: "snapdemo"})
	records, found := gather(t, s, story, true)
	got := answers(t, records)
	if len(got) != 1 || len(got[0].Problems) != 1 || got[0].Panels[0].Rows == 0 || got[0].Panels[2].Rows != 0 {
		t.Fatalf("answers %+v, gaps %+v", got, found.Gaps)
	}
}

func TestInterimDraftMakesNoSnapshot(t *testing.T) {
	f := newFake(t)
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil, DashboardConfig{UID: "snapdemo"})
	_, found := gather(t, s, story, false)
	if len(f.Posted()) != 0 || f.Count("GET /api/dashboards") != 0 {
		t.Errorf("an interim draft asked for a dashboard: %v", f.Requests())
	}
	if len(found.Links) != 1 || found.Links[0].URL != "" || !strings.Contains(found.Links[0].Text, "final") {
		t.Errorf("links %+v, want one that says when the snapshot comes", found.Links)
	}
}

func TestWithoutToken(t *testing.T) {
	t.Setenv("GRAFANA_TEST_TOKEN", "")
	s, err := New(Config{URL: "http://127.0.0.1:1", TokenEnv: "GRAFANA_TEST_TOKEN", Dashboards: []DashboardConfig{{UID: "a"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, found := gather(t, s, story, true)
	if len(found.Gaps) != 2 || !strings.Contains(found.Gaps[0].Reason, "GRAFANA_TEST_TOKEN") {
		t.Errorf("gaps %+v", found.Gaps)
	}
	if lines := s.Check(context.Background()); lines[0].Level != sources.Failed {
		t.Errorf("check %+v", lines)
	}
}
