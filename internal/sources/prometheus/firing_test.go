package prometheus

import (
	"encoding/json"
	"fmt"
	"testing"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// TestFiring reads answers in the form of a real Prometheus's.
func TestFiring(t *testing.T) {
	rule := func(name, health string) string {
		return fmt.Sprintf(`{"type":"alerting","name":%q,"query":"up == 0","duration":60,"labels":{},"annotations":{},"alerts":[],"health":%q,"state":"inactive","lastEvaluation":"2026-11-21T09:00:00Z"}`, name, health)
	}
	alert := func(name, instance, state string) string {
		return fmt.Sprintf(`{"labels":{"alertname":%q,"instance":%q},"annotations":{},"state":%q,"activeAt":"2026-11-21T09:00:00Z","value":"1e+00"}`, name, instance, state)
	}
	var rules promv1.RulesResult
	var alerts promv1.AlertsResult
	for into, text := range map[any]string{
		&rules: `{"groups":[{"name":"a","file":"a.yml","interval":15,"rules":[` + rule("Down", "ok") + "," + rule("Slow", "ok") + "," + rule("Broken", "err") + "," + rule("New", "unknown") + "," + rule("Twice", "ok") +
			`,{"type":"recording","name":"job:up","query":"sum(up)","health":"ok"}]},{"name":"b","file":"b.yml","interval":15,"rules":[` + rule("Twice", "err") + `]}]}`,
		&alerts: `{"alerts":[` + alert("Down", "db1", "firing") + "," + alert("Slow", "db1", "pending") + "," + alert("Broken", "db2", "firing") + `]}`,
	} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	f := readFiring(rules, alerts)
	for name, tt := range map[string]struct {
		labels map[string]string
		want   Says
	}{
		"it fires":                         {map[string]string{"alertname": "Down", "instance": "db1"}, Fires},
		"with an external label":           {map[string]string{"alertname": "Down", "instance": "db1", "region": "eu"}, Fires},
		"with a label less":                {map[string]string{"alertname": "Down"}, Fires},
		"of another instance":              {map[string]string{"alertname": "Down", "instance": "db2"}, Inactive},
		"it is pending":                    {map[string]string{"alertname": "Slow", "instance": "db1"}, Undecided},
		"another is pending":               {map[string]string{"alertname": "Slow", "instance": "db2"}, Inactive},
		"its evaluation fails":             {map[string]string{"alertname": "Broken", "instance": "db1"}, Undecided},
		"it fires, the evaluation fails":   {map[string]string{"alertname": "Broken", "instance": "db2"}, Fires},
		"it was not evaluated yet":         {map[string]string{"alertname": "New"}, Undecided},
		"one of two rules fails":           {map[string]string{"alertname": "Twice"}, Undecided},
		"there is no rule":                 {map[string]string{"alertname": "Other"}, NoRule},
		"a recording rule is not an alert": {map[string]string{"alertname": "job:up"}, NoRule},
	} {
		t.Run(name, func(t *testing.T) {
			if got := f.Of(tt.labels); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
