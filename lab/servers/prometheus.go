package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The versions of Prometheus.
const (
	Prometheus242 = "2.42" // Debian stable's
	Prometheus35  = "3.5"  // Debian sid's
)

// ScrapeTarget is one thing that Prometheus scrapes.
type ScrapeTarget struct {
	Job    string
	Addr   string            // host:port
	Labels map[string]string // an "instance" here replaces host:port
}

// PrometheusOptions are all optional.
type PrometheusOptions struct {
	Version       string        // Prometheus242 (default) or Prometheus35
	Interval      time.Duration // of scrapes and rule evaluation; default 1 s
	Targets       []ScrapeTarget
	Rules         string   // a whole rules file, "groups: …"
	Alertmanagers []string // host:port of each
	Config        string   // a whole configuration instead of the above
	StorageDir    string   // an existing directory of blocks; default an empty one
	Retention     string   // of the storage, "10y"; needed for old backfilled blocks
	RoutePrefix   string   // "/prometheus": everything is served below it
	Args          []string // further flags
}

// Prometheus starts a server and returns when it is ready. The caller closes it.
func Prometheus(ctx context.Context, opts PrometheusOptions) (*HTTPServer, error) {
	program, err := chosen(opts.Version, "prometheus",
		release{Prometheus242, KindPrometheus2, "prometheus"}, release{Prometheus35, KindPrometheus3, sidPath("usr/bin/prometheus")})
	if err != nil {
		return nil, err
	}
	dir, addr, err := place("prometheus")
	if err != nil {
		return nil, err
	}
	config := opts.Config
	if config == "" {
		config = prometheusConfig(opts, dir)
	}
	storage := opts.StorageDir
	if storage == "" {
		storage = filepath.Join(dir, "data")
	}
	retention := opts.Retention
	if retention == "" {
		retention = "30d"
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(opts.Rules), 0o600))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("configuring prometheus: %w", err), os.RemoveAll(dir))
	}
	args := []string{
		"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path=" + storage,
		"--storage.tsdb.retention.time=" + retention, "--web.listen-address=" + addr, "--web.enable-lifecycle",
	}
	if opts.RoutePrefix != "" {
		args = append(args, "--web.route-prefix="+opts.RoutePrefix)
	}
	return startHTTP(ctx, dir, addr, opts.RoutePrefix+"/-/ready", program, append(args, opts.Args...)...)
}

// prometheusConfig writes the configuration as JSON, which is YAML.
func prometheusConfig(opts PrometheusOptions, dir string) string {
	interval := opts.Interval
	if interval == 0 {
		interval = time.Second
	}
	every := fmt.Sprintf("%dms", interval.Milliseconds())
	byJob := map[string][]any{}
	var jobs []any
	for _, target := range opts.Targets {
		byJob[target.Job] = append(byJob[target.Job], map[string]any{"targets": []string{target.Addr}, "labels": target.Labels})
		if len(byJob[target.Job]) == 1 {
			jobs = append(jobs, target.Job)
		}
	}
	var scrapes []any
	for _, job := range jobs {
		scrapes = append(scrapes, map[string]any{"job_name": job, "static_configs": byJob[job.(string)]})
	}
	config := map[string]any{
		"global":         map[string]any{"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
		"scrape_configs": scrapes,
	}
	if opts.Rules != "" {
		config["rule_files"] = []string{filepath.Join(dir, "rules.yml")}
	}
	if len(opts.Alertmanagers) > 0 {
		config["alerting"] = map[string]any{"alertmanagers": []any{
			map[string]any{"static_configs": []any{map[string]any{"targets": opts.Alertmanagers}}},
		}}
	}
	out, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return "# " + err.Error() // maps and strings always encode
	}
	return string(out)
}

// release is one of the versions of a program.
type release struct {
	version string
	kind    Kind
	program string
}

// chosen is the program of a version; the first release is the default.
func chosen(version, what string, releases ...release) (string, error) {
	var known []string
	for i, r := range releases {
		known = append(known, r.version)
		if version == r.version || version == "" && i == 0 {
			return r.program, Available(r.kind)
		}
	}
	return "", fmt.Errorf("unknown version %q of %s: %s", version, what, strings.Join(known, " or "))
}
