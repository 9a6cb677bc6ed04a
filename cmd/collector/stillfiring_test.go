package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/sources/sourcetest"
)

// TestStillFiring: who may end an alert of which nothing is heard, and who keeps it
// up. The servers are imitations: no real one can be made slow or lie.
func TestStillFiring(t *testing.T) {
	const lists, denies, ignorant, pends = "lists", "denies", "ignorant", "pends" // of Prometheus
	const holds, forgot, young, garbage, hangs, down = "holds", "forgot", "young", "garbage", "hangs", "down"
	for name, tt := range map[string]struct {
		prometheus, alertmanagers []string
		want                      string // fires, ended, unknown
		fails                     string // part of the error
	}{
		"Prometheus lists it":                   {[]string{lists}, nil, "fires", ""},
		"Prometheus denies it":                  {[]string{denies}, nil, "ended", ""},
		"Prometheus waits for its `for`":        {[]string{pends}, nil, "unknown", ""},
		"one waits, Alertmanager forgot it":     {[]string{pends}, []string{forgot}, "unknown", ""},
		"it is no rule of Prometheus":           {[]string{ignorant}, nil, "unknown", ""},
		"one of two lists it":                   {[]string{denies, lists}, nil, "fires", ""},
		"one of two is down":                    {[]string{denies, down}, nil, "unknown", "prometheus/p1: "},
		"one lists it, one is down":             {[]string{lists, down}, nil, "fires", "prometheus/p1: "},
		"nobody is configured":                  {nil, nil, "unknown", ""},
		"both deny it":                          {[]string{denies}, []string{forgot}, "ended", ""},
		"Alertmanager alone lost it":            {[]string{lists}, []string{forgot}, "fires", ""},
		"Alertmanager holds what is over":       {[]string{denies}, []string{holds}, "fires before", ""},
		"Alertmanager holds it":                 {[]string{ignorant}, []string{holds}, "fires before", ""},
		"only Alertmanager can know":            {[]string{ignorant}, []string{forgot}, "ended", ""},
		"only Alertmanager is asked":            {nil, []string{forgot}, "ended", ""},
		"one of a pair holds it":                {[]string{denies}, []string{forgot, holds}, "fires before", ""},
		"one of a pair is down":                 {[]string{denies}, []string{forgot, down}, "unknown", "alertmanager/a1: "},
		"one of a pair was restarted":           {[]string{denies}, []string{forgot, young}, "unknown", ""},
		"Alertmanager was restarted":            {[]string{lists}, []string{young}, "fires", ""},
		"Alertmanager answers garbage":          {[]string{denies}, []string{garbage}, "unknown", "alertmanager/a0: the answer is not one of Alertmanager's"},
		"Alertmanager hangs":                    {[]string{denies}, []string{hangs}, "unknown", "alertmanager/a0: no answer within the time limit"},
		"it fires, though Alertmanager hangs":   {[]string{lists}, []string{hangs}, "fires", "alertmanager/a0: "},
		"it fires, though Alertmanager is down": {[]string{lists}, []string{down}, "fires", "alertmanager/a0: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "mysql: [{name: db1, address: '127.0.0.1:1', user: c}]\nprometheus:\n"
			for i, kind := range tt.prometheus {
				text += fmt.Sprintf("  - {name: p%d, url: '%s'}\n", i, imitated(t, kind))
			}
			text += "alertmanager:\n"
			for i, kind := range tt.alertmanagers {
				text += fmt.Sprintf("  - {name: a%d, url: '%s', timeout: 2s}\n", i, imitated(t, kind))
			}
			began := time.Now()
			answers, err := stillFiring(t.Context(), asked(t, text), []incident.Alert{down1()}, memory)
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("the error is %v, want %q", err, tt.fails)
			}
			answer, known := answers[down1().Key()]
			got := "unknown"
			switch {
			case known && answer.Firing && answer.At.Before(began.Add(-time.Minute)):
				got = "fires before"
			case known && answer.Firing:
				got = "fires"
			case known && !answer.At.Before(began):
				got = "ended"
			}
			if got != tt.want {
				t.Errorf("%s (%+v), want %s", got, answer, tt.want)
			}
		})
	}
}

// asked are the servers of a configuration that are asked what fires.
func asked(t *testing.T, text string) prepared {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all, err := witnesses(c)
	if err != nil {
		t.Fatal(err)
	}
	return prepared{config: c, witnesses: all}
}

func down1() incident.Alert { return labelled("Down") }

// labelled is an alert of the cluster shop.
func labelled(name string) incident.Alert {
	labels := map[string]string{"alertname": name, "cluster": "shop"}
	set := model.LabelSet{}
	for k, v := range labels {
		set[model.LabelName(k)] = model.LabelValue(v)
	}
	return incident.Alert{Fingerprint: set.Fingerprint().String(), Status: incident.Firing, Labels: labels}
}

// imitated is the URL of a server that answers in one way.
func imitated(t *testing.T, kind string) string {
	t.Helper()
	if kind == "down" {
		return "http://127.0.0.1:1"
	}
	return sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind == "hangs" {
			<-r.Context().Done()
			return
		}
		var alerts, rules []any
		alert := map[string]any{"labels": down1().Labels, "state": "firing", "activeAt": time.Now(), "value": "1"}
		started := time.Now().Add(-time.Hour)
		switch kind {
		case "garbage":
			_, _ = io.WriteString(w, `{"status":"success","data":[]}`)
			return
		case "young":
			started = time.Now().Add(-time.Minute)
		case "lists":
			alerts = append(alerts, alert)
		case "pends":
			alert["state"] = "pending"
			alerts = append(alerts, alert)
		case "denies":
			rules = append(rules, map[string]any{"type": "alerting", "name": "Down", "query": "up == 0", "health": "ok", "state": "inactive",
				"labels": map[string]any{}, "annotations": map[string]any{}, "alerts": []any{}})
		case "ignorant":
			alerts = append(alerts, map[string]any{"labels": map[string]string{"alertname": "Other"}, "state": "firing", "activeAt": time.Now(), "value": "1"})
		case "holds":
			alerts = append(alerts, map[string]any{"fingerprint": down1().Fingerprint, "labels": down1().Labels, "startsAt": started,
				"updatedAt": time.Now().Add(-3 * time.Minute), "status": map[string]any{"state": "suppressed"}})
		}
		if alerts == nil {
			alerts = []any{}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"/api/v1/alerts": map[string]any{"status": "success", "data": map[string]any{"alerts": alerts}},
			"/api/v1/rules":  map[string]any{"status": "success", "data": map[string]any{"groups": []any{map[string]any{"name": "g", "rules": rules}}}},
			"/api/v2/alerts": alerts, "/api/v2/silences": []any{},
			"/api/v2/status": map[string]any{"uptime": started, "versionInfo": map[string]any{"version": "0.33.0"}, "cluster": map[string]any{}},
		}[r.URL.Path])
	}))
}
