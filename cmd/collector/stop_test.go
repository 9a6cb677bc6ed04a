package main

import (
	"bufio"
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

// TestStops: a database that hangs, a webhook that hangs, and a client that keeps its
// request to itself do not hold up the end.
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
	// The first request is answered, so that the server knows the connection; the
	// second one is never finished.
	fmt.Fprint(client, "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(client).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(client, "GET /metr")
	time.Sleep(1500 * time.Millisecond) // the recorder waits for its server's greeting
	code, took := d.stop(t)
	if code != exitOK || !strings.Contains(d.log.String(), "msg=stopped") {
		t.Errorf("exit code %d:\n%s", code, d.log)
	}
	if took > stopLimit {
		t.Errorf("it took %v", took)
	}
}
