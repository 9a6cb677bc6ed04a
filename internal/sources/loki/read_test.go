package loki

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/standin"
)

// heap is a sink that keeps what it is given.
type heap struct {
	streams []string
	lines   []string
}

func (h *heap) stream(labels map[string]string) int {
	h.streams = append(h.streams, labels["app"])
	return len(h.streams) - 1
}

func (h *heap) line(stream int, e entry) {
	h.lines = append(h.lines, fmt.Sprintf("%s %s %s", time.Unix(0, e.ns).UTC().Format("05.000"), h.streams[stream], e.line))
}

// TestPaging: whatever Loki's limits are, every line comes once and in order.
func TestPaging(t *testing.T) {
	const n = 60
	fill := func(l *standin.Loki, at func(i int) time.Time) *standin.Loki {
		for i := range n {
			l.Push(map[string]string{"app": "ab"[i%2 : i%2+1]}, standin.LokiEntry{At: at(i), Line: fmt.Sprintf("error %02d", i)})
		}
		return l
	}
	spread := func(i int) time.Time { return at("09:10:00").Add(time.Duration(i) * 20 * time.Second) }
	crowd := func(i int) time.Time { return at("09:10:00").Add(time.Duration(i/9) * time.Second) }
	for name, c := range map[string]struct {
		loki *standin.Loki
		page int
		at   func(int) time.Time
	}{
		"one page":            {&standin.Loki{}, 1000, spread},
		"exactly full":        {&standin.Loki{}, n, spread},
		"many pages":          {&standin.Loki{}, 16, spread},
		"equal times":         {&standin.Loki{}, 16, crowd},
		"as many as a page":   {&standin.Loki{}, 9, crowd},
		"more than a page":    {&standin.Loki{}, 4, crowd},
		"fewer are allowed":   {&standin.Loki{MaxEntries: 20}, 1000, spread},
		"shorter ranges":      {&standin.Loki{MaxLength: 7 * time.Minute}, 1000, spread},
		"both":                {&standin.Loki{MaxEntries: 10, MaxLength: 90 * time.Second}, 1000, crowd},
		"one nanosecond only": {&standin.Loki{}, 7, func(int) time.Time { return at("09:10:00") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := over(t, sourcetest.Serve(t, fill(c.loki, c.at)), queries()[0])
			h := &heap{}
			r := newReading(s.client, `{app=~".+"}`, window.From, window.To, limits{page: c.page, lines: 1000, bytes: 1 << 20}, h)
			if err := r.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			last := ""
			for _, line := range h.lines {
				seen[line[strings.LastIndexByte(line, ' ')+1:]] = true
				last = line
			}
			if len(h.lines) != n || len(seen) != n || r.covers.Crowded != 0 || !r.covers.Until.Equal(window.To) {
				t.Errorf("%d lines, %d different, the last is %s: %+v", len(h.lines), len(seen), last, r.covers)
			}
		})
	}
}

// TestCrowded: of a nanosecond with more lines than Loki gives at once only some are read,
// which is said, and the reading goes on behind it.
func TestCrowded(t *testing.T) {
	l := &standin.Loki{MaxEntries: 5}
	for i := range 12 {
		l.Push(checkout(), standin.LokiEntry{At: at("09:10:00"), Line: fmt.Sprintf("error %d", i)})
	}
	say(l, checkout(), "09:30:00 error later")
	const want = `09:10:00–09:10:00 checkout checkout_errors: 5 lines: error <n>
09:30:00–09:30:00 checkout checkout_errors: 1 line: error later
gap 09:00:00–10:00:00 checkout_errors: at 1 nanosecond there are more lines than Loki gives at once: raise max_entries_limit_per_query
`
	if got := told(findings(t, l, queries()[0])); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// TestBudget: beyond the budget the draft says up to when it has read.
func TestBudget(t *testing.T) {
	s := over(t, sourcetest.Serve(t, incident()), queries()[0])
	s.limits.lines = 15
	const want = `09:10:00–… checkout checkout_errors: 15 lines: payment failed
gap 09:10:45–10:00:00 checkout_errors: read up to 2024-07-12T09:10:45.000Z, then: too much to read: more than 15 lines or 64 MiB match: make the query narrower, name a shorter window, or raise max_lines
`
	if got := told(ask(t, s, request(t, window))); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	s.limits.lines, s.limits.bytes = 1000, 200
	if f := ask(t, s, request(t, window)); len(f.Gaps) != 1 || len(f.Events) != 1 || f.Events[0].Attributes["lines"] != "2" {
		t.Error(told(f))
	}
}

// answering serves what a function makes of a question to query_range.
func answering(answer func(from, to int64, limit int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number := func(name string) int64 {
			n, _ := strconv.ParseInt(r.FormValue(name), 10, 64)
			return n
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write([]byte(answer(number("start"), number("end"), int(number("limit")))))
	}
}

// streams is an answer of one stream with these values.
func streams(values ...string) string {
	return `{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"checkout"},"values":[` + strings.Join(values, ",") + `]}],"stats":{}}}`
}

func value(clock, line string) string {
	text, _ := json.Marshal([]string{strconv.FormatInt(at(clock).UnixNano(), 10), line})
	return string(text)
}

func repeated(n int, value string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = value
	}
	return list
}

// TestLyingAnswers: what was not asked for is left out and said.
func TestLyingAnswers(t *testing.T) {
	const good = "09:10:00–09:10:00 checkout checkout_errors: 1 line: error a\n"
	for name, c := range map[string]struct{ answer, want string }{
		"out of the window": {streams(value("03:00:00", "error x"), value("09:10:00", "error a"), value("20:00:00", "error y")),
			good + "gap 09:00:00–10:00:00 checkout_errors: Loki answered with 2 lines of other times than were asked for, left out\n"},
		"without times": {streams(`["soon","error x"]`, `["-5","error x"]`, `["99999999999999999999","error x"]`, `[null,"error x"]`, `[]`, `{}`, `["1"]`, `["1720775400000000000",7]`, value("09:10:00", "error a")),
			good + "gap 09:00:00–10:00:00 checkout_errors: Loki answered with 8 lines without a time or a text, left out\n"},
		"time as a number": {streams(fmt.Sprintf(`[%d,"error a"]`, at("09:10:00").UnixNano())), good},
		"unsorted": {streams(value("09:12:00", "error a"), value("09:10:00", "error a"), value("09:11:00", "error a")),
			"09:10:00–09:12:00 checkout checkout_errors: 3 lines, at most 1 in a minute: error a\n"},
		"the same twice":           {streams(value("09:10:00", "error a"), value("09:10:00", "error a")), good},
		"flat metadata":            {streams(fmt.Sprintf(`["%d","error a",{"trace_id":"0242ac120002","user_id":"superUser123"}]`, at("09:10:00").UnixNano())), good},
		"sorted metadata":          {streams(fmt.Sprintf(`["%d","error a",{"structuredMetadata":{"level":"warn"},"parsed":{"msg":"text"}}]`, at("09:10:00").UnixNano())), good},
		"odd metadata":             {streams(fmt.Sprintf(`["%d","error a",[1]]`, at("09:10:00").UnixNano())), good},
		"invalid UTF-8":            {streams("[\"" + strconv.FormatInt(at("09:10:00").UnixNano(), 10) + "\",\"error \xff\xfea\"]"), "09:10:00–09:10:00 checkout checkout_errors: 1 line: error \uFFFD\uFFFDa\n"},
		"a matrix":                 {`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"level":"info"},"values":[[1588889221,"137.95"]]}],"stats":{}}}`, "gap 09:00:00–10:00:00 checkout_errors: " + errMetric.Error() + "\n"},
		"labels that are no texts": {`{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":1},"values":[]}]}}`, "gap 09:00:00–10:00:00 checkout_errors: " + errNotLoki.Error() + "\n"},
		"no result":                {`{"status":"success","data":{"resultType":"streams"}}`, "gap 09:00:00–10:00:00 checkout_errors: " + errNotLoki.Error() + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := findings(t, answering(func(int64, int64, int) string { return c.answer }), queries()[0])
			if got := told(f); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

// TestFullPagesOfNonsense: a server that ignores what it is asked is not asked for ever.
func TestFullPagesOfNonsense(t *testing.T) {
	for name, c := range map[string]struct {
		values func(limit int) []string
		reason string
	}{
		"other times": {func(n int) []string { return repeated(n, value("03:00:00", "error x")) }, errElsewhere.Error()},
		"backwards": {func(n int) []string {
			return append(repeated(n-1, value("09:30:00", "error x")), value("09:20:00", "error x"))
		}, errDisorder.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			f := findings(t, answering(func(_, _ int64, limit int) string { return streams(c.values(limit)...) }), queries()[0])
			if len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, c.reason) {
				t.Error(told(f))
			}
		})
	}
	t.Run("one nanosecond without end", func(t *testing.T) {
		f := findings(t, answering(func(from, to int64, limit int) string {
			if ns := at("09:10:00").UnixNano(); ns < from || ns >= to {
				return streams()
			}
			return streams(repeated(limit, value("09:10:00", "error a"))...)
		}), queries()[0])
		if len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, "at 1 nanosecond there are more lines") || len(f.Events) != 1 {
			t.Error(told(f))
		}
	})
}

// TestRefusals: Loki's own words reach the gap; what asking for less can help is asked
// for in less.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		text     string
		most     int // requests
		fewer    bool
		contains string
	}{
		"parse error":     {400, "parse error at line 1, col 17: syntax error: unexpected IDENTIFIER", 1, false, "HTTP status 400: parse error at line 1, col 17"},
		"too many series": {400, "maximum number of series (500) reached for a single query; consider reducing query cardinality", 1, false, "maximum number of series (500) reached"},
		"too old":         {400, "this data is no longer available, it is past now - max_query_lookback (7d)", 1, false, "past now - max_query_lookback"},
		"too long":        {400, "the query time range exceeds the limit (query length: 1h10m0s, limit: 30m)", 8, true, "the query time range exceeds the limit"},
		"too many bytes":  {400, "the query would read too many bytes (query: 12 GB, limit: 2 GB); consider adding more specific stream selectors", 8, true, "would read too many bytes"},
		"too large":       {500, "rpc error: code = ResourceExhausted desc = trying to send message larger than max (5000000 vs. 4194304)", 12, true, "larger than max"},
		"limit below 1":   {400, "max entries limit per query exceeded, limit > max_entries_limit_per_query (1000 > 0)", 1, false, "max entries limit"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			asked := 0
			f := findings(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				asked++
				mu.Unlock()
				refuseWith(w, c.status, c.text)
			}), queries()[0])
			if len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, c.contains) || len(f.Events)+len(f.Checks) > 0 {
				t.Error(told(f))
			}
			if asked > c.most || c.fewer != (asked > 1) {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

func refuseWith(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// TestBreaksOff: what was read before a failure counts, and the gap begins there.
func TestBreaksOff(t *testing.T) {
	l := incident()
	l.MaxLength = 30 * time.Minute
	s := over(t, sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, _ := strconv.ParseInt(r.FormValue("start"), 10, 64); from > at("09:15:00").UnixNano() {
			refuseWith(w, http.StatusForbidden, "enough")
			return
		}
		l.ServeHTTP(w, r)
	})), queries()[0])
	const want = `09:10:00–09:11:57 checkout checkout_errors: 40 lines, at most 20 in a minute: payment failed
09:12:00–09:12:01 checkout checkout_errors: 2 lines: error: Duplicate entry <str> for key <str> in INSERT INTO users VALUES (<n>, <str>)
gap 09:25:00–10:00:00 checkout_errors: read up to 2024-07-12T09:25:00.000Z, then: HTTP status 403: enough
`
	if got := told(ask(t, s, request(t, window))); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	// Nothing was found, but not everything was read: that is no absence.
	quiet := timeline.Window{From: at("08:00:00"), To: at("11:00:00")}
	l = &standin.Loki{MaxLength: 30 * time.Minute}
	if f := ask(t, s, request(t, quiet)); len(f.Checks) > 0 || len(f.Gaps) != 1 || len(f.Events) > 0 {
		t.Error(told(f))
	}
}
