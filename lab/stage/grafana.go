package stage

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"collector/lab/standin"
)

// grafanaToken is of the service account that collector has in the stand-in.
const grafanaToken = "glsa_stand_in_not_a_real_one"

// startGrafana serves the stand-in for Grafana with Options.Dashboard over the
// stage's real Prometheus, with the permissions of a Viewer.
func (s *Stage) startGrafana(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.GrafanaURL = "http://" + listener.Addr().String()
	s.Grafana = &standin.Grafana{
		AppURL: s.GrafanaURL, Tokens: map[string]string{grafanaToken: standin.Viewer},
		Sources: []standin.Source{{
			UID: "prometheus", Name: "Prometheus", Type: "prometheus", JSONData: map[string]any{"timeInterval": "1s"},
			DataSource: standin.Prometheus{URL: s.Prometheus.URL, Scraped: time.Second},
		}},
	}
	server := &http.Server{Handler: s.Grafana, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	s.undo = append(s.undo, server.Close)
	if err := s.Grafana.Import(s.Dashboard); err != nil {
		return err
	}
	if err := os.WriteFile(s.path("grafana.token"), []byte(grafanaToken+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the stand-in's token: %w", err)
	}
	return nil
}
