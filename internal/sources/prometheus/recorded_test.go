package prometheus

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

var (
	record = flag.Bool("record", false, "stage the recorded series anew: two minutes of MariaDB, mysqld_exporter, Prometheus and sysbench")
	update = flag.Bool("update", false, "write golden files")
)

// recording is real series, and what was done to the server.
type recording struct {
	Quiet   timeline.Window     `json:"quiet"`   // sysbench alone
	Window  timeline.Window     `json:"window"`  // with the disturbance
	Locked  time.Time           `json:"locked"`  // LOCK TABLES … WRITE
	Freed   time.Time           `json:"freed"`   // UNLOCK TABLES
	Calm    []timeline.Evidence `json:"calm"`    // of Quiet
	Records []timeline.Evidence `json:"records"` // of Window
}

const recordingFile = "testdata/recorded.json"

// TestRecorded runs the detector on series of a real server under sysbench, whose
// tables were locked for fifteen seconds.
func TestRecorded(t *testing.T) {
	if *record {
		stage(t)
	}
	text, err := os.ReadFile(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	calm, err := Interpret(r.Quiet, r.Calm)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range calm.Events {
		t.Errorf("the quiet half is not quiet: %s", e.Summary)
	}
	f, err := Interpret(r.Window, r.Records)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]timeline.Event{}
	golden := ""
	for _, e := range f.Events {
		seen[e.Attributes["signal"]+" "+e.Attributes["direction"]] = e
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		golden += string(line) + "\n"
	}
	for _, c := range f.Checks {
		golden += fmt.Sprintf("check %s\n", c.LookedFor)
	}
	for _, g := range f.Gaps {
		golden += fmt.Sprintf("gap %s\n", g.Reason)
	}
	running, fell := seen["threads_running up"], seen["queries down"]
	if running.Kind == "" || fell.Kind == "" || running.End == nil || fell.End == nil {
		t.Fatalf("threads_running and queries did not leave their baselines and come back:\n%s", golden)
	}
	const within = 2 * time.Second
	for what, d := range map[string]time.Duration{
		"onset of threads_running": running.Start.At.Sub(r.Locked), "end of threads_running": running.End.At.Sub(r.Freed),
	} {
		if d < -100*time.Millisecond || d > within {
			t.Errorf("%s is %s after the fact, at most %s allowed", what, d, within)
		}
	}
	compareGolden(t, "testdata/recorded.golden", golden)
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update || *record {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("findings differ from %s (-update writes them):\n%s", file, got)
	}
}

// stage makes the recording anew.
func stage(t *testing.T) {
	t.Helper()
	servers.Need(t, servers.KindMariaDB, servers.KindExporter14, servers.KindPrometheus2)
	ctx := t.Context()
	db, err := servers.MariaDB(ctx, servers.DBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{"CREATE DATABASE sbtest"} {
		if _, err := db.Admin.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.CreateAccount(ctx, "bench", "bench-pw", "ALL ON sbtest.*"); err != nil {
		t.Fatal(err)
	}
	exporter, err := servers.MySQLdExporter(ctx, db, servers.Exporter014)
	if err != nil {
		t.Fatal(err)
	}
	defer exporter.Close()
	prom, err := servers.Prometheus(ctx, servers.PrometheusOptions{Targets: []servers.ScrapeTarget{
		{Job: "mysql", Addr: exporter.Addr, Labels: map[string]string{"instance": "db1:9104"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer prom.Close()
	bench := func(args ...string) *exec.Cmd {
		all := append([]string{
			"oltp_read_write", "--db-driver=mysql", "--mysql-host=127.0.0.1", fmt.Sprintf("--mysql-port=%d", db.Port), "--mysql-user=bench",
			"--mysql-password=bench-pw", "--tables=2", "--table-size=5000",
		}, args...)
		return exec.CommandContext(ctx, "sysbench", all...)
	}
	if out, err := bench("prepare").CombinedOutput(); err != nil {
		t.Fatalf("sysbench: %v\n%s", err, out)
	}
	load := bench("--threads=24", "--rate=20", "--time=300", "run")
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = load.Process.Kill(); _ = load.Wait() }()

	var r recording
	time.Sleep(50 * time.Second)
	r.Quiet.From = time.Now()
	time.Sleep(25 * time.Second)
	r.Quiet.To, r.Window.From = time.Now(), time.Now()
	time.Sleep(10 * time.Second)
	conn, err := db.Admin.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "LOCK TABLES sbtest.sbtest1 WRITE, sbtest.sbtest2 WRITE"); err != nil {
		t.Fatal(err)
	}
	r.Locked = time.Now()
	time.Sleep(15 * time.Second)
	if _, err := conn.ExecContext(ctx, "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	r.Freed = time.Now()
	_ = conn.Close()
	time.Sleep(30 * time.Second)
	r.Window.To = time.Now()

	src := realSource(t, Config{URL: prom.URL, Packs: []string{"mysqld_exporter"}, Baseline: Duration{Duration: time.Minute}},
		sources.Target{Name: "db1", Labels: map[string]string{"instance": "db1:9104"}})
	gather := func(w timeline.Window) []timeline.Evidence {
		records, err := src.Gather(ctx, sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			records[i].URL = "" // a port of this machine
		}
		return records
	}
	r.Calm, r.Records = gather(r.Quiet), gather(r.Window)
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(recordingFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordingFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
