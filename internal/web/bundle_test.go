package web

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"collector/internal/incident"
	"collector/internal/report"
)

// downloaded is an answer.
type downloaded struct {
	code   int
	head   http.Header
	length int64
	body   []byte
}

// download asks for a path with headers.
func download(t *testing.T, method, url string, header ...string) downloaded {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return downloaded{resp.StatusCode, resp.Header, resp.ContentLength, body}
}

// namesIn are the names in a packed draft.
func namesIn(t *testing.T, packed []byte) (all []string) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for files := tar.NewReader(z); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, head.Name)
	}
}

// TestBundle: a draft is one file, the same for the same draft, that a browser saves
// under a name and may ask the rest of.
func TestBundle(t *testing.T) {
	book := drafts(t)
	url := "http://" + start(t, newServer(t, Options{Incidents: book}))
	path := url + "/incidents/I-1/bundle.tar.zst"
	first := download(t, http.MethodGet, path)
	head, whole := first.head, first.body
	if first.code != 200 || head.Get("Content-Type") != "application/zstd" || head.Get("Content-Disposition") != `attachment; filename="draft.tar.zst"` ||
		!strings.HasPrefix(head.Get("Content-Security-Policy"), "sandbox") || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d %v", first.code, head)
	}
	want := []string{
		"draft/SHA256SUMS", "draft/charts/a.svg", "draft/evidence.tar.zst", "draft/evidence/x.json", "draft/postmortem.html", "draft/postmortem.md", "draft/timeline.json",
	}
	if got := namesIn(t, whole); !slices.Equal(got, want) {
		t.Errorf("it holds %q, want %q", got, want)
	}
	if again := download(t, http.MethodGet, path); !bytes.Equal(again.body, whole) {
		t.Error("the same draft gives other bytes")
	}
	if rest := download(t, http.MethodGet, path, "Range", "bytes=20-", "If-Range", head.Get("ETag")); rest.code != 206 || !bytes.Equal(rest.body, whole[20:]) {
		t.Errorf("the rest is answered %d with %d bytes", rest.code, len(rest.body))
	}
	if known := download(t, http.MethodGet, path, "If-None-Match", head.Get("ETag")); known.code != 304 {
		t.Errorf("what is known already is answered %d", known.code)
	}
	if only := download(t, http.MethodHead, path); only.code != 200 || len(only.body) > 0 || only.length != int64(len(whole)) {
		t.Errorf("HEAD is answered %d with %d bytes of %d", only.code, len(only.body), only.length)
	}
	beside, err := os.ReadDir(filepath.Dir(book["I-1"].Draft.Dir))
	if err != nil || len(beside) != 2 { // the draft and the secret
		t.Errorf("it left %v behind (%v)", beside, err)
	}
}

func TestNoBundle(t *testing.T) {
	url := "http://" + start(t, newServer(t, Options{Incidents: drafts(t)}))
	for _, tt := range []struct {
		id, says string
		code     int
	}{
		{"I-2", "has no draft yet", 404},
		{"I-3", "moved it away", 404},
		{"I-9", "there is no incident", 404},
		{"broken", "cannot be read", 500},
	} {
		t.Run(tt.id, func(t *testing.T) {
			got := download(t, http.MethodGet, url+"/incidents/"+tt.id+"/bundle.tar.zst")
			if got.code != tt.code || !strings.Contains(string(got.body), tt.says) || strings.Contains(string(got.body), "secret") {
				t.Errorf("%d %s", got.code, got.body)
			}
		})
	}
}

// TestBundlesAtOnce: more than a few at once wait for their turn.
func TestBundlesAtOnce(t *testing.T) {
	b := newBundles(draftFiles{incidents: drafts(t)}, Limits{}.withDefaults())
	for range bundlesAtOnce {
		b.places <- struct{}{}
	}
	mux := http.NewServeMux()
	mux.Handle("/incidents/{id}/bundle.tar.zst", b)
	if answer := getFrom(mux, "localhost", "/incidents/I-1/bundle.tar.zst"); answer.Code != 503 || answer.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d", answer.Code)
	}
}

// TestBundleWhileTheDraftIsRefreshed: a draft that is away for the moment in which it is
// replaced is waited for.
func TestBundleWhileTheDraftIsRefreshed(t *testing.T) {
	book := drafts(t)
	dir := book["I-1"].Draft.Dir
	if err := os.Rename(dir, dir+".new"); err != nil {
		t.Fatal(err)
	}
	asked := &notifying{book: book, asked: make(chan struct{}, 1)}
	go func() {
		<-asked.asked
		_ = os.Rename(dir+".new", dir)
	}()
	url := "http://" + start(t, newServer(t, Options{Incidents: asked}))
	got := download(t, http.MethodGet, url+"/incidents/I-1/bundle.tar.zst")
	if got.code != 200 || len(namesIn(t, got.body)) != 7 {
		t.Errorf("answered %d %q", got.code, got.body)
	}
}

// notifying is a book that says when it was asked.
type notifying struct {
	book
	asked chan struct{}
}

func (n *notifying) Incident(ctx context.Context, id string, now time.Time) (incident.Incident, error) {
	n.asked <- struct{}{}
	return n.book.Incident(ctx, id, now)
}

func TestFileName(t *testing.T) {
	for draft, want := range map[string]string{
		"2026-11-21T0902Z-shop":               "2026-11-21T0902Z-shop",
		"..":                                  "",
		"a\"; filename=\"/etc/passwd\r\nX: y": "a---filename---etc-passwd--X--y",
		"käse":                                "k-se",
		strings.Repeat("x", 500):              strings.Repeat("x", longestFileName),
	} {
		if got := fileName(draft); got != want+report.PackedEnding {
			t.Errorf("%q is called %q, want %q", draft, got, want+report.PackedEnding)
		}
	}
}
