package loki

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/lab/standin"
)

func TestEpisodes(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"one line":      {[]string{"09:10:00 error a"}, "09:10:00–09:10:00 checkout checkout_errors: 1 line: error a\n"},
		"a pause":       {[]string{"09:10:00 error a", "09:14:59 error a", "09:30:00 error a"}, "09:10:00–09:14:59 checkout checkout_errors: 2 lines, at most 1 in a minute: error a\n09:30:00–09:30:00 checkout checkout_errors: 1 line: error a\n"},
		"just no pause": {[]string{"09:10:00 error a", "09:15:00 error a"}, "09:10:00–09:15:00 checkout checkout_errors: 2 lines, at most 1 in a minute: error a\n"},
		"two patterns":  {[]string{"09:10:00 error a", "09:10:01 error b", "09:10:02 error a"}, "09:10:00–09:10:02 checkout checkout_errors: 2 lines: error a\n09:10:01–09:10:01 checkout checkout_errors: 1 line: error b\n"},
		"only values":   {[]string{"09:10:00 error in order 17", "09:10:01 error in order 4711"}, "09:10:00–09:10:01 checkout checkout_errors: 2 lines: error in order <n>\n"},
		"began before":  {[]string{"08:57:00 error a", "09:01:00 error a"}, "08:57:00–09:01:00 checkout checkout_errors: 1 line: error a\n"},
		"over before":   {[]string{"08:57:00 error a"}, "none: lines of checkout_errors in Loki: {app=\"checkout\"} |= \"error\"\n"},
		"over long ago": {[]string{"08:56:00 error a", "09:05:00 error a"}, "09:05:00–09:05:00 checkout checkout_errors: 1 line: error a\n"},
		"goes on":       {[]string{"09:58:00 error a", "10:01:00 error a"}, "09:58:00–… checkout checkout_errors: 1 line: error a\n"},
		"ended in time": {[]string{"09:58:00 error a"}, "09:58:00–09:58:00 checkout checkout_errors: 1 line: error a\n"},
		"only later":    {[]string{"10:01:00 error a"}, "none: lines of checkout_errors in Loki: {app=\"checkout\"} |= \"error\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &standin.Loki{}
			say(l, checkout(), c.lines...)
			if got := told(findings(t, l, queries()[0])); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

// TestStillOpen: while the incident lasts nobody knows whether the last line was the
// last. Who wrote often and then no more has stopped, some time until now.
func TestStillOpen(t *testing.T) {
	for name, c := range map[string]struct {
		lines  []string
		latest string // of the end; empty: it goes on
	}{
		"over":             {[]string{"09:50:00 error a"}, "09:50:01"},
		"one line":         {[]string{"09:58:00 error a"}, "09:58:01"},
		"now and then":     {[]string{"09:54:00 error a", "09:56:30 error a", "09:58:00 error a"}, ""},
		"often, then none": {[]string{"09:57:00 error a", "09:57:05 error a", "09:57:09 error a"}, "10:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &standin.Loki{}
			say(l, checkout(), c.lines...)
			req := request(t, window)
			req.Now = func() time.Time { return window.To }
			f := ask(t, over(t, sourcetest.Serve(t, l), queries()[0]), req)
			if len(f.Events) != 1 {
				t.Fatal(told(f))
			}
			latest := ""
			if end := f.Events[0].End; end != nil {
				latest = end.Latest.Format(time.TimeOnly)
			}
			if open := f.Events[0].Attributes["last_line"] != ""; latest != c.latest || open != (c.latest == "") {
				t.Errorf("the end is at %q at the latest: %s", latest, told(f))
			}
		})
	}
}

// TestManyPatterns: only those with the most lines are told, and the number of the others.
func TestManyPatterns(t *testing.T) {
	l := &standin.Loki{}
	words := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 1+i/26) }
	for i := range maxEpisodes + 20 {
		n := 1
		if i >= 20 {
			n = 2
		}
		for j := range n {
			l.Push(checkout(), standin.LokiEntry{At: at("09:10:00").Add(time.Duration(i*10+j) * time.Second), Line: "error " + words(i)})
		}
	}
	f := findings(t, l, queries()[0])
	if len(f.Events) != maxEpisodes || len(f.Remarks) != 1 || f.Remarks[0].Text != "of checkout_errors the 100 patterns with the most lines are told; 20 further lines of others are not" {
		t.Errorf("%d events, %+v", len(f.Events), f.Remarks)
	}
	for _, e := range f.Events {
		if e.Attributes["lines"] != "2" {
			t.Errorf("told: %s", e.Summary)
		}
	}
}

// TestFoldIsBounded: beyond so many patterns lines are only counted.
func TestFoldIsBounded(t *testing.T) {
	s := over(t, "http://127.0.0.1:1", queries()[0])
	f := newFold(window, newStreamMasker(s, request(t, window), "checkout_errors"))
	number := f.stream(checkout())
	letters := strings.NewReplacer("0", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j")
	for i := range maxPatterns + 500 {
		f.line(number, entry{ns: at("09:10:00").UnixNano() + int64(i), line: "error zz" + letters.Replace(fmt.Sprintf("%05d", i))})
	}
	if got := f.finish(); len(f.known) != maxPatterns || got.Untold != maxPatterns-maxEpisodes || got.UntoldLines != maxPatterns-maxEpisodes+500 {
		t.Errorf("%d patterns, %d episodes with %d lines are not told", len(f.known), got.Untold, got.UntoldLines)
	}
}

// TestStreams: whom a stream is about, and what of its labels is kept.
func TestStreams(t *testing.T) {
	s := over(t, "http://127.0.0.1:1", queries()[0])
	m := newStreamMasker(s, request(t, window), "checkout_errors")
	for name, c := range map[string]struct {
		labels map[string]string
		want   string
	}{
		"app":              {map[string]string{"app": "checkout", "job": "x"}, `checkout {app="checkout", job="x"}`},
		"a server":         {map[string]string{"app": "mysqld", "instance": "db1:9104"}, `db1 {app="mysqld", instance="db1:9104"}`},
		"guessed service":  {map[string]string{"service_name": "unknown_service", "instance": "web1"}, `web1 {instance="web1", service_name="unknown_service"}`},
		"nothing":          {map[string]string{"level": "error"}, `checkout_errors {level="error"}`},
		"Loki's own":       {map[string]string{"app": "a", "__error__": "JSONParserErr", "__stream_shard__": "3"}, `a {app="a"}`},
		"a trace":          {map[string]string{"app": "a", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}, `a {app="a", trace_id="<id>"}`},
		"a number":         {map[string]string{"app": "a", "order": "700123", "status": "503"}, `a {app="a", order="<n>", status="503"}`},
		"a text":           {map[string]string{"app": "a", "msg": "Duplicate entry 'bob' for key 7"}, `a {app="a", msg="Duplicate entry <str> for key <n>"}`},
		"a role":           {map[string]string{"app": "a", "user": "carol"}, `a {app="a", user="the release engineer"}`},
		"a mail address":   {map[string]string{"app": "a", "to": "carol@example.com"}, `a {app="a", to="the release engineer"}`},
		"a password":       {map[string]string{"app": "a", "db_password": "hunter2"}, `a {app="a", db_password="<redacted>"}`},
		"controls, turned": {map[string]string{"app": "a\x00b\u202ec"}, `a b c {app="a b c"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, in := m.mask(c.labels)
			if text := got.Target + " " + got.selector(); text != c.want || !in {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}
