package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/internal/logtest"
	"collector/lab/servers"
)

// runningDaemon is `collector serve` within the test's process.
type runningDaemon struct {
	log    *logtest.Buffer
	url    string
	cancel context.CancelFunc
	ended  chan int
}

var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// startDaemon runs the daemon with a configuration until the test ends.
func startDaemon(t *testing.T, config string) *runningDaemon {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := &runningDaemon{log: &logtest.Buffer{}, cancel: cancel, ended: make(chan int, 1)}
	go func() {
		d.ended <- run(ctx, []string{"serve", "-c", config}, app{stdout: d.log, stderr: d.log, now: time.Now})
	}()
	t.Cleanup(func() { d.stop(t) })
	eventually(t, "the daemon is ready", d.log.String, func() bool {
		m := listening.FindStringSubmatch(d.log.String())
		if m == nil {
			return false
		}
		d.url = "http://" + m[1]
		code, _ := d.get(t, "/-/ready")
		return code == http.StatusOK
	})
	return d
}

// stop ends the daemon and returns its exit code and how long that took.
func (d *runningDaemon) stop(t *testing.T) (code int, took time.Duration) {
	t.Helper()
	began := time.Now()
	d.cancel()
	select {
	case code = <-d.ended:
		d.ended <- code // for the clean-up
		return code, time.Since(began)
	case <-time.After(time.Minute):
		t.Fatalf("the daemon does not stop:\n%s", d.log)
		return 0, 0
	}
}

func (d *runningDaemon) get(t *testing.T, path string) (int, string) {
	t.Helper()
	return answer(http.Get(d.url + path))
}

func (d *runningDaemon) post(t *testing.T, path string) (int, string) {
	t.Helper()
	return answer(http.Post(d.url+path, "", nil))
}

// answer is the status and the text of an answer, 0 and the error without one.
func answer(resp *http.Response, err error) (int, string) {
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

func (d *runningDaemon) metrics(t *testing.T) string {
	t.Helper()
	code, text := d.get(t, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", code, text)
	}
	return text
}

// hangup sends SIGHUP and waits for what the log says then.
func (d *runningDaemon) hangup(t *testing.T, says string) {
	t.Helper()
	before := strings.Count(d.log.String(), says)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, says, d.log.String, func() bool { return strings.Count(d.log.String(), says) > before })
}

func eventually(t *testing.T, what string, say func() string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not so: %s\n%s", what, say())
}

// realServer is a MariaDB that the daemon may record.
func realServer(t *testing.T) *servers.DB {
	t.Helper()
	servers.Need(t, servers.KindMariaDB)
	db, err := servers.MariaDB(t.Context(), servers.DBOptions{Lines: []string{"performance_schema=ON"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.CreateCollectorAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// daemonConfig writes a configuration with the given servers and more.
type daemonConfig struct {
	path, storage, password string
	db                      *servers.DB
}

func newDaemonConfig(t *testing.T, db *servers.DB) daemonConfig {
	t.Helper()
	dir := t.TempDir()
	c := daemonConfig{path: filepath.Join(dir, "collector.yaml"), storage: filepath.Join(dir, "store"), password: filepath.Join(dir, "password"), db: db}
	if err := os.WriteFile(c.password, []byte(db.Password(servers.CollectorAccount)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// server is the line of one server, always the same real one.
func (c daemonConfig) server(name, interval string) string {
	return fmt.Sprintf("  - {name: %s, cluster: shop, address: '%s', user: %s, password_file: %s, interval: %s, query_timeout: 10s}\n",
		name, c.db.Addr(), servers.CollectorAccount, c.password, interval)
}

func (c daemonConfig) write(t *testing.T, servers string, more ...string) {
	t.Helper()
	text := "storage: {path: " + c.storage + "}\nserver: {listen: '127.0.0.1:0'}\nmysql:\n" + servers + strings.Join(more, "")
	if err := os.WriteFile(c.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
