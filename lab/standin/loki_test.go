package standin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var lokiEpoch = time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)

// lokiAnswer is the documented form of an answer.
type lokiAnswer struct {
	Status string
	Data   struct {
		ResultType string
		Result     []struct {
			Stream map[string]string
			Values [][]json.RawMessage
		}
	}
}

func stood(t *testing.T, l *Loki) string {
	t.Helper()
	srv := httptest.NewServer(l)
	t.Cleanup(srv.Close)
	return srv.URL
}

func getLoki(t *testing.T, address string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func ranged(base string, form url.Values) string {
	for name, at := range map[string]time.Time{"start": lokiEpoch, "end": lokiEpoch.Add(time.Hour)} {
		if !form.Has(name) {
			form.Set(name, fmt.Sprint(at.UnixNano()))
		}
	}
	return base + "/loki/api/v1/query_range?" + form.Encode()
}

// shop is a Loki with two streams of three lines each, ten minutes apart.
func shop() *Loki {
	l := &Loki{}
	for i := range 3 {
		at := lokiEpoch.Add(time.Duration(i) * 10 * time.Minute)
		l.Push(map[string]string{"app": "shop"}, LokiEntry{At: at, Line: fmt.Sprintf("error %d", i), Metadata: map[string]string{"trace_id": fmt.Sprint(i)}})
		l.Push(map[string]string{"app": "cart", "env": "prod"}, LokiEntry{At: at, Line: fmt.Sprintf("fine %d", i)})
	}
	return l
}

func TestLokiQueries(t *testing.T) {
	base := stood(t, shop())
	at := func(minutes int) string {
		return fmt.Sprint(lokiEpoch.Add(time.Duration(minutes) * time.Minute).UnixNano())
	}
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"all, backward by default": {url.Values{"query": {`{app=~".+"}`}}, "fine 2|fine 1|fine 0|error 2|error 1|error 0"},
		"equal":                    {url.Values{"query": {`{app="shop"}`}, "direction": {"forward"}}, "error 0|error 1|error 2"},
		"not equal":                {url.Values{"query": {`{app=~".+", app!="shop"}`}, "direction": {"forward"}}, "fine 0|fine 1|fine 2"},
		"regexp is anchored":       {url.Values{"query": {`{app=~"sho"}`}}, ""},
		"not regexp":               {url.Values{"query": {"{app=~\".+\",env!~`p.*`}"}, "direction": {"forward"}}, "error 0|error 1|error 2"},
		"empty matches no label":   {url.Values{"query": {`{env=~"prod|",app="shop"}`}, "direction": {"forward"}}, "error 0|error 1|error 2"},
		"filters":                  {url.Values{"query": {`{app="shop"} |= "error" != "1" |~ "[02]" !~ "2$"`}}, "error 0"},
		"limit, forward":           {url.Values{"query": {`{app="shop"}`}, "limit": {"2"}, "direction": {"forward"}}, "error 0|error 1"},
		"limit, backward":          {url.Values{"query": {`{app="shop"}`}, "limit": {"2"}}, "error 2|error 1"},
		"the end is not included":  {url.Values{"query": {`{app="shop"}`}, "start": {at(10)}, "end": {at(20)}}, "error 1"},
		"seconds, RFC 3339":        {url.Values{"query": {`{app="shop"}`}, "start": {"1720775399.5"}, "end": {"2024-07-12T09:10:00.5Z"}}, "error 1"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := getLoki(t, ranged(base, c.form), "X-Loki-Response-Encoding-Flags", "categorize-labels")
			var answer lokiAnswer
			if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Status != "success" || answer.Data.ResultType != "streams" {
				t.Fatalf("%d %s", status, body)
			}
			var lines []string
			for _, s := range answer.Data.Result {
				for _, v := range s.Values {
					var line string
					if err := json.Unmarshal(v[1], &line); err != nil {
						t.Fatal(err)
					}
					lines = append(lines, line)
				}
			}
			if got := strings.Join(lines, "|"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestLokiRefuses(t *testing.T) {
	base := stood(t, &Loki{MaxEntries: 50, MaxLength: 25 * time.Hour})
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"syntax":        {url.Values{"query": {`{app="shop" env="x"}`}}, "parse error at line 1, col 13: syntax error: expecting } or ,"},
		"no operator":   {url.Values{"query": {`{app}`}}, "parse error at line 1, col 5: syntax error: expecting an operator"},
		"no text":       {url.Values{"query": {`{app=shop}`}}, "parse error at line 1, col 6: syntax error: expecting STRING"},
		"nothing":       {url.Values{}, "parse error at line 1, col 1: syntax error: expecting {"},
		"regexp":        {url.Values{"query": {`{app=~"("}`}}, "parse error : error parsing regexp"},
		"reads all":     {url.Values{"query": {`{app!="x"}`}}, "parse error : queries require at least one regexp or equality matcher"},
		"entries":       {url.Values{"query": {`{app="a"}`}, "limit": {"51"}}, "max entries limit per query exceeded, limit > max_entries_limit_per_query (51 > 50)"},
		"length":        {url.Values{"query": {`{app="a"}`}, "limit": {"9"}, "start": {"1"}}, "limit: 1d1h)"},
		"backward time": {url.Values{"query": {`{app="a"}`}, "end": {"5"}}, "end timestamp must not be before or equal to start time"},
		"limit":         {url.Values{"query": {`{app="a"}`}, "limit": {"0"}}, "limit must be a positive value"},
		"time":          {url.Values{"query": {`{app="a"}`}, "start": {"soon"}}, "could not parse 'start' parameter"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := getLoki(t, ranged(base, c.form)); status != http.StatusBadRequest || !strings.Contains(body, c.want) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

// TestLokiLabels: metadata make streams of their own, unless they are asked for apart.
func TestLokiLabels(t *testing.T) {
	base := stood(t, shop())
	question := ranged(base, url.Values{"query": {`{app="shop"}`}})
	_, mixed := getLoki(t, question)
	_, apart := getLoki(t, question, "X-Loki-Response-Encoding-Flags", "categorize-labels")
	if n := strings.Count(mixed, `"stream"`); n != 3 || strings.Contains(mixed, "structuredMetadata") {
		t.Errorf("%d streams: %s", n, mixed)
	}
	if n := strings.Count(apart, `"stream"`); n != 1 || !strings.Contains(apart, `{"structuredMetadata":{"trace_id":"1"}}`) || !strings.Contains(apart, `"encodingFlags":["categorize-labels"]`) {
		t.Errorf("%d streams: %s", n, apart)
	}
}

func TestLokiElse(t *testing.T) {
	l := shop()
	l.Tenant = "shop"
	base := stood(t, l)
	if status, body := getLoki(t, base+"/loki/api/v1/labels"); status != http.StatusUnauthorized || body != "no org id" {
		t.Errorf("%d %s", status, body)
	}
	for path, want := range map[string]string{
		"/loki/api/v1/labels":           `{"data":["app","env"],"status":"success"}`,
		"/loki/api/v1/status/buildinfo": `"version":"3.5.0 (stand-in)"`,
		"/ready":                        "ready",
		"/loki/api/v1/query_range?query=" + url.QueryEscape(`sum(rate({app="shop"}[1m]))`): `"resultType":"matrix"`,
	} {
		if status, body := getLoki(t, base+path, "X-Scope-OrgID", "shop"); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := getLoki(t, base+"/loki/api/v1/tail", "X-Scope-OrgID", "shop"); status != http.StatusNotFound {
		t.Errorf("tail: %d", status)
	}
}

// TestLokiPush: what is pushed is found; what is no entry is refused.
func TestLokiPush(t *testing.T) {
	base := stood(t, &Loki{})
	push := func(body string) int {
		resp, err := http.Post(base+"/loki/api/v1/push", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	entry := fmt.Sprintf(`["%d","fizzbuzz",{"trace_id":"0242ac120002"}]`, lokiEpoch.UnixNano())
	if status := push(`{"streams":[{"stream":{"foo":"bar2"},"values":[` + entry + `,` + entry + `]}]}`); status != http.StatusNoContent {
		t.Errorf("status %d", status)
	}
	if _, body := getLoki(t, ranged(base, url.Values{"query": {`{foo="bar2"}`}})); strings.Count(body, "fizzbuzz") != 1 {
		t.Error(body)
	}
	for _, bad := range []string{"{", `{"streams":[{"values":[["soon","x"]]}]}`, `{"streams":[{"values":[[1,"x"]]}]}`, `{"streams":[{"values":[["1","x",{"a":1}]]}]}`} {
		if status := push(bad); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", bad, status)
		}
	}
}
