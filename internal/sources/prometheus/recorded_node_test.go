package prometheus

import (
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

var recordNode = flag.Bool("record-node", false, "stage the recorded series of node_exporter anew: two minutes of an otherwise calm machine")

// nodeRecording is real series of node_exporter, and when the machine was busy.
type nodeRecording struct {
	Quiet   timeline.Window     `json:"quiet"`
	Window  timeline.Window     `json:"window"`
	Busy    time.Time           `json:"busy"` // every processor, from here
	Calm    time.Time           `json:"calm"` // to here
	Before  []timeline.Evidence `json:"before"`
	Records []timeline.Evidence `json:"records"`
}

const nodeRecordingFile = "testdata/recorded_node.json"

// TestRecordedNode runs the detector on what a real node_exporter said of a calm
// machine, all of whose processors were then busy for fifteen seconds.
func TestRecordedNode(t *testing.T) {
	if *recordNode {
		stageNode(t)
	}
	text, err := os.ReadFile(nodeRecordingFile)
	if err != nil {
		t.Fatal(err)
	}
	var r nodeRecording
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	calm, err := Interpret(r.Quiet, r.Before)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range calm.Events {
		t.Errorf("the quiet half is not quiet: %s", e.Summary)
	}
	if len(calm.Series) < 6 {
		t.Errorf("%d series", len(calm.Series))
	}
	f, err := Interpret(r.Window, r.Records)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Events) != 1 || f.Events[0].Attributes["signal"] != "cpu_busy" || f.Events[0].Target != "db1" || f.Events[0].End == nil {
		t.Fatalf("want cpu_busy on db1 alone, with its end: %+v", f.Events)
	}
	near(t, "onset of cpu_busy", f.Events[0].Start, r.Busy, 8*time.Second)
	// The rate looks 4 s back, and the machine had other things to do at the end.
	if d := f.Events[0].End.At.Sub(r.Calm); d < 0 || d > 6*time.Second {
		t.Errorf("end of cpu_busy is %s after the fact", d)
	}
}

func stageNode(t *testing.T) {
	t.Helper()
	prom := nodePrometheus(t)
	time.Sleep(65 * time.Second)
	var r nodeRecording
	r.Quiet.From = time.Now()
	time.Sleep(25 * time.Second)
	r.Quiet.To, r.Window.From = time.Now(), time.Now()
	time.Sleep(5 * time.Second)
	r.Busy = time.Now()
	var burns sync.WaitGroup
	for range runtime.NumCPU() {
		burns.Go(func() {
			for time.Since(r.Busy) < 15*time.Second {
			}
		})
	}
	burns.Wait()
	r.Calm = time.Now()
	time.Sleep(25 * time.Second)
	r.Window.To = time.Now()
	src := realSource(t, Config{URL: prom.URL, Packs: []string{"node_exporter"}, Baseline: Duration{Duration: time.Minute}}, nodeTarget())
	gather := func(w timeline.Window) []timeline.Evidence {
		records, err := src.Gather(t.Context(), sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			records[i].URL = "" // a port of this machine
		}
		return records
	}
	r.Before, r.Records = gather(r.Quiet), gather(r.Window)
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(nodeRecordingFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
