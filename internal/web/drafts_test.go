package web

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scribe is the Drafts of tests. It says of every request what it was made to say.
type scribe struct {
	mu    sync.Mutex
	asked []DraftAsk
	keys  []string
	says  DraftAsked
	fail  error
	hangs bool // until ctx ends
}

func (s *scribe) Ask(ctx context.Context, ask DraftAsk, key string) (DraftAsked, error) {
	s.mu.Lock()
	s.asked, s.keys = append(s.asked, ask), append(s.keys, key)
	s.mu.Unlock()
	if s.hangs {
		<-ctx.Done()
	}
	return s.says, s.fail
}

const oneDraft = `{"from":"2024-07-12T09:00:00Z","to":"2024-07-12T12:45:00Z"}`

var writtenDraft = DraftAsked{
	ID: "D-1f3c9a02", State: DraftWritten, From: noon12, To: noon12.Add(time.Hour), Window: "12:00 – 13:00 UTC", Templates: []string{"postmortem"}, Dir: "/drafts/x",
}

func TestDraftAnswers(t *testing.T) {
	typed := []string{"Content-Type", "application/json"}
	with := func(header ...string) []string { return append(slices.Clone(typed), header...) }
	state := func(s string) DraftAsked {
		out := writtenDraft
		out.State, out.Dir = s, ""
		return out
	}
	failed := state(DraftFailed)
	failed.Error = "it could not be written"
	for _, tt := range []struct {
		name   string
		says   DraftAsked
		fail   error
		body   string
		header []string
		code   int
		want   string
	}{
		{"written", writtenDraft, nil, oneDraft, typed, 200,
			`{"id":"D-1f3c9a02","state":"written","from":"2024-07-12T12:00:00Z","to":"2024-07-12T13:00:00Z","window":"12:00 – 13:00 UTC","templates":["postmortem"],"dir":"/drafts/x"}`},
		{"waiting", state(DraftWaiting), nil, oneDraft, typed, 202, `"state":"waiting"`},
		{"being written", state(DraftWriting), nil, oneDraft, typed, 202, `"state":"writing"`},
		{"failed", failed, nil, oneDraft, typed, 500, `"error":"it could not be written"`},
		{"a window that is none", DraftAsked{}, errors.New("from 10:00 is not before to 09:00"), oneDraft, typed, 400, `{"error":"from 10:00 is not before to 09:00"}`},
		{"too many wait", DraftAsked{}, ErrDraftsFull, oneDraft, typed, 503, "ask again later"},
		{"collector stops", DraftAsked{}, ErrDraftsStopped, oneDraft, typed, 503, "collector stops"},
		{"another draft under the key", DraftAsked{}, ErrOtherDraft, oneDraft, with("Idempotency-Key", "a"), 409, "another draft"},
		{"no body", writtenDraft, nil, ``, typed, 400, "not JSON"},
		{"not JSON", writtenDraft, nil, `{"from":`, typed, 400, "not JSON"},
		{"two", writtenDraft, nil, oneDraft + oneDraft, typed, 400, "not JSON"},
		{"a list", writtenDraft, nil, "[" + oneDraft + "]", typed, 400, "the body is no request for a draft: send"},
		{"null", writtenDraft, nil, "null", typed, 400, "the body is no request for a draft: send"},
		{"a mistyped key", writtenDraft, nil, `{"from":"09:00","until":"10:00"}`, typed, 400, `unknown field \"until\"`},
		{"a wrong type", writtenDraft, nil, `{"from":9,"to":"10:00"}`, typed, 400, `\"from\" is of a wrong type`},
		{"a list of wrong things", writtenDraft, nil, `{"from":"09:00","to":"10:00","clusters":[1]}`, typed, 400, "is of a wrong type"},
		{"no window", writtenDraft, nil, `{}`, typed, 400, `both \"from\" and \"to\" are needed`},
		{"no end", writtenDraft, nil, `{"from":"09:00","to":" "}`, typed, 400, `both \"from\" and \"to\" are needed`},
		{"a long title", writtenDraft, nil, `{"from":"09:00","to":"10:00","title":"` + strings.Repeat("x", 201) + `"}`, typed, 400, "shorten it"},
		{"many clusters", writtenDraft, nil, `{"from":"09:00","to":"10:00","clusters":["a"` + strings.Repeat(`,"a"`, 100) + `]}`, typed, 400, "too many clusters"},
		{"a form", writtenDraft, nil, "from=09:00", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "Content-Type"},
		{"compressed", writtenDraft, nil, oneDraft, with("Content-Encoding", "gzip"), 415, "compressed"},
		{"too large", writtenDraft, nil, `{"from":"` + strings.Repeat("x", maxPushed) + `"}`, typed, 413, "1024 KiB"},
		{"a long key", writtenDraft, nil, oneDraft, with("Idempotency-Key", strings.Repeat("x", 501)), 400, "Idempotency-Key"},
		{"a page of another site", writtenDraft, nil, oneDraft, with("Sec-Fetch-Site", "cross-site"), 403, "not for browsers"},
		{"a page of collector's", writtenDraft, nil, oneDraft, with("Origin", "http://127.0.0.1:9950"), 403, "not for browsers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scribe{says: tt.says, fail: tt.fail}
			handler := newServer(t, Options{Drafts: s, Door: Door{Loopback: true}}).Handler
			rec := ask(handler, "POST", draftsPath, tt.body, tt.header...)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.want) {
				t.Errorf("%d %s, want %d and %s", rec.Code, rec.Body, tt.code, tt.want)
			}
			if again := rec.Header().Get("Retry-After"); (rec.Code == 503 || rec.Code == 202) != (again != "") {
				t.Errorf("Retry-After %q at %d", again, rec.Code)
			}
			if media := rec.Header().Get("Content-Type"); media != "application/json" && rec.Code != 403 {
				t.Errorf("it is %q", media)
			}
			if asked := tt.fail != nil || tt.says.ID != "" && (rec.Code == 200 || rec.Code == 202 || rec.Code == 500); asked != (len(s.asked) == 1) {
				t.Errorf("asked for %+v", s.asked)
			}
		})
	}
}

// TestDraftRequest: what is asked for comes through as it was sent, its title as one line.
func TestDraftRequest(t *testing.T) {
	s := &scribe{says: writtenDraft}
	handler := newServer(t, Options{Drafts: s, Door: Door{Authenticated: true}}).Handler
	ask(handler, "POST", draftsPath, `{"from":"-2h","to":"now","clusters":["shop"],"templates":["briefing","dea"],"title":" a\nb\u0000 "}`,
		"Content-Type", "application/json; charset=utf-8", "Idempotency-Key", "k")
	if len(s.asked) != 1 || s.keys[0] != "k" {
		t.Fatalf("%+v %v", s.asked, s.keys)
	}
	got := s.asked[0]
	if got.From != "-2h" || got.To != "now" || got.Title != "a b" || !slices.Equal(got.Clusters, []string{"shop"}) || !slices.Equal(got.Templates, []string{"briefing", "dea"}) {
		t.Errorf("%+v", got)
	}
}

// TestDraftsAreForThoseWhoMustLogIn: where everybody gets in nobody can have the disk filled.
func TestDraftsAreForThoseWhoMustLogIn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		door   Door
		drafts Drafts
		code   int
	}{
		{"a password", Door{Authenticated: true}, &scribe{says: writtenDraft}, 200},
		{"this machine", Door{Loopback: true}, &scribe{says: writtenDraft}, 200},
		{"everybody", Door{}, &scribe{says: writtenDraft}, 403},
		{"nobody writes drafts", Door{Loopback: true}, nil, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handler := newServer(t, Options{Drafts: tt.drafts, Door: tt.door}).Handler
			rec := ask(handler, "POST", draftsPath, oneDraft, "Content-Type", "application/json")
			if rec.Code != tt.code {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
			if rec := ask(handler, "GET", draftsPath, ""); rec.Code != 405 {
				t.Errorf("GET: %d", rec.Code)
			}
		})
	}
}

// TestDraftThatTakesLong: whoever waits for one hears in time how far it is, and neither
// keeps others from pushing nor waits without an end.
func TestDraftThatTakesLong(t *testing.T) {
	says := writtenDraft
	says.State, says.Dir = DraftWriting, ""
	s := &scribe{says: says, hangs: true}
	handler := newServer(t, Options{Drafts: s, Door: Door{Loopback: true}, Journal: &diary{}, Notes: noteRules(), Limits: Limits{Draft: time.Hour}}).Handler
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range maxDraftWaits {
		clients.Go(func() {
			req := httptest.NewRequestWithContext(ctx, "POST", draftsPath, strings.NewReader(oneDraft))
			req.Header.Set("Content-Type", "application/json")
			handler.ServeHTTP(httptest.NewRecorder(), req)
		})
	}
	for waiting := 0; waiting < maxDraftWaits; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		waiting = len(s.asked)
		s.mu.Unlock()
	}
	if rec := ask(handler, "POST", draftsPath, oneDraft, "Content-Type", "application/json"); rec.Code != 202 {
		t.Errorf("one more: %d %s", rec.Code, rec.Body)
	}
	if rec := ask(handler, "POST", changesPath, oneChange, "Content-Type", "application/json"); rec.Code != 200 {
		t.Errorf("a change meanwhile: %d %s", rec.Code, rec.Body)
	}
	cancel()
	clients.Wait()
	quick := newServer(t, Options{Drafts: s, Door: Door{Loopback: true}, Limits: Limits{Draft: time.Millisecond}}).Handler
	if rec := ask(quick, "POST", draftsPath, oneDraft, "Content-Type", "application/json"); rec.Code != 202 {
		t.Errorf("after its patience: %d %s", rec.Code, rec.Body)
	}
}

// TestDraftBodyThatBreaksOff is 503: the same may come in whole the next time.
func TestDraftBodyThatBreaksOff(t *testing.T) {
	s := &scribe{says: writtenDraft}
	req := httptest.NewRequest("POST", draftsPath, io.MultiReader(strings.NewReader(`{"from":`), brokenOff{}))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	newServer(t, Options{Drafts: s, Door: Door{Loopback: true}}).Handler.ServeHTTP(rec, req)
	if rec.Code != 503 || len(s.asked) > 0 {
		t.Errorf("%d %s; asked for %+v", rec.Code, rec.Body, s.asked)
	}
}

// FuzzDraftRequest: whatever a body is, it is read without a panic, and what is taken has
// a window and bearable names.
func FuzzDraftRequest(f *testing.F) {
	f.Add([]byte(oneDraft))
	f.Add([]byte(`{"from":"-2h","to":"now","clusters":["shop",null],"templates":[],"title":"\u0000\ud800\n"}`))
	f.Add([]byte(`{"from":"09:00","to":{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := draftFromJSON(pushedNow("application/json", body))
		switch {
		case err != nil && err.Error() == "":
			t.Error("an error without words")
		case err == nil && (strings.TrimSpace(got.From) == "" || strings.TrimSpace(got.To) == "" || len(got.Clusters) > maxDraftNames || len(got.Title) > maxDraftTitle || strings.ContainsAny(got.Title, "\n\r\x00")):
			t.Errorf("%+v", got)
		}
	})
}
