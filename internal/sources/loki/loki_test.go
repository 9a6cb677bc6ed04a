package loki

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/standin"
)

var window, at = sourcetest.Morning(), sourcetest.At

const (
	testPassword = "hunter2-password"
	testTenant   = "tenant-token-77"
)

var targets = sources.Targets{{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}}}

func queries() []QueryConfig {
	return []QueryConfig{
		{Name: "checkout_errors", Query: `{app="checkout"} |= "error"`},
		{Name: "shipped", Query: `{job="deploy"}`, Kind: deployKind},
	}
}

// over is a source with credentials over the server at url.
func over(t testing.TB, url string, queries ...QueryConfig) *Source {
	t.Helper()
	cfg := Config{URL: strings.Replace(url, "http://", "http://reader:"+testPassword+"@", 1), Queries: queries}
	cfg.HTTPClient = httpclient.Config{HTTPClientConfig: promconfig.DefaultHTTPClientConfig}
	cfg.HTTPClient.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{"X-Scope-Orgid": {Secrets: []promconfig.Secret{testTenant}}}}
	cfg.SetDefaults()
	if problems := cfg.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := newSource(cfg, targets, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// say is lines of one stream, each "15:04:05 text".
func say(l *standin.Loki, labels map[string]string, lines ...string) {
	for _, line := range lines {
		clock, text, _ := strings.Cut(line, " ")
		l.Push(labels, standin.LokiEntry{At: at(clock), Line: text})
	}
}

func checkout(more ...string) map[string]string {
	labels := map[string]string{"app": "checkout", "cluster": "shop"}
	for i := 0; i+1 < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	return labels
}

var deployer = map[string]string{"job": "deploy"}

// incident is a Loki with an incident: errors of two patterns, and a failed deploy.
func incident() *standin.Loki {
	l := &standin.Loki{}
	for i := range 40 {
		l.Push(checkout("pod", "checkout-1"), standin.LokiEntry{
			At:       at("09:10:00").Add(time.Duration(i) * 3 * time.Second),
			Line:     fmt.Sprintf(`level=error msg="payment failed" order=%d customer=alice.smith@example.com card='4111-%d'`, 700000+i, i),
			Metadata: map[string]string{"trace_id": fmt.Sprintf("0242ac12%08x", i), "detected_level": "error"},
		})
	}
	say(l, checkout("pod", "checkout-2"), "09:12:00 error: Duplicate entry 'bob@example.com' for key 'users.mail' in INSERT INTO users VALUES (42, 'bob')",
		"09:12:01 error: Duplicate entry 'carol' for key 'users.mail' in INSERT INTO users VALUES (43, 'carol')")
	say(l, deployer, `09:09:00 {"service":"checkout","version":"1.4.2","event":"deploy_started","author":"Mallory Doe <mallory@example.com>"}`,
		`09:09:43 {"service":"checkout","version":"1.4.2","event":"deploy_failed","message":"Mallory Doe saw password=swordfish"}`)
	return l
}

func request(t testing.TB, w timeline.Window) sources.Request {
	t.Helper()
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: `^carol`, Role: "the release engineer"}})
	if err != nil {
		t.Fatal(err)
	}
	return sources.Request{
		Window: w, Roles: roles, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
		Now: func() time.Time { return w.To.Add(time.Hour) },
	}
}

// ask gathers from a server and interprets.
func ask(t testing.TB, s *Source, req sources.Request) timeline.Findings {
	t.Helper()
	records, err := s.Gather(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
	return f
}

// findings is what queries over a server come to.
func findings(t *testing.T, handler http.Handler, q ...QueryConfig) timeline.Findings {
	t.Helper()
	return ask(t, over(t, sourcetest.Serve(t, handler), q...), request(t, window))
}

// told is what the findings say, one line each.
func told(f timeline.Findings) string {
	var b strings.Builder
	for _, e := range f.Events {
		end := "…"
		if e.End != nil {
			end = e.End.At.Format("15:04:05")
		}
		fmt.Fprintf(&b, "%s–%s %s %s\n", e.Start.At.Format("15:04:05"), end, e.Target, e.Summary)
	}
	for _, g := range f.Gaps {
		fmt.Fprintf(&b, "gap %s–%s %s\n", g.From.Format("15:04:05"), g.To.Format("15:04:05"), g.Reason)
	}
	for _, c := range f.Checks {
		fmt.Fprintf(&b, "none: %s\n", c.LookedFor)
	}
	for _, r := range f.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", r.Text)
	}
	return b.String()
}

func TestConformance(t *testing.T) {
	open := func(t *testing.T, url string) sources.Source { return over(t, url, queries()...) }
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(t *testing.T) sources.Source { return open(t, sourcetest.Serve(t, incident())) },
		Interpret: Interpret, Window: window, Idle: timeline.Window{From: at("20:00:00"), To: at("21:00:00")},
		Secrets: []string{testPassword, testTenant, "swordfish", "allory", "alice", "bob", "carol", "4111-"},
		HTTP:    &sourcetest.HTTP{New: open, Handler: incident(), MaxBody: 1 << 20},
	})
}

// TestIncident: the incident as a draft tells it.
func TestIncident(t *testing.T) {
	f := findings(t, incident(), queries()...)
	const want = `09:09:00–09:09:43 checkout deploy of checkout 1.4.2 failed after 43 s: account-0000 saw password=<redacted>
09:10:00–09:11:57 checkout checkout_errors: 40 lines, at most 20 in a minute: payment failed
09:12:00–09:12:01 checkout checkout_errors: 2 lines: error: Duplicate entry <str> for key <str> in INSERT INTO users VALUES (<n>, <str>)
`
	got := told(f)
	if i := strings.Index(got, "account-"); i >= 0 {
		got = got[:i] + "account-0000" + got[i+len("account-0000"):]
	}
	if got != want {
		t.Fatalf("got:\n%swant:\n%s", got, want)
	}
	e := f.Events[1]
	if e.Kind != timeline.Log || e.Grade != timeline.Logged || e.Attributes["lines"] != "40" || e.Attributes["peak_per_minute"] != "20" ||
		e.Attributes["level"] != "error" || e.Attributes["label_pod"] != "checkout-1" {
		t.Errorf("event %+v", e)
	}
	if d := e.Start.Latest.Sub(e.Start.Earliest); d != 2*clockDoubt {
		t.Errorf("the start is %s wide", d)
	}
	if tl := timeline.Build(window, timeline.Scope{}, f); tl.Events[1].Severity != timeline.Info || tl.Events[0].Severity != timeline.Critical {
		t.Errorf("severities %s and %s", tl.Events[0].Severity, tl.Events[1].Severity)
	}
}

// TestTenant: the header of a tenant reaches Loki.
func TestTenant(t *testing.T) {
	l := incident()
	l.Tenant = testTenant
	if f := findings(t, l, queries()...); len(f.Events) != 3 {
		t.Error(told(f))
	}
	l.Tenant = "another"
	if f := findings(t, l, queries()[0]); len(f.Gaps) != 1 || !strings.HasSuffix(f.Gaps[0].Reason, "HTTP status 401: no org id") {
		t.Error(told(f))
	}
}

// TestScope: only the cluster that is meant, and what says no cluster.
func TestScope(t *testing.T) {
	l := &standin.Loki{}
	say(l, checkout("cluster", "shop"), "09:10:00 error a")
	say(l, checkout("cluster", "billing"), "09:10:00 error b")
	say(l, map[string]string{"app": "checkout"}, "09:10:00 error c")
	say(l, checkout("instance", "db1:9104"), "09:10:00 error d")
	s := over(t, sourcetest.Serve(t, l), queries()[0])
	for name, c := range map[string]struct {
		scope timeline.Scope
		want  string
	}{
		"all":            {timeline.Scope{}, "abcd"},
		"shop":           {timeline.Scope{Clusters: []string{"shop"}}, "acd"},
		"billing":        {timeline.Scope{Clusters: []string{"billing"}}, "bc"},
		"both":           {timeline.Scope{Clusters: []string{"shop", "billing"}}, "abcd"},
		"another server": {timeline.Scope{Targets: []string{"db2"}}, "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, window)
			req.Scope = c.scope
			seen := map[string]bool{}
			f := ask(t, s, req)
			for _, e := range f.Events {
				seen[strings.TrimPrefix(e.Attributes["pattern"], "error ")] = true
			}
			if got := strings.Join(sortedKeys(seen), ""); got != c.want {
				t.Errorf("lines %s, want %s\n%s", got, c.want, told(f))
			}
		})
	}
}
