package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// silentServer accepts connections and never says a word.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return l.Addr().String()
}

// TestStops: a database that hangs, a Prometheus that hangs, and a client that takes
// no answer do not hold up the end.
func TestStops(t *testing.T) {
	silent := silentServer(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "collector.yaml")
	text := fmt.Sprintf(`storage: {path: %s}
server: {listen: '127.0.0.1:0'}
prometheus: [{name: silent, url: 'http://%s'}]
mysql: [{name: db1, address: '%s', user: collector, interval: 1s, query_timeout: 1m}]
`, filepath.Join(dir, "store"), silent, silent)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, path)
	client, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil { // full soon
		t.Fatal(err)
	}
	// It asks again and again and reads no answer, until the daemon waits for it.
	go fmt.Fprint(client, strings.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 5000))
	time.Sleep(4 * time.Second) // the recorder waits for its server's greeting
	code, took := d.stop(t)
	if code != exitOK || !strings.Contains(d.log.String(), "msg=stopped") {
		t.Errorf("exit code %d:\n%s", code, d.log)
	}
	t.Logf("stopped within %v", took)
	if took > stopLimit {
		t.Errorf("it took %v", took)
	}
}
