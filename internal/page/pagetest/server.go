package pagetest

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
	"collector/internal/page"
	"collector/internal/report"
	"collector/internal/timeline"
	"collector/internal/web"
)

// Book is what a server knows of incidents.
type Book []incident.Incident

// Incident is one of them. Errors: [incident.ErrUnknown].
func (b Book) Incident(_ context.Context, id string, _ time.Time) (incident.Incident, error) {
	n := slices.IndexFunc(b, func(i incident.Incident) bool { return i.ID == id })
	if n < 0 {
		return incident.Incident{}, incident.ErrUnknown
	}
	return b[n], nil
}

// Incidents are all of them.
func (b Book) Incidents(context.Context, time.Time) ([]incident.Incident, error) {
	return slices.Clone(b), nil
}

// Shelf tells stories by the directory of their drafts.
type Shelf map[string]page.Story

// Story is that of a directory. Errors: [fs.ErrNotExist].
func (s Shelf) Story(_ context.Context, dir string) (page.Story, error) {
	story, found := s[dir]
	if !found {
		return page.Story{}, fs.ErrNotExist
	}
	return story, nil
}

// Closed is an incident that is over and has its final draft in a directory.
func Closed(id, dir string, w timeline.Window) incident.Incident {
	return incident.Incident{
		ID: id, State: incident.StateClosed, Window: w, ClosedAt: w.To, ClosedBy: incident.ByResolve, Count: 3,
		Groups: []map[string]string{{"cluster": "shop"}},
		Draft:  incident.Draft{Count: 2, Dir: dir, First: w.From, Last: w.To, Final: true},
	}
}

// Serve shows drafts as incidents of their names until the test ends, and returns the
// address of the list. Each draft is written to disk, as the daemon does it.
func Serve(t testing.TB, drafts map[string]report.Draft) string {
	t.Helper()
	shelf, out := Shelf{}, t.TempDir()
	var book Book
	for id, d := range drafts {
		d.Folder = id
		dir, err := report.Write(out, d)
		if err != nil {
			t.Fatal(err)
		}
		shelf[dir] = page.NewStory(d, "1")
		book = append(book, Closed(id, dir, d.Timeline.Window))
	}
	return ServeBook(t, book, shelf)
}

// ServeBook shows what a book and a shelf hold.
func ServeBook(t testing.TB, book Book, stories web.Stories) string {
	t.Helper()
	server := web.New(web.Options{
		Door: web.Door{Loopback: true}, Metrics: prometheus.NewRegistry(), Ready: func() error { return nil },
		Incidents: book, Stories: stories, Log: slog.New(slog.DiscardHandler),
	})
	running := httptest.NewServer(server.Handler)
	t.Cleanup(running.Close)
	return running.URL + "/"
}
