package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"collector/lab/servers"
)

const (
	serveLimit = 20 * time.Second // until collector answers
	draftLimit = 2 * time.Minute
)

// configuration is collector's file, as an operator would write it. The pack of
// node_exporter is left out: primary, replica, application and whatever else runs
// share one machine, whose load would be told as each server's own, and a quiet
// run would be scored on what the machine's other users do.
var configuration = template.Must(template.New("collector.yaml").Parse(`timezone: UTC
storage: {path: {{.Store}}}
server: {listen: {{.Listen}}}
prometheus:
  - name: main
    url: {{.Prometheus}}
    cluster_label: cluster
    packs: [mysqld_exporter]
    signals:
      - name: ` + SignalErrors + `
        query: 'sum by (instance, cluster) (rate(shop_requests_total{outcome="error"}[$__rate_interval]))'
        unit: errors/s
        direction: up
        min_change: 0.5
      - name: ` + SignalLatency + `
        query: 'histogram_quantile(0.99, sum by (instance, cluster, le) (rate(shop_request_duration_seconds_bucket[$__rate_interval])))'
        unit: s
        direction: up
        min_change: 0.25
    impact:
      - name: failed_requests
        query: 'sum(increase(shop_requests_total{outcome="error"}[$window]))'
        unit: requests
mysql:
{{- range .Servers}}
  - {name: {{.Name}}, cluster: ` + Cluster + `, address: {{.Address}}, user: ` + servers.CollectorAccount + `, password_file: {{$.PasswordFile}}, interval: 1s, binlog: true{{with .ErrorLog}}, error_log_file: {{.}}{{end}}, labels: {instance: '{{.Instance}}'}}
{{- end}}
deploys:
  - {name: releases, cluster: ` + Cluster + `, file: {paths: ['` + deployLog + `*'], format: json}}
{{- with .Loki}}
loki:
  - {name: main, url: {{.}}, queries: [{name: ` + LokiQuery + `, query: '{app="shop"} |= "level=error"'}]}
alertmanager:
  - {name: main, url: {{$.Alertmanager}}}
{{- end}}
{{- with .Grafana}}
grafana:
  url: {{.}}
  token_file: {{$.TokenFile}}
  dashboards: [{uid: mysql-incident, vars: {cluster: '{{"{{cluster}}"}}', instance: '{{"{{label \"instance\"}}"}}'}}]
{{- end}}
report:
  out: {{.Out}}
  roles: [{match: '^shop_', role: 'the shop application'}]
`))

// startCollector writes the configuration and starts `collector serve`.
func (s *Stage) startCollector(ctx context.Context) error {
	port, err := servers.FreePort()
	if err != nil {
		return err
	}
	s.Listen = fmt.Sprintf("127.0.0.1:%d", port)
	if err := s.writeConfig(); err != nil {
		return err
	}
	if s.Program == "" {
		return nil
	}
	s.collector, err = servers.Spawn(s.ServeLog(), nil, s.Program, "serve", "--config", s.ConfigFile())
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.collector.Stop)
	return s.awaitCollector(ctx)
}

func (s *Stage) writeConfig() error {
	type server struct{ Name, Address, Instance, ErrorLog string }
	var recorded []server
	for _, db := range s.databases() {
		log, err := s.linkErrorLog(db)
		if err != nil {
			return err
		}
		recorded = append(recorded, server{db.name, db.Addr(), db.instance, log})
	}
	values := struct {
		Store, Listen, Prometheus, PasswordFile, Grafana, TokenFile, Out, Loki, Alertmanager string
		Servers                                                                              []server
	}{
		Store: s.StoreDir(), Listen: s.Listen, Prometheus: s.Prometheus.URL, PasswordFile: s.path("collector.pw"),
		Grafana: s.GrafanaURL, TokenFile: s.path("grafana.token"),
		Out: s.path("postmortems"), Loki: s.LokiURL, Alertmanager: s.Alertmanager.URL,
		Servers: recorded,
	}
	var out bytes.Buffer
	if err := configuration.Execute(&out, values); err != nil {
		return fmt.Errorf("writing collector's configuration: %w", err)
	}
	err := errors.Join(
		os.WriteFile(s.path(deployLog), nil, 0o644), // nothing was deployed yet, and that is known
		os.WriteFile(s.ConfigFile(), out.Bytes(), 0o600),
		os.WriteFile(s.path("collector.pw"), []byte(s.DB1.Password(servers.CollectorAccount)+"\n"), 0o600),
		os.MkdirAll(s.StoreDir(), 0o700))
	if err != nil {
		return fmt.Errorf("writing collector's configuration: %w", err)
	}
	return nil
}

// linkErrorLog makes a server's error log known in the stage's directory, so that
// no path of this machine gets into the evidence. MySQL's is read over SQL.
func (s *Stage) linkErrorLog(db database) (string, error) {
	if db.Flavour == servers.FlavourMySQL {
		return "", nil
	}
	name := db.name + "-error.log"
	if err := os.Symlink(db.ErrorLog(), s.path(name)); err != nil {
		return "", fmt.Errorf("writing collector's configuration: %w", err)
	}
	return name, nil
}

func (s *Stage) awaitCollector(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, serveLimit)
	defer cancel()
	for {
		_, err := s.Metrics(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.collector.Done():
			log, _ := os.ReadFile(s.ServeLog()) // best effort: it only explains
			return fmt.Errorf("collector serve ended; its log:\n%s", log)
		case <-ctx.Done():
			return fmt.Errorf("collector serve does not answer: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Metrics is the text of collector's own /metrics.
func (s *Stage) Metrics(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Listen+"/metrics", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("collector's /metrics answers %s", resp.Status)
	}
	return string(body), err
}

// Draft runs `collector draft` for a window, in the stage's directory, so that no
// path of this machine gets into the evidence, and returns the draft's directory.
// What it said stands in DraftLog.
func (s *Stage) Draft(ctx context.Context, from, to time.Time, title, out string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, draftLimit)
	defer cancel()
	out, err := filepath.Abs(out)
	if err := errors.Join(err, os.MkdirAll(out, 0o755)); err != nil {
		return "", fmt.Errorf("drafting: %w", err)
	}
	log, err := os.Create(s.DraftLog())
	if err != nil {
		return "", fmt.Errorf("drafting: %w", err)
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, s.Program, "draft", "--config", s.ConfigFile(), "--cluster", Cluster,
		"--from", rfc3339(from), "--to", rfc3339(to), "--title", title, "--out", out)
	var stdout bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, &stdout, log
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(s.DraftLog()) // best effort: it only explains
		return "", fmt.Errorf("collector draft: %w\n%s", err, said)
	}
	dir := strings.TrimSpace(stdout.String())
	if _, err := os.Stat(filepath.Join(dir, "timeline.json")); err != nil {
		return "", fmt.Errorf("collector draft printed %q: %w", dir, err)
	}
	return dir, nil
}

// Verify runs `collector verify` on a draft.
func (s *Stage) Verify(ctx context.Context, draft string) error {
	if out, err := exec.CommandContext(ctx, s.Program, "verify", draft).CombinedOutput(); err != nil {
		return fmt.Errorf("collector verify: %w\n%s", err, out)
	}
	return nil
}

func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// ConfigFile is collector's configuration.
func (s *Stage) ConfigFile() string { return s.path("collector.yaml") }

// StoreDir is where collector records.
func (s *Stage) StoreDir() string { return s.path("store") }

// ServeLog is what `collector serve` printed.
func (s *Stage) ServeLog() string { return s.path("serve.log") }

// DraftLog is what `collector draft` said while it drafted.
func (s *Stage) DraftLog() string { return s.path("draft.log") }
