package github

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"collector/internal/sources/forge/forgetest"
)

// FuzzAnswers: whatever GitHub answers, Gather gives sound records that are interpreted,
// an answer is an event, a check or a gap, and the person who deployed is not named.
func FuzzAnswers(f *testing.F) {
	deployment, err := os.ReadFile("testdata/deployment.json")
	if err != nil {
		f.Fatal(err)
	}
	status, err := os.ReadFile("testdata/status.json")
	if err != nil {
		f.Fatal(err)
	}
	at := strings.NewReplacer("2012-07-20T01:19:13Z", "2024-07-12T09:10:00Z")
	f.Add("["+at.Replace(string(deployment))+"]", "["+at.Replace(string(status))+"]")
	f.Add("[]", "[]")
	f.Add("null", "null")
	f.Add("[null]", "[null]")
	f.Add(`[{"id":1,"environment":"production","created_at":"2024-07-12T09:10:00Z"}]`, `[{"state":"success","created_at":1720775460}]`)
	f.Add(`[{"id":-1,"environment":"production","created_at":"0000-01-01T00:00:00Z"},{"id":1e3}]`, `{"message":"no"}`)
	var listed, reported string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/statuses") {
			_, _ = w.Write([]byte(reported))
			return
		}
		_, _ = w.Write([]byte(listed))
	}))
	f.Cleanup(srv.Close)
	source := bench.Open(f, forgetest.Setup{URL: srv.URL, MaxBody: 1 << 20})
	f.Fuzz(func(t *testing.T, list, statuses string) {
		listed, reported = list, statuses
		bench.Fuzzed(t, source, list)
	})
}
