package standin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWhoMayReadASnapshot: whoever has the key, but nobody with a wrong token.
func TestWhoMayReadASnapshot(t *testing.T) {
	g := &Grafana{AppURL: "http://grafana.example", Tokens: map[string]string{"good": Viewer}}
	do := func(method, path, token, body string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		g.ServeHTTP(w, r)
		return w
	}
	const body = `{"dashboard":{"title":"t"},"key":"k"}`
	if w := do(http.MethodPost, "/api/snapshots", "", body); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token it was stored: %d", w.Code)
	}
	if w := do(http.MethodPost, "/api/snapshots", "good", body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"url":"http://grafana.example/dashboard/snapshot/k"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(http.MethodPost, "/api/snapshots", "good", body); w.Code != http.StatusInternalServerError {
		t.Errorf("a second one of the same key: %d", w.Code)
	}
	for token, want := range map[string]int{"": http.StatusOK, "good": http.StatusOK, "wrong": http.StatusUnauthorized} {
		if w := do(http.MethodGet, "/api/snapshots/k", token, ""); w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), `"title":"t"`) {
			t.Errorf("with token %q: %d, want %d", token, w.Code, want)
		}
	}
	if w := do(http.MethodGet, "/api/snapshots/other", "", ""); w.Code != http.StatusNotFound {
		t.Errorf("another key: %d", w.Code)
	}
}
