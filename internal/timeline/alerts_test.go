package timeline

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// measuredAlert is what Prometheus's own series say, told what Alertmanager was told.
func measuredAlert(start, end time.Duration, labels ...string) Event {
	e := episode(Alert, "db1", start, end)
	e.Source, e.Evidence, e.Summary, e.Key = "prometheus", []string{"prometheus-00000001"}, "alert Lag fired", fmt.Sprint(labels)
	e.Start = Between(at(start-15*time.Second), at(start))
	if e.End != nil {
		until := Between(at(end-15*time.Second), at(end))
		e.End = &until
	}
	e.Attributes = map[string]string{"alertname": "Lag"}
	for i := 0; i < len(labels); i += 2 {
		e.Attributes[labels[i]] = labels[i+1]
	}
	return e
}

func toldAlert(start, end time.Duration, labels ...string) Event {
	e := measuredAlert(start, end, labels...)
	e.Grade, e.Source, e.Evidence, e.Target, e.Key = Logged, "webhook", []string{"webhook-00000001"}, "elsewhere", "told "+e.Key
	e.Start = Around(at(start), 5*time.Second)
	if e.End != nil {
		until := Around(at(end), 5*time.Second)
		e.End = &until
	}
	return e
}

func TestOneAlertTwoWitnesses(t *testing.T) {
	const m = time.Minute
	instance := []string{"label_instance", "db1:9104"}
	external := append(slices.Clone(instance), "label_monitor", "eu")
	relabelled := []string{"label_monitor", "eu"}
	tests := []struct {
		name           string
		measured, told []Event
		want           int
	}{
		{"the same labels", []Event{measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(10*m, 20*m, instance...)}, 1},
		{"with external labels", []Event{measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(10*m, 20*m, external...)}, 1},
		{"with labels dropped", []Event{measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(10*m, 20*m, relabelled...)}, 1},
		{"still firing", []Event{measuredAlert(10*m, goesOn, instance...)}, []Event{toldAlert(10*m, goesOn, instance...)}, 1},
		{"another instance", []Event{measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(10*m, 20*m, "label_instance", "db2:9104")}, 2},
		{"another time", []Event{measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(30*m, 40*m, instance...)}, 2},
		{"another severity", []Event{measuredAlert(10*m, 20*m, "severity", "page")}, []Event{toldAlert(10*m, 20*m, "severity", "ticket")}, 2},
		{"the one that shares most labels", []Event{measuredAlert(9*m, 20*m), measuredAlert(10*m, 20*m, instance...)}, []Event{toldAlert(10*m, 20*m, external...)}, 2},
		{"nobody measured it", nil, []Event{toldAlert(10*m, 20*m, instance...)}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := build(slices.Concat(tt.told, tt.measured)...).Events
			if len(got) != tt.want {
				t.Fatalf("%d events, want %d: %+v", len(got), tt.want, got)
			}
			if tt.want == 2 || len(tt.measured) == 0 {
				return
			}
			e := got[0]
			if e.Source != "prometheus" || e.Grade != Measured || e.Target != "db1" || len(e.Evidence) != 2 {
				t.Errorf("the event is %+v", e)
			}
			if !e.Start.At.Equal(at(10*m)) || e.Start.Latest.Sub(e.Start.Earliest) != 10*time.Second {
				t.Errorf("the start is %+v, want that of the sharper witness", e.Start)
			}
		})
	}
}

// TestWitnessesWhoContradictEachOther: what was measured is believed, whose clock is known.
func TestWitnessesWhoContradictEachOther(t *testing.T) {
	got := build(toldAlert(8*time.Minute, 18*time.Minute), measuredAlert(10*time.Minute, 20*time.Minute)).Events
	if len(got) != 1 || !got[0].Start.At.Equal(at(10*time.Minute)) || !got[0].End.At.Equal(at(20*time.Minute)) {
		t.Errorf("got %+v", got)
	}
}

// TestAStormOfWitnesses: thousands of one alert are matched, each with its own, in a
// time that does not grow with their square.
func TestAStormOfWitnesses(t *testing.T) {
	var all []Event
	const storm = 5000
	for n := range storm {
		instance := fmt.Sprintf("db%d:9104", n)
		all = append(all, measuredAlert(10*time.Minute, 20*time.Minute, "label_instance", instance, "severity", "page"),
			toldAlert(10*time.Minute, 20*time.Minute, "label_instance", instance, "severity", "page", "label_monitor", "eu"))
	}
	began := time.Now()
	matched := mergeSame(sameAlerts(all))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(matched) != storm {
		t.Errorf("%d events, want %d", len(matched), storm)
	}
}
