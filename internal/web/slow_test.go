package web

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen; a loaded machine may
// need it.
const patience = 30 * time.Second

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// readAll returns what the server says until it closes the connection.
func readAll(t *testing.T, conn net.Conn) string {
	t.Helper()
	got, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server did not close the connection in %s", patience)
	}
	return string(got)
}

// awaitInFlight returns when the webhook is reading one body.
func awaitInFlight(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `collector_http_requests_in_flight{handler="`+hook+`"} 1`) {
			return
		}
	}
	t.Fatal("the webhook never began to read")
}

// TestStalledClients: whoever stalls is cut off, and others are answered meanwhile.
func TestStalledClients(t *testing.T) {
	const begin = "POST " + hook + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for _, tt := range []struct{ name, sent, answer string }{
		{"says nothing", "", ""},
		{"half a header", begin[:20], ""},
		{"a header without its end", begin, ""},
		{"no body", begin + "Content-Length: 100\r\n\r\n", "HTTP/1.1 503"},
		{"half a body", begin + "Content-Length: 100\r\n\r\n{\"version\"", "HTTP/1.1 503"},
		{"half a chunk", begin + "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"ver", "HTTP/1.1 503"},
		{"an idle connection", "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kept := &intake{}
			addr := start(t, newServer(t, Options{Intake: kept, Limits: Limits{
				Header: 2 * time.Second, Read: 2 * time.Second, Idle: 2 * time.Second, // an honest client needs some time on a loaded machine
			}}))
			stalled := make([]net.Conn, 20)
			for i := range stalled {
				stalled[i] = dial(t, addr)
				send(t, stalled[i], tt.sent)
			}
			if code := post(t, addr, strings.NewReader(firing(t, 1))); code != 200 {
				t.Errorf("another client was answered %d", code)
			}
			for _, conn := range stalled {
				if got := readAll(t, conn); !strings.HasPrefix(got, tt.answer) || tt.answer == "" && strings.Contains(got, " 200 ") {
					t.Errorf("it was answered %q, want %q", got, tt.answer)
				}
			}
			if got := len(kept.notifications()); got != 1 {
				t.Errorf("%d notifications were kept, want one", got)
			}
		})
	}
}

// TestBrokenBodies: what breaks off or contradicts itself is not kept, and the
// server goes on.
func TestBrokenBodies(t *testing.T) {
	kept := &intake{}
	addr := start(t, newServer(t, Options{Intake: kept, Limits: Limits{Body: 64 << 10}}))
	body := firing(t, 1)
	const begin = "POST " + hook + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
	for _, tt := range []struct{ name, sent, answer string }{
		{"breaks off", begin + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+10, body), "HTTP/1.1 503"},
		{"a chunk that lies", begin + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body, "HTTP/1.1 503"},
		{"two lengths", begin + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "HTTP/1.1 400"},
		{"a length that is none", begin + "Content-Length: -1\r\n\r\n{}", "HTTP/1.1 400"},
		{"a length over the limit", begin + "Content-Length: 99999999999\r\n\r\n{}", "HTTP/1.1 413"},
		{"a header over the limit", "GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2*maxHeader) + "\r\n\r\n", "HTTP/1.1 431"},
		{"not HTTP", "\x16\x03\x01\x00\xf1\x01\x00\r\n\r\n", "HTTP/1.1 400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := dial(t, addr)
			_, _ = io.WriteString(conn, tt.sent) // the server may have answered before it was all sent
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Log(err)
			}
			if got := readAll(t, conn); got != "" && !strings.HasPrefix(got, tt.answer) {
				t.Errorf("answered %.100q, want %q", got, tt.answer)
			}
			if code := post(t, addr, strings.NewReader(`{"version":"4","alerts":[]}`)); code != 200 {
				t.Errorf("the next client was answered %d", code)
			}
		})
	}
	for _, n := range kept.notifications() {
		if len(n.Alerts) > 0 {
			t.Errorf("half a notification was kept: %+v", n)
		}
	}
}

// TestConnectionLimit: who opens more connections than there are holds up others
// only until the silent ones are cut off.
func TestConnectionLimit(t *testing.T) {
	addr := start(t, newServer(t, Options{Intake: &intake{}, Limits: Limits{Header: time.Second}}))
	for range maxConnections + 50 {
		dial(t, addr)
	}
	if code := post(t, addr, strings.NewReader(firing(t, 1))); code != 200 {
		t.Errorf("answered %d", code)
	}
}

// TestListenIsBounded: the next connection is not accepted before another has ended.
func TestListenIsBounded(t *testing.T) {
	listener, _, err := Listen(t.Context(), Access{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var held net.Conn
	for range maxConnections {
		dial(t, listener.Addr().String())
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		held = conn
	}
	dial(t, listener.Addr().String())
	accepted := make(chan error, 1)
	go func() {
		_, err := listener.Accept()
		accepted <- err
	}()
	select {
	case <-accepted:
		t.Errorf("more than %d connections were accepted", maxConnections)
	case <-time.After(100 * time.Millisecond):
	}
	held.Close()
	if err := <-accepted; err != nil {
		t.Error(err)
	}
}
