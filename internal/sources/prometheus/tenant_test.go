package prometheus

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
	"collector/internal/timeline"
	"collector/lab/servers"
)

const (
	tenantHeader = "X-Scope-OrgID" // Mimir's and Cortex's; Thanos's is THANOS-TENANT
	tenant       = "shop-tenant-1"
	tenantPath   = "/mimir/prometheus"
)

// gateway is what stands in front of a Prometheus with tenants: it knows nothing
// outside its path, and answers nobody who names no tenant, in Mimir's words.
func gateway(t *testing.T, backend string) string {
	t.Helper()
	to, err := url.Parse(backend)
	if err != nil {
		t.Fatal(err)
	}
	forward := http.StripPrefix(tenantPath, httputil.NewSingleHostReverseProxy(to))
	mux := http.NewServeMux()
	mux.HandleFunc(tenantPath+"/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(tenantHeader) != tenant {
			http.Error(w, "no org id", http.StatusUnauthorized)
			return
		}
		forward.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func withTenant(name string) httpclient.Config {
	c := httpclient.Config{HTTPClientConfig: promconfig.DefaultHTTPClientConfig}
	c.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{tenantHeader: {Secrets: []promconfig.Secret{promconfig.Secret(name)}}}}
	return c
}

// TestTenants asks real servers below a path, with and without a tenant's header.
func TestTenants(t *testing.T) {
	servers.Need(t, servers.KindPrometheus2, servers.KindPrometheus3)
	t.Parallel()
	for version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var p patient
			p.start(t)
			t.Cleanup(p.stop)
			prom, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
				Version: version, RoutePrefix: "/deep/down", Rules: rulesEvery("1s"),
				Targets: []servers.ScrapeTarget{{Job: "app", Addr: p.addr, Labels: map[string]string{"instance": "app-1"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { prom.Close() })
			time.Sleep(14 * time.Second)
			routed := prom.URL + "/deep/down"
			front := gateway(t, routed)
			for name, tt := range map[string]struct {
				cfg  Config
				says string // in the gap and in the failed check; empty: it works
			}{
				"route prefix":           {Config{URL: routed}, ""},
				"a slash at the end":     {Config{URL: routed + "/"}, ""},
				"no route prefix":        {Config{URL: prom.URL}, "404"},
				"gateway with tenant":    {Config{URL: front + tenantPath, HTTPClient: withTenant(tenant)}, ""},
				"gateway without tenant": {Config{URL: front + tenantPath}, "no org id"},
				"gateway, wrong tenant":  {Config{URL: front + tenantPath, HTTPClient: withTenant("somebody-else")}, "no org id"},
				"gateway without path":   {Config{URL: front, HTTPClient: withTenant(tenant)}, "404"},
			} {
				t.Run(name, func(t *testing.T) {
					tt.cfg.Baseline = Duration{Duration: 8 * time.Second}
					tt.cfg.Packs, tt.cfg.Signals = []string{}, []SignalConfig{{Name: "broken", Query: "broken"}}
					askTenant(t, realSource(t, tt.cfg), tt.says)
				})
			}
		})
	}
}

func askTenant(t *testing.T, src *Source, says string) {
	t.Helper()
	f := draftOf(t, src, timeline.Window{From: time.Now().Add(-3 * time.Second), To: time.Now()}, timeline.Scope{})
	lines := src.Check(t.Context())
	for _, line := range lines {
		t.Log(line.Level, line.Text, line.Fix)
	}
	if says == "" {
		if len(f.Series) != 1 || len(f.Checks) == 0 {
			t.Errorf("%d series, gaps %+v", len(f.Series), f.Gaps)
		}
		for _, line := range lines {
			if line.Level != sources.OK && !strings.HasPrefix(line.Text, "ALERTS") {
				t.Errorf("check: %s %s", line.Level, line.Text)
			}
		}
		return
	}
	if len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, says) || len(f.Checks) != 0 {
		t.Errorf("want one gap that says %q: %+v, checks %+v", says, f.Gaps, f.Checks)
	}
	for _, gap := range f.Gaps {
		t.Log(gap.Reason)
	}
	if len(lines) != 1 || lines[0].Level != sources.Failed || !strings.Contains(lines[0].Text, says) || !strings.Contains(strings.Join(lines[0].Fix, " "), "http_headers") && says == "no org id" {
		t.Errorf("want one failed line that says %q: %+v", says, lines)
	}
	for _, r := range f.Evidence {
		if strings.Contains(r.Body, "somebody-else") {
			t.Errorf("the tenant is in a record: %s", r.Body)
		}
	}
}
