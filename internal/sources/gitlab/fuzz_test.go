package gitlab

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"collector/internal/sources/forge/forgetest"
)

// FuzzAnswers: whatever GitLab answers, Gather gives sound records that are interpreted,
// and an answer is an event, a check or a gap.
func FuzzAnswers(f *testing.F) {
	deployment, err := os.ReadFile("testdata/deployment.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("[" + strings.NewReplacer("2016-08-11T07", "2024-07-12T09", `"created"`, `"success"`).Replace(string(deployment)) + "]")
	f.Add("[]")
	f.Add("null")
	f.Add("[null]")
	f.Add(`[{"id":1,"status":"running","environment":{"name":"production"},"created_at":"2024-07-12T09:10:00Z","deployable":null,"user":null}]`)
	f.Add(`[{"id":1,"status":"failed","environment":{"name":"production"},"created_at":"0000-01-01T00:00:00Z","deployable":{"id":-1}},{"environment":null}]`)
	var listed string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(listed))
	}))
	f.Cleanup(srv.Close)
	source := bench.Open(f, forgetest.Setup{URL: srv.URL, MaxBody: 1 << 20})
	f.Fuzz(func(t *testing.T, list string) {
		listed = list
		bench.Fuzzed(t, source, list)
	})
}
