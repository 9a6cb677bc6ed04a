package timeline

import (
	"fmt"
	"testing"
	"time"
)

func storming(n int, start time.Duration) (out []Event) {
	for i := range n {
		e := alertAt(start+time.Duration(i)*time.Second, start+time.Duration(300+i)*time.Second)
		e.Target, e.Key = fmt.Sprintf("db%d", i), fmt.Sprint("instance", i)
		e.Attributes["severity"] = "warning"
		e.Evidence = []string{fmt.Sprintf("prometheus-%08d", i/100)}
		out = append(out, e)
	}
	return out
}

func TestAStormIsOneLine(t *testing.T) {
	alerts := storming(400, time.Minute)
	alerts[17].Attributes["severity"] = "page"
	got := build(alerts...)
	if len(got.Events) != 1 {
		t.Fatalf("%d events, want 1", len(got.Events))
	}
	e := got.Events[0]
	if e.Attributes["instances"] != "400" || e.Attributes["peak"] != "300" {
		t.Errorf("instances %s, peak %s; want 400 and 300 (one starts each second and lasts 300)", e.Attributes["instances"], e.Attributes["peak"])
	}
	if len(e.Evidence) != 4 {
		t.Errorf("cites %v, want the 4 records that hold the instances", e.Evidence)
	}
	if e.Severity != Critical {
		t.Errorf("severity %s, want that of the worst alert", e.Severity)
	}
	if !e.Start.At.Equal(at(time.Minute)) || !e.End.At.Equal(at(759*time.Second)) {
		t.Errorf("from %v to %v, want the first start and the last end", e.Start.At, e.End.At)
	}
}

func TestFewAlertsAndSeparateStormsStayApart(t *testing.T) {
	if got := build(storming(5, time.Minute)...); len(got.Events) != 5 {
		t.Errorf("5 alerts became %d events, want 5", len(got.Events))
	}
	two := append(storming(10, time.Minute), storming(10, 30*time.Minute)...)
	if got := build(two...); len(got.Events) != 2 {
		t.Errorf("two storms became %d events, want 2", len(got.Events))
	}
}
