package web

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
	"collector/internal/timeline"
)

// noteForm is POST /incidents/{id}/notes, which the form of an incident's page sends as
// application/x-www-form-urlencoded:
//
//	text      what was seen or done
//	at        when, as on the command line; empty: now, while the incident lasts
//	author    who; empty: who is logged in
//	disputes  the ID of an event or of evidence that the note contradicts, or empty
//
// It answers with 303 to the incident's page. What it says of mistakes is plain text for
// people, who go back to the form.
type noteForm struct {
	push      *push
	rules     NoteRules
	incidents Incidents
	log       *slog.Logger
	named     bool // who posts has given a name and a password
}

// notesPath is where the form posts to.
const notesPath = "/incidents/{id}/notes"

// formType is the media type of a form.
const formType = "application/x-www-form-urlencoded"

// form is a route that the pages post to. It is for collector's own pages alone: not for
// those of other sites, which could use the password that a browser remembers, and not
// for one whose name leads here.
func (r *routes) form(path string, opts Options, h http.Handler) {
	own := http.NewCrossOriginProtection()
	if u, err := url.Parse(opts.ExternalURL); err == nil && u.Host != "" {
		// Behind a proxy the Host may be another. One that is refused is not trusted.
		_ = own.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	r.handle(http.MethodPost, path, newHosts(opts).only(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if err := own.Check(req); err != nil {
			http.Error(w, "only collector's own pages may send this", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, req)
	}))
}

func (f noteForm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, err := f.incidents.Incident(r.Context(), r.PathValue("id"), time.Now())
	switch {
	case errors.Is(err, incident.ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		f.log.Error("an incident cannot be read", "err", err)
		http.Error(w, "the incidents cannot be read; collector's log says why", http.StatusInternalServerError)
		return
	}
	req, release, ok := f.push.read(w, r)
	if !ok {
		return
	}
	defer release()
	entry, err := f.entry(req, i)
	if err == nil {
		_, err = f.push.keep(r.Context(), []store.Entry{entry})
	}
	if err != nil {
		f.refuse(w, err)
		return
	}
	// Relative, so that it also holds behind a proxy that adds a prefix.
	w.Header().Set("Location", "../"+url.PathEscape(i.ID))
	w.WriteHeader(http.StatusSeeOther)
}

func (f noteForm) refuse(w http.ResponseWriter, err error) {
	code := http.StatusBadRequest
	var own refusal
	if errors.As(err, &own) {
		code = own.code
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, "The note was not kept: "+shortened(err.Error(), longestAnswer)+"\nGo back to change it.", code)
}

// entry is the note that a form holds.
func (f noteForm) entry(r pushed, i incident.Incident) (store.Entry, error) {
	if r.media != formType {
		return store.Entry{}, refusal{errors.New("the Content-Type is not " + formType), http.StatusUnsupportedMediaType}
	}
	form, err := url.ParseQuery(string(r.body))
	if err != nil {
		return store.Entry{}, errors.New("the form is not encoded as it should be")
	}
	n := store.Note{Text: form.Get("text"), Author: form.Get("author"), Disputes: form.Get("disputes"), Incident: i.ID, Cluster: clusterOf(i)}
	if user, _, ok := r.BasicAuth(); ok && f.named {
		n.Author = cmp.Or(strings.TrimSpace(n.Author), user)
	}
	if when := strings.TrimSpace(form.Get("at")); when != "" {
		if n.At, n.Until, err = f.rules.When(when); err != nil {
			return store.Entry{}, err
		}
	}
	if err := within(i, n); err != nil {
		return store.Entry{}, err
	}
	// The same once more within a minute is a second click.
	own := strings.Join([]string{i.ID, n.Text, n.Author, n.Disputes, form.Get("at"), r.received.Format("15:04")}, "\x00")
	return n.Entry(r.keyOf(0, 1, "form\x00"+own, ""), r.received)
}

// clusterOf is the cluster that all alerts of an incident name, "" where they differ.
func clusterOf(i incident.Incident) string {
	if len(i.Groups) == 1 {
		return i.Groups[0]["cluster"]
	}
	return ""
}

// within refuses a note whose time is in no draft of the incident: it would never be read.
func within(i incident.Incident, n store.Note) error {
	w, span := i.Window, fmt.Sprintf("from %s to %s", timeline.FormatTime(i.Window.From), timeline.FormatTime(i.Window.To))
	closed := i.State == incident.StateClosed
	switch {
	case n.At.IsZero() && closed:
		return fmt.Errorf("the incident is over: say when it was, the document tells %s", span)
	case n.At.IsZero():
		return nil
	case n.At.Before(w.From) && n.Until.Before(w.From), closed && !n.At.Before(w.To):
		return fmt.Errorf("%s is not in the incident, whose document tells %s", timeline.FormatTime(n.At), span)
	}
	return nil
}
