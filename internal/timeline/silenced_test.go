package timeline

import (
	"strings"
	"testing"
	"time"
)

// silenceOf is a silence with matchers, from one offset to another.
func silenceOf(matchers string, start, end time.Duration) Event {
	e := episode(Silence, "", start, end)
	e.Source, e.Grade, e.Evidence = "alertmanager", Logged, []string{"alertmanager-00000001"}
	e.Attributes["matchers"] = matchers
	return e
}

// firedAlert is an alert as Prometheus measures it.
func firedAlert(name, instance string, start, end time.Duration) Event {
	e := episode(Alert, instance, start, end)
	e.Source, e.Key, e.Evidence = "prometheus", name+instance, []string{"prometheus-00000001"}
	e.Attributes = map[string]string{"alertname": name, "severity": "page", "label_instance": instance}
	return e
}

func TestSilencesNameTheAlertsThatTheyMatch(t *testing.T) {
	const m = time.Minute
	complete := func(e Event) Event { e.Attributes["received_at"] = FormatTime(nine); return e }
	lag, down := firedAlert("ReplicaLag", "db2:9104", 10*m, 20*m), firedAlert("Down", "db1:9104", 10*m, 20*m)
	for name, tt := range map[string]struct {
		matchers   string
		start, end time.Duration
		alerts     []Event
		want       string
	}{
		"one":                  {`alertname="ReplicaLag"`, 0, goesOn, []Event{lag, down}, "ReplicaLag (db2:9104)"},
		"an expression":        {`instance=~"db[12]:.*"`, 0, goesOn, []Event{lag, down}, "Down (db1:9104), ReplicaLag (db2:9104)"},
		"it is anchored":       {`instance=~"db"`, 0, goesOn, []Event{lag, down}, ""},
		"not":                  {`severity="page", instance!="db1:9104"`, 0, goesOn, []Event{lag, down}, "ReplicaLag (db2:9104)"},
		"not an expression":    {`severity="page", instance!~"db1:.*"`, 0, goesOn, []Event{lag, down}, "ReplicaLag (db2:9104)"},
		"either":               {`alertname="Down" or alertname="Other"`, 0, goesOn, []Event{lag, down}, "Down (db1:9104)"},
		"over before":          {`alertname="Down"`, 0, 5 * m, []Event{lag, down}, ""},
		"after":                {`alertname="Down"`, 30 * m, goesOn, []Event{lag, down}, ""},
		"a label that may be":  {`cluster!="bank", alertname="Down"`, 0, goesOn, []Event{down}, ""},
		"a label that is not":  {`cluster!="bank", alertname="Other"`, 0, goesOn, []Event{complete(firedAlert("Other", "db1:9104", 10*m, 20*m))}, "Other (db1:9104)"},
		"no matchers at all":   {`nonsense`, 0, goesOn, []Event{lag, down}, ""},
		"no expression at all": {`alertname=~"("`, 0, goesOn, []Event{lag, down}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range build(append([]Event{silenceOf(tt.matchers, tt.start, tt.end)}, tt.alerts...)...).Events {
				if e.Kind != Silence {
					continue
				}
				if got := e.Attributes["matching_alerts"]; got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if cites := strings.Contains(strings.Join(e.Evidence, " "), "prometheus-"); cites != (tt.want != "") {
					t.Errorf("it cites %v", e.Evidence)
				}
			}
		})
	}
}

// FuzzMatchers: no matchers make it fall over.
func FuzzMatchers(f *testing.F) {
	f.Add(`alertname="ReplicaLag", instance=~"db2:.*" or severity!="page"`)
	f.Add(`a="\"\\", b!~"("`)
	f.Add(`a=`)
	f.Fuzz(func(t *testing.T, text string) {
		sets, ok := parseMatchers(text)
		if !ok && sets != nil {
			t.Errorf("%q: %v, and is none", text, sets)
		}
		sets.match(firedAlert("ReplicaLag", "db2:9104", 0, goesOn))
	})
}
