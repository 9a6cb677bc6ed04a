package web

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// message is what Alertmanager's webhook sends: notify/webhook.Message, whose
// package would bring every other notifier along.
type message struct {
	*template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"`
}

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// alert is one that fires; number tells it from others.
func alert(number int) template.Alert {
	return template.Alert{
		Status: "firing",
		Labels: template.KV{
			"alertname": "MySQLReplicationLag", "cluster": "shop", "instance": fmt.Sprintf("db%d:9104", number),
			"job": "mysqld", "severity": "critical", "team": "dba",
		},
		Annotations: template.KV{
			"summary":     fmt.Sprintf("db%d is 47 s behind its source", number),
			"description": "The replica applies changes later than its source makes them; readers see old data.",
			"runbook_url": "https://runbooks.example/mysql/replication-lag",
		},
		StartsAt: noon, GeneratorURL: "http://prometheus.example:9090/graph?g0.expr=mysql_slave_lag_seconds+%3E+30&g0.tab=1",
	}
}

// wire is a notification of these alerts as Alertmanager writes it.
func wire(t testing.TB, alerts ...template.Alert) string {
	t.Helper()
	data := &template.Data{
		Receiver: "collector", Status: "firing", Alerts: alerts, GroupLabels: template.KV{"cluster": "shop"},
		CommonLabels: template.KV{"cluster": "shop"}, CommonAnnotations: template.KV{}, ExternalURL: "http://alertmanager.example:9093",
	}
	text, err := json.Marshal(message{Data: data, Version: "4", GroupKey: `{}/{}:{cluster="shop"}`})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// firing is a notification of so many alerts.
func firing(t testing.TB, count int) string {
	t.Helper()
	alerts := make([]template.Alert, count)
	for i := range alerts {
		alerts[i] = alert(i)
	}
	return wire(t, alerts...)
}
