package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
)

const hook = "/api/v1/alertmanager"

func TestWebhookAnswers(t *testing.T) {
	full := fmt.Errorf("writing: %w", syscall.ENOSPC)
	failing := func(err error) Intake { return &intake{fail: func(int) error { return err }} }
	const jsonType = "application/json"
	valid := firing(t, 2)
	for _, tt := range []struct {
		name   string
		intake Intake
		body   string
		header []string
		code   int
		says   string
	}{
		{"kept", &intake{}, valid, []string{"Content-Type", jsonType}, 200, ""},
		{"with a charset", &intake{}, valid, []string{"Content-Type", jsonType + "; charset=utf-8"}, 200, ""},
		{"no alerts", &intake{}, wire(t, nil...), []string{"Content-Type", jsonType}, 400, "alerts"},
		{"an empty list", &intake{}, `{"version":"4","alerts":[]}`, []string{"Content-Type", jsonType}, 200, ""},
		{"not JSON", &intake{}, "alert", []string{"Content-Type", jsonType}, 400, "invalid character"},
		{"over the limit", &intake{}, valid + strings.Repeat(" ", 1<<20), []string{"Content-Type", jsonType}, 413, "set max_alerts"},
		{"a form", &intake{}, valid, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "application/json"},
		{"text, as a form can send", &intake{}, valid, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{"no type", &intake{}, valid, nil, 415, "application/json"},
		{"compressed", &intake{}, valid, []string{"Content-Type", jsonType, "Content-Encoding", "gzip"}, 415, "compressed"},
		{"a page of another site", &intake{}, valid, []string{"Content-Type", jsonType, "Sec-Fetch-Site", "cross-site"}, 403, "not for browsers"},
		{"a page whose name leads here", &intake{}, valid, []string{"Content-Type", jsonType, "Origin", "http://example.com"}, 403, "not for browsers"},
		{"nobody takes alerts yet", nil, valid, []string{"Content-Type", jsonType}, 503, "not ready to take alerts"},
		{"the disk is full", failing(full), valid, []string{"Content-Type", jsonType}, 503, "could not be kept"},
		{"stopping", failing(context.Canceled), valid, []string{"Content-Type", jsonType}, 503, "could not be kept"},
		{"never valid", failing(fmt.Errorf("%w: odd", incident.ErrInvalid)), valid, []string{"Content-Type", jsonType}, 400, "odd"},
		{"a bug", &intake{fail: func(int) error { panic("index out of range") }}, valid, []string{"Content-Type", jsonType}, 500, "its log says where"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			handler := newServer(t, Options{
				Intake: tt.intake, Log: slog.New(slog.NewTextHandler(&log, nil)), Limits: Limits{Body: 64 << 10},
			}).Handler
			rec := ask(handler, "POST", hook, tt.body, tt.header...)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.says) {
				t.Errorf("%d %q, want %d and %q", rec.Code, rec.Body, tt.code, tt.says)
			}
			if again := rec.Header().Get("Retry-After"); (rec.Code == 503) != (again != "") {
				t.Errorf("Retry-After %q at %d", again, rec.Code)
			}
			if (rec.Code >= 500 && tt.intake != nil) != strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("the log says %q", &log)
			}
			if strings.Contains(log.String(), "db1:") { // an address in a stack may well end in db1
				t.Errorf("the log quotes the body: %q", &log)
			}
		})
	}
}

// TestWebhookKeepsWhatItTold: what Receive gets is what was sent, with a time.
func TestWebhookKeepsWhatItTold(t *testing.T) {
	kept := &intake{}
	before := time.Now()
	rec := ask(newServer(t, Options{Intake: kept}).Handler, "POST", hook, firing(t, 2), "Content-Type", "application/json")
	if rec.Code != 200 || len(kept.kept) != 1 {
		t.Fatalf("%d, %d kept", rec.Code, len(kept.kept))
	}
	n := kept.kept[0]
	if n.Receiver != "collector" || n.GroupKey != `{}/{}:{cluster="shop"}` || n.ExternalURL != "http://alertmanager.example:9093" {
		t.Errorf("%+v", n)
	}
	if len(n.Alerts) != 2 || n.Alerts[1].Labels["instance"] != "db1:9104" || !n.Alerts[0].StartsAt.Equal(noon) {
		t.Errorf("%+v", n.Alerts)
	}
	if n.ReceivedAt.Before(before.Truncate(0)) || n.ReceivedAt.After(time.Now()) || n.ReceivedAt.Location() != time.UTC {
		t.Errorf("received at %v", n.ReceivedAt)
	}
}

// TestLargeNotification: 10,000 alerts arrive, also where the length is not told.
func TestLargeNotification(t *testing.T) {
	const count = 10_000
	text := firing(t, count)
	t.Logf("%d alerts are %.1f MiB", count, float64(len(text))/(1<<20))
	kept := &intake{}
	addr := start(t, newServer(t, Options{Intake: kept}))
	for _, body := range []io.Reader{strings.NewReader(text), struct{ io.Reader }{strings.NewReader(text)}} {
		if code := post(t, addr, body); code != 200 {
			t.Errorf("answered %d", code)
		}
	}
	for _, n := range kept.notifications() {
		if len(n.Alerts) != count || n.Alerts[count-1].Labels["instance"] != fmt.Sprintf("db%d:9104", count-1) {
			t.Errorf("%d alerts arrived", len(n.Alerts))
		}
	}
}

// TestOversized: a body that does not tell its length is read up to the limit, not
// further, and nothing of it is kept; one that fills the limit exactly is.
func TestOversized(t *testing.T) {
	text := firing(t, 100)
	kept := &intake{}
	addr := start(t, newServer(t, Options{Intake: kept, Limits: Limits{Body: int64(len(text))}}))
	if code := post(t, addr, struct{ io.Reader }{strings.NewReader(text)}); code != 200 {
		t.Errorf("a body of the limit was answered %d", code)
	}
	if code := post(t, addr, struct{ io.Reader }{strings.NewReader(text + " ")}); code != 413 {
		t.Errorf("a byte more was answered %d", code)
	}
	if got := len(kept.notifications()); got != 1 {
		t.Errorf("%d notifications were kept, want one", got)
	}
}

// TestDecodingIsBounded: of a body only its alerts are held, not its text.
func TestDecodingIsBounded(t *testing.T) {
	text := firing(t, 10_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, err := decodeNotification(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 3*int64(len(text)) {
		t.Errorf("%d bytes are held after decoding %d", held, len(text))
	}
	runtime.KeepAlive(n)
}

// TestCrowds: beyond the limits of all calls together the answer is 503, and it is
// 200 again when they have ended.
func TestCrowds(t *testing.T) {
	t.Run("calls", func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		slow := &intake{fail: func(call int) error {
			if call == 1 {
				close(entered)
				<-leave
			}
			return nil
		}}
		addr := start(t, newServer(t, Options{Intake: slow, Limits: Limits{Requests: 1}}))
		first := make(chan int)
		go func() { first <- post(t, addr, strings.NewReader(firing(t, 1))) }()
		<-entered
		if code := post(t, addr, strings.NewReader(firing(t, 1))); code != 503 {
			t.Errorf("the second call at once was answered %d", code)
		}
		close(leave)
		if code := <-first; code != 200 {
			t.Errorf("the first call was answered %d", code)
		}
		if code := post(t, addr, strings.NewReader(firing(t, 1))); code != 200 {
			t.Errorf("the call after was answered %d", code)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		body, large := firing(t, 6), firing(t, 10)
		half := len(body) / 2
		limit := int64(len(large) + half - 1)
		handler := newWebhook(Options{Intake: &intake{}, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)},
			Limits{Bodies: limit}.withDefaults())
		reader, writer := io.Pipe()
		first := make(chan int, 1)
		go func() {
			req := httptest.NewRequest(http.MethodPost, hook, reader)
			req.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, req)
			reader.Close() // who still writes hears of it
			first <- rec.Code
		}()
		if _, err := io.WriteString(writer, body[:half]); err != nil {
			t.Fatal(err)
		}
		for handler.bodies.left.Load() != limit-int64(half) { // until it is counted
			time.Sleep(time.Millisecond)
		}
		if rec := ask(handler, "POST", hook, large, "Content-Type", "application/json"); rec.Code != 503 {
			t.Errorf("%d bytes more were answered %d", len(large), rec.Code)
		}
		if _, err := io.WriteString(writer, body[half:]); err != nil {
			t.Fatal(err)
		}
		writer.Close()
		if code := <-first; code != 200 {
			t.Errorf("the first body was answered %d", code)
		}
		if rec := ask(handler, "POST", hook, body, "Content-Type", "application/json"); rec.Code != 200 {
			t.Errorf("the body after was answered %d", rec.Code)
		}
	})
}

// TestFailureIsLoggedOnce: on entering and on leaving, not at each repeat.
func TestFailureIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	failing := &intake{fail: func(call int) error {
		if call <= 3 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	handler := newServer(t, Options{Intake: failing, Log: slog.New(slog.NewTextHandler(&log, nil))}).Handler
	for _, want := range []int{503, 503, 503, 200, 200} {
		if rec := ask(handler, "POST", hook, firing(t, 1), "Content-Type", "application/json"); rec.Code != want {
			t.Errorf("%d, want %d", rec.Code, want)
		}
	}
	if strings.Count(log.String(), "the disk is full") != 1 || strings.Count(log.String(), "kept again") != 1 {
		t.Errorf("the log says\n%s", &log)
	}
}

// TestRefusalsDoNotFillTheLog: who sends rubbish gets an answer, bounded, each time.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	var log bytes.Buffer
	handler := newServer(t, Options{Intake: &intake{}, Log: slog.New(slog.NewTextHandler(&log, nil))}).Handler
	body := `{"version":"4","alerts":[{"labels":{"a":"b"},"startsAt":"` + strings.Repeat("x", 64<<10) + `"}]}`
	for range 50 {
		if rec := ask(handler, "POST", hook, body, "Content-Type", "application/json"); rec.Code != 400 || rec.Body.Len() > 2*longestAnswer {
			t.Fatalf("%d with %d bytes", rec.Code, rec.Body.Len())
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines == 0 || lines > 2*refusedLines || log.Len() > 10<<10 {
		t.Errorf("%d lines, %d bytes", lines, log.Len())
	}
}

// post sends a notification and returns the code.
func post(t testing.TB, addr string, body io.Reader) int {
	resp, err := http.Post("http://"+addr+hook, "application/json", body)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
