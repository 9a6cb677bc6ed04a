package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
)

// Incidents are what there is to read: the incidents, and where their drafts lie.
type Incidents interface {
	// Incident is one incident. Errors: [incident.ErrUnknown].
	Incident(ctx context.Context, id string, now time.Time) (incident.Incident, error)
	// Incidents are all of them, the latest last; those that are long over come without their alerts.
	Incidents(ctx context.Context, now time.Time) ([]incident.Incident, error)
}

// draftPolicy holds for every file of a draft, whoever wrote it: nothing in it runs
// and nothing is loaded, not even when it is a chart or a page that somebody put
// there. The document brings its own, stricter one, which names its style.
const draftPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; script-src 'none'; object-src 'none'; connect-src 'none'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// PagePath is the path of an incident's page below server.external_url.
func PagePath(id string) string { return "incidents/" + url.PathEscape(id) }

// draftFiles serves the files of drafts as they lie on disk, read only.
type draftFiles struct {
	incidents Incidents
	log       *slog.Logger
}

func (d draftFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, found := d.find(w, r)
	if !found {
		return
	}
	d.serve(w, r, i, i.Draft.Dir)
}

// serve answers with the file that the path names, or the page to read first, of a draft
// that an incident leads to.
func (d draftFiles) serve(w http.ResponseWriter, r *http.Request, i incident.Incident, dir string) {
	name := cmp.Or(r.PathValue("file"), report.MainPage(dir))
	if err := serveFile(w, r, dir, name); err != nil {
		status, text := http.StatusNotFound, fmt.Sprintf("the draft of incident %s has no such file", i.ID)
		if dir != i.Draft.Dir {
			text = fmt.Sprintf("the draft beside that of incident %s has no such file", i.ID)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			status, text = http.StatusInternalServerError, "the file cannot be read; collector's log says why"
			d.log.Error("a file of a draft cannot be read", "incident", i.ID, "err", err)
		}
		http.Error(w, text, status)
	}
}

// find is the incident that the path names, with its draft; else the answer says
// why there is none.
func (d draftFiles) find(w http.ResponseWriter, r *http.Request) (incident.Incident, bool) {
	i, found := findIncident(w, r, d.incidents, d.log)
	if found && i.Draft.Dir == "" {
		http.Error(w, fmt.Sprintf("incident %s has no draft yet: the first one is written within a minute of the first alert", i.ID), http.StatusNotFound)
		return incident.Incident{}, false
	}
	return i, found
}

// findIncident is the incident that the path names; else the answer says why there is none.
func findIncident(w http.ResponseWriter, r *http.Request, from Incidents, log *slog.Logger) (incident.Incident, bool) {
	i, err := from.Incident(r.Context(), r.PathValue("id"), time.Now())
	switch {
	case errors.Is(err, incident.ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		log.Error("an incident cannot be read", "err", err)
		http.Error(w, "the incidents cannot be read; collector's log says why", http.StatusInternalServerError)
	default:
		return i, true
	}
	return incident.Incident{}, false
}

// serveFile answers with a file below a directory. What is no plain file in it, also
// a link that leads out of it, is not there.
func serveFile(w http.ResponseWriter, r *http.Request, dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Lstat(name)
	if err != nil {
		return missing(err)
	}
	if !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	file, err := root.Open(name)
	if err != nil {
		return missing(err)
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", mediaType(name))
	w.Header().Set("Content-Security-Policy", draftPolicy)
	http.ServeContent(w, r, "", info.ModTime(), file)
	return nil
}

// missing is fs.ErrNotExist for names that are no files: those that lead out of the
// directory, go through a file, or are too long for any.
func missing(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fs.ErrNotExist
}

// mediaType goes by what a draft holds, not by what a machine knows of endings.
func mediaType(name string) string {
	switch path.Ext(strings.ToLower(name)) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".md", ".yaml", "":
		return "text/plain; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}
