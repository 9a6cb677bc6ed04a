package web

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/template"

	"collector/internal/incident"
)

// FuzzNotification feeds the webhook's decoder with what real Alertmanagers sent,
// and variations of it. What it accepts must be usable, and the same again when
// Alertmanager's own types write it.
func FuzzNotification(f *testing.F) {
	recorded, err := filepath.Glob("testdata/alertmanager-*/*.json")
	if err != nil || len(recorded) == 0 {
		f.Fatalf("no recorded notifications: %v", err)
	}
	for _, file := range recorded {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"version":"4","alerts":[` + oneAlert + `],"truncatedAlerts":1e3,"version":null}`))
	f.Add([]byte(`{"version":"4","later":[[[{"a":[null,1e999]}]]],"alerts":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeNotification(bytes.NewReader(data))
		if err != nil {
			return
		}
		again := []template.Alert{}
		for _, a := range got.Alerts {
			if problem := unusable(a); problem != "" {
				t.Errorf("%s: %+v", problem, a)
			}
			again = append(again, template.Alert{
				Fingerprint: a.Fingerprint, Status: a.Status, Labels: a.Labels, Annotations: a.Annotations,
				StartsAt: a.StartsAt, EndsAt: a.EndsAt, GeneratorURL: a.GeneratorURL,
			})
		}
		if got.Truncated < 0 {
			t.Errorf("%d alerts truncated", got.Truncated)
		}
		twice, err := decodeNotification(strings.NewReader(wire(t, again...)))
		if err != nil || len(again) > 0 && !reflect.DeepEqual(twice.Alerts, got.Alerts) {
			t.Errorf("%v\nonce  %+v\ntwice %+v", err, got.Alerts, twice.Alerts)
		}
	})
}

// unusable says what is wrong with an alert that was accepted.
func unusable(a incident.Alert) string {
	switch {
	case len(a.Labels) == 0:
		return "no labels"
	case len(a.Fingerprint) != fingerprintLength || strings.Trim(a.Fingerprint, "0123456789abcdef") != "":
		return "no fingerprint"
	case a.StartsAt.IsZero():
		return "no start"
	case a.Status != "firing" && a.Status != "resolved":
		return "no status"
	case a.EndsAt.IsZero() != (a.Status == "firing"):
		return "an end that does not fit the status"
	}
	return ""
}
