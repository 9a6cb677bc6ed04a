package standin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Loki is a STAND-IN for Grafana Loki. It is not Loki: none can be had where the tests
// run. It keeps entries in memory and answers the part of the HTTP API that is needed to
// push and to read lines, as the API's documentation (grafana/loki, docs/sources/reference/
// loki-http-api.md) and the source that writes the answers (pkg/util/marshal) say. Of LogQL
// it knows a selector of streams and line filters; a query of numbers gets the documented
// example of a matrix. Its zero value is ready.
type Loki struct {
	Tenant     string        // who may ask (X-Scope-OrgID); "": everybody
	MaxEntries int           // max_entries_limit_per_query; default 5000
	MaxLength  time.Duration // max_query_length; default 721h

	mu      sync.Mutex
	streams map[string]*lokiStream // by their labels in order
}

// LokiEntry is one line of a stream.
type LokiEntry struct {
	At       time.Time
	Line     string
	Metadata map[string]string // structured metadata
}

type lokiStream struct {
	labels  map[string]string
	entries []LokiEntry // in order of time
}

// Loki's own defaults.
const (
	defaultEntries = 5000
	defaultLength  = 721 * time.Hour
	defaultLimit   = 100
)

// Push adds entries to the stream of these labels. As Loki does, it takes two entries of
// one time and line for one.
func (l *Loki) Push(labels map[string]string, entries ...LokiEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := fmt.Sprint(labels) // fmt sorts the keys
	s := l.streams[name]
	if s == nil {
		if l.streams == nil {
			l.streams = map[string]*lokiStream{}
		}
		s = &lokiStream{labels: maps.Clone(labels)}
		l.streams[name] = s
	}
	s.entries = append(s.entries, entries...)
	slices.SortStableFunc(s.entries, func(a, b LokiEntry) int { return a.At.Compare(b.At) })
	s.entries = slices.CompactFunc(s.entries, func(a, b LokiEntry) bool { return a.At.Equal(b.At) && a.Line == b.Line })
}

// ServeHTTP answers the API.
func (l *Loki) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.Tenant != "" && r.Header.Get("X-Scope-OrgID") != l.Tenant {
		refuse(w, http.StatusUnauthorized, "no org id")
		return
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/loki/api/v1/"); {
	case r.URL.Path == "/ready":
		_, _ = fmt.Fprintln(w, "ready")
	case path == "status/buildinfo":
		Reply(w, http.StatusOK, object{"version": "3.5.0 (stand-in)", "revision": "", "branch": "", "buildDate": "", "buildUser": "", "goVersion": ""})
	case path == "labels":
		Reply(w, http.StatusOK, object{"status": "success", "data": l.labelNames()})
	case path == "query_range":
		l.queryRange(w, r)
	case path == "push" && r.Method == http.MethodPost:
		l.push(w, r)
	default:
		http.NotFound(w, r)
	}
}

// refuse answers as Loki does: the reason as plain text.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(reason))
}

func (l *Loki) labelNames() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := map[string]bool{}
	for _, s := range l.streams {
		for name := range s.labels {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// rangeQuery is a question to query_range.
type rangeQuery struct {
	logQuery
	from, to time.Time
	limit    int
	forward  bool
}

// queryRange answers GET /loki/api/v1/query_range.
func (l *Loki) queryRange(w http.ResponseWriter, r *http.Request) {
	q, refusal := l.read(r)
	if refusal != "" {
		refuse(w, http.StatusBadRequest, refusal)
		return
	}
	if q.metric {
		Reply(w, http.StatusOK, object{"status": "success", "data": json.RawMessage(documentedMatrix)})
		return
	}
	categorize := slices.Contains(strings.Split(r.Header.Get("X-Loki-Response-Encoding-Flags"), ","), "categorize-labels")
	data := object{"resultType": "streams", "result": l.find(q, categorize), "stats": object{}}
	if categorize {
		data["encodingFlags"] = []string{"categorize-labels"}
	}
	Reply(w, http.StatusOK, object{"status": "success", "data": data})
}

// documentedMatrix is the answer to a query of numbers in the API's documentation.
const documentedMatrix = `{"resultType":"matrix","result":[{"metric":{"level":"info"},"values":[[1588889221,"137.95"],[1588889221,"467.115"]]}],"stats":{}}`

// read takes the question out of a request; refusal is the reason why there is none, in
// Loki's words.
func (l *Loki) read(r *http.Request) (q rangeQuery, refusal string) {
	form := r.URL.Query()
	var err error
	if q.logQuery, err = parseLogQL(form.Get("query")); err != nil {
		return q, err.Error()
	}
	now := time.Now()
	if q.to, err = lokiTime(form.Get("end"), now); err != nil {
		return q, "could not parse 'end' parameter: " + err.Error()
	}
	if q.from, err = lokiTime(form.Get("start"), q.to.Add(-time.Hour)); err != nil {
		return q, "could not parse 'start' parameter: " + err.Error()
	}
	if !q.from.Before(q.to) {
		return q, "end timestamp must not be before or equal to start time"
	}
	if q.limit, err = strconv.Atoi(cmp.Or(form.Get("limit"), strconv.Itoa(defaultLimit))); err != nil || q.limit <= 0 {
		return q, "limit must be a positive value"
	}
	if most := cmp.Or(l.MaxEntries, defaultEntries); q.limit > most {
		return q, fmt.Sprintf("max entries limit per query exceeded, limit > max_entries_limit_per_query (%d > %d)", q.limit, most)
	}
	if most := cmp.Or(l.MaxLength, defaultLength); q.to.Sub(q.from) > most {
		return q, fmt.Sprintf("the query time range exceeds the limit (query length: %s, limit: %s)", q.to.Sub(q.from), promDuration(most))
	}
	q.forward = strings.EqualFold(form.Get("direction"), "forward")
	return q, ""
}

// promDuration writes a duration as Loki does: 30d1h.
func promDuration(d time.Duration) string {
	var b strings.Builder
	for _, unit := range [...]struct {
		name string
		of   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / unit.of; n > 0 {
			_, _ = fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.of
		}
	}
	return b.String()
}

// lokiTime reads nanoseconds, seconds with a fraction, or RFC 3339.
func lokiTime(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(0, ns), nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Unix(0, int64(seconds*1e9)), nil
	}
	return time.Parse(time.RFC3339Nano, text)
}
