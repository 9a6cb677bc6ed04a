package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/timeline"
)

// noon12 begins the windows of these tests' incidents, an hour each.
var noon12 = time.Date(2024, 7, 12, 12, 0, 0, 0, time.UTC)

// noted are an incident that goes on and one that is over.
func noted() book {
	w := timeline.Window{From: noon12, To: noon12.Add(time.Hour)}
	groups := []map[string]string{{"cluster": "shop"}}
	return book{
		"I 1": {ID: "I 1", State: incident.StateOpen, Window: w, Groups: groups},
		"I-2": {ID: "I-2", State: incident.StateClosed, Window: w, Groups: append(groups, map[string]string{"cluster": "bank"})},
	}
}

// submit sends a form as a browser does.
func submit(h http.Handler, id string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/incidents/"+url.PathEscape(id)+"/notes", strings.NewReader(form.Encode()))
	r.Host = "127.0.0.1:9950"
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "http://127.0.0.1:9950")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func fields(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestNoteForm(t *testing.T) {
	for _, tt := range []struct {
		name, id string
		form     url.Values
		code     int
		want     string // of the answer where it is refused, else what was kept
	}{
		{"now", "I 1", fields("text", "failed over\r\nby hand"), 303, "undated cluster=shop incident=I 1 text=failed over\nby hand"},
		{"at a time", "I 1", fields("text", "x", "at", "2024-07-12T12:30:00Z", "author", "Ann", "disputes", "e-1f3c9a02"), 303,
			"12:30:00 author=Ann cluster=shop disputes=e-1f3c9a02 incident=I 1 text=x"},
		{"markup is text", "I 1", fields("text", "<img src=x onerror=alert(1)>"), 303, "undated cluster=shop incident=I 1 text=<img src=x onerror=alert(1)>"},
		{"of an incident that is over", "I-2", fields("text", "x", "at", "2024-07-12T12:59:59Z"), 303, "12:59:59 incident=I-2 text=x"},
		{"on the edge", "I-2", fields("text", "x", "at", "2024-07-12T11:59:59Z"), 303, "11:59:59 incident=I-2 text=x"},

		{"over, and no time", "I-2", fields("text", "x"), 400, "the incident is over: say when it was"},
		{"after it", "I-2", fields("text", "x", "at", "2024-07-12T13:00:00Z"), 400, "is not in the incident, whose document tells from 2024-07-12T12:00:00.000Z"},
		{"before it", "I 1", fields("text", "x", "at", "2024-07-12T11:59:58Z"), 400, "is not in the incident"},
		{"no text", "I 1", fields("at", ""), 400, "the note has no text"},
		{"no time", "I 1", fields("text", "x", "at", "noon"), 400, "noon"},
		{"no ID", "I 1", fields("text", "x", "disputes", "\"><script>"), 400, "is no ID"},
		{"another incident", "I-9", fields("text", "x"), 404, "there is no incident"},
		{"a broken book", "broken", fields("text", "x"), 500, "log says why"},
		{"a long text", "I 1", fields("text", strings.Repeat("x", 9<<10)), 400, "shorten it"},
		{"a huge form", "I 1", fields("text", strings.Repeat("x", maxPushed)), 413, "1024 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			rec := submit(newServer(t, Options{Journal: kept, Notes: noteRules(), Incidents: noted()}).Handler, tt.id, tt.form)
			if rec.Code != tt.code || strings.Contains(rec.Header().Get("Content-Type"), "html") {
				t.Fatalf("%d %s %s", rec.Code, rec.Header(), rec.Body)
			}
			if tt.code != 303 {
				if !strings.Contains(rec.Body.String(), tt.want) || kept.told() != "" || strings.Contains(rec.Body.String(), "/secret") {
					t.Errorf("it says %s and keeps %q", rec.Body, kept.told())
				}
				return
			}
			if got := kept.told(); got != tt.want {
				t.Errorf("kept %q, want %q", got, tt.want)
			}
			to, err := url.Parse("http://x/c/incidents/" + url.PathEscape(tt.id) + "/notes")
			if err != nil {
				t.Fatal(err)
			}
			if to, err = to.Parse(rec.Header().Get("Location")); err != nil || to.Path != "/c/incidents/"+tt.id {
				t.Errorf("it leads to %v, %v", to, err)
			}
		})
	}
}

// TestNoteFormIsCollectorsOwn: neither the page of another site nor one whose name leads
// here can write a note.
func TestNoteFormIsCollectorsOwn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header []string
		door   Door
		code   int
	}{
		{"its own page", nil, Door{Loopback: true}, 303},
		{"an old browser on its own page", []string{"Sec-Fetch-Site", ""}, Door{Loopback: true}, 303},
		{"no browser", []string{"Sec-Fetch-Site", "", "Origin", ""}, Door{Loopback: true}, 303},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, Door{Loopback: true}, 403},
		{"another port of this machine", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:80"}, Door{Loopback: true}, 403},
		{"another site in an old browser", []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, Door{Loopback: true}, 403},
		{"a sandbox", []string{"Sec-Fetch-Site", "", "Origin", "null"}, Door{Loopback: true}, 403},
		{"a name that leads here", []string{"Host", "evil.example", "Origin", "http://evil.example"}, Door{Loopback: true}, 421},
		{"any name, with a password", []string{"Host", "db.example", "Origin", "http://db.example"}, Door{Authenticated: true}, 303},
		{"the external name behind a proxy", []string{"Sec-Fetch-Site", "", "Origin", "https://collector.example"}, Door{Loopback: true}, 303},
		{"a form that is text", []string{"Content-Type", "text/plain"}, Door{Loopback: true}, 415},
		{"JSON", []string{"Content-Type", "application/json"}, Door{Loopback: true}, 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := &diary{}
			handler := newServer(t, Options{Journal: kept, Notes: noteRules(), Incidents: noted(), Door: tt.door, ExternalURL: "https://collector.example/c/"}).Handler
			rec := submit(handler, "I 1", fields("text", "x"), tt.header...)
			if rec.Code != tt.code || (kept.told() != "") != (tt.code == 303) {
				t.Errorf("%d %s; kept %q", rec.Code, rec.Body, kept.told())
			}
		})
	}
}

// TestNoteFormTwice: a second click is no second note.
func TestNoteFormTwice(t *testing.T) {
	kept := &diary{}
	handler := newServer(t, Options{Journal: kept, Notes: noteRules(), Incidents: noted()}).Handler
	for _, text := range []string{"x", "x", "y"} {
		if rec := submit(handler, "I 1", fields("text", text, "at", "2024-07-12T12:30:00Z")); rec.Code != 303 {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
	if n := len(kept.kept); n != 2 && n != 3 { // a minute may have begun between two clicks
		t.Errorf("%d notes", n)
	}
}

// TestNoteFormAuthor: who is logged in wrote it, unless somebody else is named; where
// nobody must log in, a name proves nothing.
func TestNoteFormAuthor(t *testing.T) {
	for _, tt := range []struct {
		door   Door
		author string
		want   string
	}{
		{Door{Authenticated: true}, "", "alice"}, {Door{Authenticated: true}, "Bob", "Bob"}, {Door{Loopback: true}, "", ""},
	} {
		kept := &diary{}
		handler := newServer(t, Options{Journal: kept, Notes: noteRules(), Incidents: noted(), Door: tt.door}).Handler
		submit(handler, "I 1", fields("text", "x", "author", tt.author), "Authorization", "Basic YWxpY2U6c2VjcmV0")
		if len(kept.kept) != 1 || kept.kept[0].Fields["author"] != tt.want || strings.Contains(kept.told(), "secret") {
			t.Errorf("%+v: %s", tt.door, kept.told())
		}
	}
}

// TestNoteFormThatCannotBeKept says so, and that it may pass.
func TestNoteFormThatCannotBeKept(t *testing.T) {
	for _, journal := range []Journal{&diary{fail: errors.New("/secret/path is full")}, nil} {
		rec := submit(newServer(t, Options{Journal: journal, Notes: noteRules(), Incidents: noted()}).Handler, "I 1", fields("text", "x"))
		if rec.Code != 503 || rec.Header().Get("Retry-After") == "" || strings.Contains(rec.Body.String(), "/secret") {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
}
