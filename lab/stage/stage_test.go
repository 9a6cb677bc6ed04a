package stage

import (
	"bufio"
	"database/sql"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestMetricsText(t *testing.T) {
	m := newMetrics()
	start := time.Unix(1000, 0)
	m.observe("order", start, start.Add(30*time.Millisecond), nil)
	m.observe("order", start, start.Add(3*time.Second), sql.ErrConnDone)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, nil)
	for _, want := range []string{
		`shop_requests_total{operation="order",outcome="ok"} 1`,
		`shop_requests_total{operation="order",outcome="error"} 1`,
		`shop_requests_total{operation="browse",outcome="error"} 0`,
		`shop_request_duration_seconds_bucket{operation="order",le="0.02"} 0`,
		`shop_request_duration_seconds_bucket{operation="order",le="0.05"} 1`,
		`shop_request_duration_seconds_bucket{operation="order",le="+Inf"} 2`,
		`shop_request_duration_seconds_count{operation="order"} 2`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("the page lacks %s:\n%s", want, w.Body)
		}
	}
	first, last, count := m.failuresSince(start)
	if count != 1 || !first.Equal(start.Add(3*time.Second)) || !last.Equal(first) {
		t.Errorf("failures: %v to %v, %d", first, last, count)
	}
}

func TestDumpStatements(t *testing.T) {
	row := tuple([]sql.NullString{{String: "it's", Valid: true}, {}, {String: `a\b`, Valid: true}})
	if want := `('it''s',NULL,'a\\b')`; row != want {
		t.Errorf("got %s, want %s", row, want)
	}
	s := bufio.NewScanner(strings.NewReader("CREATE" + statementEnd + "INSERT 'a;\nb'" + statementEnd))
	s.Split(splitStatements)
	var got []string
	for s.Scan() {
		got = append(got, s.Text())
	}
	if len(got) != 2 || got[1] != "INSERT 'a;\nb'" || s.Err() != nil {
		t.Errorf("got %q, %v", got, s.Err())
	}
	s = bufio.NewScanner(strings.NewReader("CREATE" + statementEnd + "INSERT"))
	s.Split(splitStatements)
	for s.Scan() {
	}
	if s.Err() == nil {
		t.Error("a dump that ends within a statement was accepted")
	}
}
