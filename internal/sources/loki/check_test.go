package loki

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/lab/standin"
)

func TestCheck(t *testing.T) {
	without := func(path string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				http.NotFound(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	wrong := []QueryConfig{{Name: "broken", Query: `{app="checkout"} | nonsense`}}
	logfmt := queries()[1]
	logfmt.Format = "logfmt"
	for name, c := range map[string]struct {
		handler http.Handler
		queries []QueryConfig
		at      time.Time
		want    string
	}{
		"all is well": {incident(), queries(), at("09:30:00"), `ok: version 3.5.0 (stand-in)
ok: queries[0] (checkout_errors) is understood and has lines, of 2 streams
ok: queries[1] (shipped) is understood, and its lines tell of deploys`},
		"nothing lately": {incident(), queries(), at("23:00:00").AddDate(0, 0, 3), `ok: version 3.5.0 (stand-in)
ok: queries[0] (checkout_errors) is understood; no line in the last hour
ok: queries[1] (shipped) is understood; no line in the last 24 hours`},
		"no version": {without("/buildinfo", incident()), queries()[:1], at("09:30:00"), `ok: version not told
ok: queries[0] (checkout_errors) is understood and has lines, of 2 streams`},
		"not Loki":  {http.NotFoundHandler(), queries(), at("09:30:00"), `failed: URL does not answer: HTTP status 404: 404 page not found (check url (with its path prefix) and http_client of loki main)`},
		"no tenant": {&standin.Loki{Tenant: "x"}, queries(), at("09:30:00"), `failed: URL does not answer: HTTP status 401: no org id (give http_client of loki main a credential that may read; if it has tenants, name yours: http_headers: {X-Scope-OrgID: {values: [shop]}})`},
		"LogQL":     {incident(), wrong, at("09:30:00"), "ok: version 3.5.0 (stand-in)\nfailed: queries[0] (broken): HTTP status 400: parse error at line 1, col 18: syntax error: the stand-in knows line filters only (correct the query of loki main)"},
		"format":    {incident(), []QueryConfig{logfmt}, at("09:30:00"), "ok: version 3.5.0 (stand-in)\ndegraded: queries[0] (shipped): none of the last 2 lines tells of a deploy: not logfmt: wrong at byte 2 (correct its format, fields, events or time_layout, or make the query narrower)"},
	} {
		t.Run(name, func(t *testing.T) {
			url := sourcetest.Serve(t, c.handler)
			s := over(t, url, c.queries...)
			s.now = func() time.Time { return c.at }
			var got []string
			for _, d := range s.Check(t.Context()) {
				line := d.Level.String() + ": " + strings.ReplaceAll(d.Text, url, "URL")
				if len(d.Fix) > 0 {
					line += " (" + strings.Join(d.Fix, "; ") + ")"
				}
				got = append(got, line)
			}
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", text, c.want)
			}
		})
	}
}

// TestCheckOfAMetric: what passes the configuration's own look at it is found out.
func TestCheckOfAMetric(t *testing.T) {
	s := over(t, sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/buildinfo") {
			_, _ = w.Write([]byte(`{"version":"3.5.0"}`))
			return
		}
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[]}}`))
	})), queries()[0])
	found := s.Check(t.Context())
	if len(found) != 2 || !strings.Contains(found[1].Text, "computes numbers") {
		t.Errorf("%+v", found)
	}
}
