package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"
)

const (
	liveHello     = "retry: 3000\n\n" // ms; from then on a browser comes back by itself
	liveHeartbeat = ": still here\n\n"
	liveBeatEvery = 15 * time.Second // proxies cut what is silent for a minute
	liveLongest   = time.Hour        // then the client comes again, and through the door
)

// ServeHTTP tells a client what happens to an incident as it happens, as server-sent
// events; see docs/live.md. ?form=html asks for the state as HTML.
func (s *liveStreams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !sameSite(r) {
		http.Error(w, "another site's page may not follow an incident", http.StatusForbidden)
		return
	}
	i, found := findIncident(w, r, s.incidents, s.log)
	if !found {
		return
	}
	if r.Header.Get("Last-Event-ID") == endID && isOver(i, time.Now()) {
		w.WriteHeader(http.StatusNoContent) // to a browser: do not come again
		return
	}
	topic, err := s.follow(i.ID)
	if err != nil {
		w.Header().Set("Retry-After", "10")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.leave(i.ID, topic)
	out := newPatientWriter(w, s.stall)
	defer out.finish()
	defer context.AfterFunc(s.ending, out.cut)()
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("X-Accel-Buffering", "no") // nginx would collect events
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	err = s.tell(r.Context(), topic, out, &liveReader{html: r.URL.Query().Get("form") == "html"})
	if errors.Is(err, os.ErrDeadlineExceeded) && s.ending.Err() == nil {
		s.dropped.Inc()
	}
}

// tell writes what is new until there is nothing more to tell, the client has gone,
// or the server stops.
func (s *liveStreams) tell(ctx context.Context, topic *liveTopic, out *patientWriter, reader *liveReader) error {
	beat, longest := time.NewTicker(liveBeatEvery), time.NewTimer(liveLongest)
	defer beat.Stop()
	defer longest.Stop()
	if err := out.send([]byte(liveHello)); err != nil {
		return err
	}
	for {
		view, news := s.newest(topic)
		if view != nil {
			if text := reader.frames(view); len(text) > 0 {
				if err := out.send(text); err != nil {
					return err
				}
			}
			if view.over {
				return nil
			}
		}
		select {
		case <-news:
		case <-beat.C:
			if err := out.send([]byte(liveHeartbeat)); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		case <-s.ending.Done():
			return nil
		case <-longest.C:
			return nil
		}
	}
}

// sameSite is false for what a browser sends for another site's page, which could not
// read the answer, but take a place.
func sameSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}
