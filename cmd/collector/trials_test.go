package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/config"
	"collector/internal/logtest"
)

// TestCheckAlertmanager: `collector check` tries every Alertmanager.
func TestCheckAlertmanager(t *testing.T) {
	for name, tt := range map[string]struct {
		kind string
		code int
		want string
	}{
		"it works":   {"forgot", exitOK, "ok        alertmanager/shop    version 0.33.0, alerts firing: 0, silences in force: 0 of 0 kept\n"},
		"it holds":   {"holds", exitOK, "ok        alertmanager/shop    version 0.33.0, alerts firing: 1, silences in force: 0 of 0 kept\n"},
		"it lies":    {"garbage", exitFailed, "failed    alertmanager/shop    http://127.0.0.1:"},
		"it is down": {"down", exitFailed, "→ check url (with its path prefix) and http_client of alertmanager shop\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, deploys := filepath.Join(dir, "collector.yaml"), filepath.Join(dir, "deploy.log")
			text := fmt.Sprintf("storage: {path: %s}\ndeploys: [{name: d, file: {paths: [%s]}}]\nalertmanager: [{name: shop, url: '%s'}]\n", dir, deploys, imitated(t, tt.kind))
			line := `{"time":"2026-11-21T09:00:00Z","service":"shop","version":"1","event":"deploy_finished"}` + "\n"
			for path, content := range map[string]string{file: text, deploys: line} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			code := run(t.Context(), []string{"check", "-c", file}, app{stdout: &out, stderr: io.Discard, now: time.Now})
			if code != tt.code || !strings.Contains(out.String(), tt.want) {
				t.Errorf("code %d, want %d with %q in\n%s", code, tt.code, tt.want, out.String())
			}
		})
	}
}

// TestProbedAlertmanager: the daemon tries it too, and its metrics end with it.
func TestProbedAlertmanager(t *testing.T) {
	text := fmt.Sprintf("mysql: [{name: db1, address: '127.0.0.1:1', user: c}]\nalertmanager: [{name: shop, url: '%s'}, {name: gone, url: 'http://127.0.0.1:1'}]\n", imitated(t, "forgot"))
	c, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var log logtest.Buffer
	d := newDaemon(c, nil, newLog(&log))
	p, err := d.prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	d.adopt(p)
	d.probeOnce(context.Background())
	says := func() string {
		families, err := d.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, f := range families {
			if f.GetName() == prometheus.BuildFQName(namespace, "source", "up") {
				for _, m := range f.GetMetric() {
					lines = append(lines, fmt.Sprint(m.GetLabel()[0].GetValue(), " ", m.GetGauge().GetValue()))
				}
			}
		}
		return strings.Join(lines, ", ")
	}
	if got := says(); got != "alertmanager/gone 0, alertmanager/shop 1, history/drafts 1, notes/people 1, pushed/changes 1, webhook/alertmanager 1" {
		t.Errorf("up: %s", got)
	}
	if !strings.Contains(log.String(), "source=alertmanager/gone level=failed") {
		t.Errorf("the log says %s", log.String())
	}
	p.witnesses = slices.DeleteFunc(slices.Clone(p.witnesses), func(w witness) bool { return w.label() == "alertmanager/gone" })
	d.adopt(p)
	if got := says(); got != "alertmanager/shop 1, history/drafts 1, notes/people 1, pushed/changes 1, webhook/alertmanager 1" {
		t.Errorf("up after a reload: %s", got)
	}
}
