package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
)

// told puts alerts into the book of the bench, as the webhook does.
func (b *bench) told(t *testing.T, alerts ...incident.Alert) {
	t.Helper()
	book, err := incident.Open(t.Context(), incident.Options{Path: b.storage, Config: incident.DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }() // what was received is on disk
	if err := book.Receive(t.Context(), incident.Notification{Alerts: alerts, ReceivedAt: b.now}); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Advance(t.Context(), b.now); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) alert(name, cluster string) incident.Alert {
	return incident.Alert{
		Fingerprint: "fp-" + name, Status: incident.Firing, StartsAt: b.now.Add(-10 * time.Minute),
		Labels: map[string]string{"alertname": name, "cluster": cluster, "instance": "db1:9104\x1b[2J"},
	}
}

// TestIncidentsCommand goes through the life of two incidents as an operator does.
func TestIncidentsCommand(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	b.told(t, b.alert("MySQLDown", "shop"), b.alert("DiskFull", "shop"), b.alert("Lag", "bank"))
	began := b.now.Add(-10 * time.Minute).UTC().Format("2006-01-02T1504Z-")
	shop, bank := began+"shop", began+"bank"
	tests := []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"incidents"}, exitOK, []string{"ID", shop, bank, "open", "cluster=shop", "none"}},
		{[]string{"incidents", "list"}, exitOK, []string{shop, bank}},
		{[]string{"incidents", "show", shop}, exitOK, []string{shop + ": open", "window: ", "2 alerts, 2 firing", "MySQLDown", "still fires", "fp-DiskFull", "instance=db1:9104\uFFFD[2J", "draft: none yet"}},
		{[]string{"incidents", "show", began + "shp"}, exitUsage, []string{`no incident "` + began + `shp"; near it: ` + shop}},
		{[]string{"incidents", "split", shop, "DiskFull"}, exitOK, []string{shop + "-2"}},
		{[]string{"incidents", "split", shop, "Nothing"}, exitUsage, []string{`has no alert "Nothing"`, "fp-MySQLDown (MySQLDown)"}},
		{[]string{"incidents", "merge", bank, shop + "-2"}, exitOK, []string{shop + "-2 is part of " + bank}},
		{[]string{"incidents", "show", shop + "-2"}, exitOK, []string{bank + ": open", "It includes " + shop + "-2."}},
		{[]string{"incidents", "redraft", bank}, exitOK, []string{"due for a new draft"}},
		{[]string{"incidents", "close", bank}, exitOK, []string{bank + " is closed"}},
		{[]string{"incidents", "close", bank}, exitFailed, []string{"closed already"}},
		{[]string{"incidents", "show", bank}, exitOK, []string{bank + ": closed", "closed by an operator", "a new one was asked for"}},
		{[]string{"incidents", "show"}, exitUsage, []string{"name one incident", "collector incidents show --help"}},
		{[]string{"incidents", "merge", bank}, exitUsage, []string{"name two incidents"}},
		{[]string{"incidents", "split", bank}, exitUsage, []string{"name an incident and its alerts"}},
		{[]string{"incidents", "lst"}, exitUsage, []string{`unexpected "lst"`}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			code, stdout, stderr := b.collector(t, append(tt.args, "-c", c)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
			}
			for _, want := range tt.says {
				if !strings.Contains(stdout+stderr, want) {
					t.Errorf("it does not say %q:\n%s%s", want, stdout, stderr)
				}
			}
			if strings.Contains(stdout, "\x1b") {
				t.Errorf("a label wrote to the terminal: %q", stdout)
			}
		})
	}
}

func TestIncidentsJSON(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	b.told(t, b.alert("MySQLDown", "shop"))
	_, stdout, stderr := b.collector(t, "incidents", "--json", "-c", c)
	var list struct {
		Schema    string
		Incidents []struct {
			ID, State string
			ClosedAt  *time.Time `json:"closed_at"`
			Count     int        `json:"alert_count"`
			Alerts    []any
		}
	}
	if err := json.Unmarshal([]byte(stdout), &list); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	if list.Schema != "collector/incidents/v1" || len(list.Incidents) != 1 || list.Incidents[0].Count != 1 || list.Incidents[0].ClosedAt != nil || list.Incidents[0].Alerts != nil {
		t.Fatalf("got %s", stdout)
	}
	_, stdout, stderr = b.collector(t, "incidents", "show", list.Incidents[0].ID, "--json", "-c", c)
	var one struct {
		Alerts []struct {
			Fingerprint string
			To          *time.Time
			Labels      map[string]string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &one); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	if len(one.Alerts) != 1 || one.Alerts[0].Fingerprint != "fp-MySQLDown" || one.Alerts[0].To != nil || one.Alerts[0].Labels["cluster"] != "shop" {
		t.Errorf("got %s", stdout)
	}
}

func TestIncidentsOfNothing(t *testing.T) {
	b := newBench(t)
	code, _, stderr := b.collector(t, "incidents", "-c", b.config(t))
	if code != exitFailed || !strings.Contains(stderr, "no incident was recorded yet") || !strings.Contains(stderr, "collector serve") {
		t.Errorf("code %d: %s", code, stderr)
	}
}
