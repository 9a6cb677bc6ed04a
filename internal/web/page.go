package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// pages are the routes for people.
func (r *routes) pages(opts Options, limits Limits, server *http.Server) {
	host, drafts := newHosts(opts), draftFiles{opts.Incidents, opts.Log}
	r.incidentPages(opts, host)
	r.page("/incidents/{id}/draft/{file...}", host, drafts)
	r.page("/incidents/{id}/{beside}/{file...}", host, besideDraft{drafts})
	r.page("/incidents/{id}/{other}", host, http.NotFoundHandler()) // else it would be sent on, as to a draft
	r.page("/incidents/{id}/bundle.tar.zst", host, newBundles(drafts, limits))
	if opts.Live != nil {
		streams := newLiveStreams(opts, limits)
		server.RegisterOnShutdown(streams.end)
		r.page("/incidents/{id}/live", host, streams)
	}
}

// page is a route that people read in a browser.
func (r *routes) page(path string, host hosts, h http.Handler) {
	r.get(path, host.only(func(w http.ResponseWriter, req *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "private, no-cache") // asked again each time: drafts change
		h.ServeHTTP(w, req)
	}))
}

// hosts are the names under which collector shows pages. Where nobody asks for a
// password, the page of another site could have its own name resolved to this
// machine and read collector's pages as its own; it cannot choose what its own name
// is, so only addresses and names that are this machine's are answered.
type hosts struct {
	any      bool   // who is asked for a password: another site's page does not have it
	external string // of server.external_url
}

func newHosts(opts Options) hosts {
	h := hosts{any: opts.Door.Authenticated}
	if u, err := url.Parse(opts.ExternalURL); err == nil {
		h.external = u.Hostname()
	}
	return h
}

// only lets a request through that was sent to one of the names.
func (h hosts) only(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !h.known(req.Host) {
			http.Error(w, fmt.Sprintf("collector does not know itself as %s: set server.external_url to how people reach it", plainHost(req.Host)), http.StatusMisdirectedRequest)
			return
		}
		next(w, req)
	})
}

func (h hosts) known(host string) bool {
	name := host
	if withoutPort, _, err := net.SplitHostPort(host); err == nil {
		name = withoutPort
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return h.any || name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		net.ParseIP(name) != nil || h.external != "" && strings.EqualFold(name, h.external)
}

// maxHost is how much of a foreign name is repeated.
const maxHost = 100

// plainHost is a Host header as it can stand in a text.
func plainHost(host string) string {
	return fmt.Sprintf("%q", host[:min(maxHost, len(host))])
}
