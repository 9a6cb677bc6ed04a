package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/internal/logtest"
	"collector/lab/servers"
)

// imageUser is whom the image runs as; no account of the machine has the number.
const imageUser = 65532

// confined is a collector, as a process of its own, that may do little: not root, no
// capability, everything read-only but for its store.
type confined struct {
	script string   // of a shell that makes the confines and becomes the collector
	args   []string // of the script, before the program and its arguments
	config string   // the configuration, as the collector sees it
	store  string   // storage.path, as the test sees it
	url    string   // of the daemon

	log     logtest.Buffer
	process *exec.Cmd
}

// command is a command line within the confines.
func (c *confined) command(ctx context.Context, words ...string) *exec.Cmd {
	args := append([]string{"--mount", "sh", "-ec", c.script, "sh"}, c.args...)
	cmd := exec.CommandContext(ctx, "unshare", append(args, words...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	return cmd
}

// run runs a command line to its end.
func (c *confined) run(t *testing.T, words ...string) (code int, said string) {
	t.Helper()
	cmd := c.command(t.Context(), words...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// start runs the daemon until the test ends.
func (c *confined) start(t *testing.T, words ...string) {
	t.Helper()
	c.process = c.command(context.WithoutCancel(t.Context()), words...)
	c.process.Stdout, c.process.Stderr = &c.log, &c.log
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	process := c.process
	t.Cleanup(func() { _ = process.Process.Kill() }) // ended already, unless the test failed
	eventually(t, "the daemon is ready", c.log.String, func() bool { code, _ := answer(http.Get(c.url + "/-/ready")); return code == http.StatusOK })
}

// stop ends the daemon as systemd and Docker do.
func (c *confined) stop(t *testing.T) {
	t.Helper()
	if err := c.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.process.Wait(); err != nil || !strings.Contains(c.log.String(), "msg=stopped") {
		t.Errorf("it ended with %v:\n%s", err, &c.log)
	}
}

// lives goes through everything that a daemon does: it records, takes an alert, writes
// the draft, and its other commands work beside it. program is the collector as the
// confines see it.
func (c *confined) lives(t *testing.T, program string) {
	t.Helper()
	must := func(says string, words ...string) {
		t.Helper()
		if code, said := c.run(t, append([]string{program}, words...)...); code != exitOK || !strings.Contains(said, says) {
			t.Errorf("%s ends with %d and lacks %q:\n%s", strings.Join(words, " "), code, says, said)
		}
	}
	must("", "healthcheck", "--config", c.config)
	body := fmt.Sprintf(`{"version":"4","receiver":"collector","groupKey":"k","alerts":[{"status":"firing","labels":{"alertname":"Slow","cluster":"shop"},"startsAt":%q}]}`,
		time.Now().UTC().Format(time.RFC3339))
	if code, said := answer(http.Post(c.url+"/api/v1/alertmanager", "application/json", strings.NewReader(body))); code != http.StatusOK {
		t.Fatalf("answered %d %s", code, said)
	}
	eventually(t, "the first draft", c.log.String, func() bool { return strings.Contains(c.log.String(), "step=first dir=") })
	must("-shop", "incidents", "list", "--config", c.config)
	must("db1", "check", "--config", c.config)
	must("", "draft", "--config", c.config, "--from", "-1m", "--to", "now")
	dirs, err := filepath.Glob(filepath.Join(c.store, "postmortems", "2*"))
	if err != nil || len(dirs) != 2 {
		t.Errorf("the drafts are %v (%v), want two", dirs, err)
	}
	if code, said := c.run(t, program, "draft", "--config", c.config, "--from", "-1m", "--to", "now", "--out", "/postmortems"); code != exitFailed || !strings.Contains(said, "read-only file system") {
		t.Errorf("a draft outside the store ends with %d:\n%s", code, said)
	}
	c.stop(t)
	if code, said := c.run(t, program, "healthcheck", "--config", c.config); code != exitFailed || !strings.Contains(said, "does not answer") {
		t.Errorf("the healthcheck of a daemon that stopped ends with %d:\n%s", code, said)
	}
}

// configure writes the configuration of a daemon that records a real server, into
// dir, which the collector sees as seen. Its drafts go below the working directory.
func (c *confined) configure(t *testing.T, dir, seen, storage string) {
	t.Helper()
	db := realServer(t)
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	c.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	c.config = filepath.Join(seen, "collector.yaml")
	text := fmt.Sprintf("timezone: Europe/Berlin\nstorage: {path: %s}\nserver: {listen: '127.0.0.1:%d'}\n"+
		"mysql: [{name: db1, cluster: shop, address: '%s', user: %s, password_file: %s}]\n",
		storage, port, db.Addr(), servers.CollectorAccount, filepath.Join(seen, "db1.pw"))
	for name, content := range map[string]string{"collector.yaml": text, "db1.pw": db.Password(servers.CollectorAccount) + "\n"} {
		owned(t, filepath.Join(dir, name), content)
	}
}

// owned writes a file that the image's user alone can read.
func owned(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, imageUser, imageUser); err != nil {
		t.Fatal(err)
	}
}

// ownedDir makes a directory for the image's user alone.
func ownedDir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, imageUser, imageUser); err != nil {
		t.Fatal(err)
	}
}

// makeReachable lets everybody pass through a temporary directory and those above it.
func makeReachable(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
