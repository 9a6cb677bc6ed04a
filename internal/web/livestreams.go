package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
	"collector/internal/live"
)

// Live says what is so now at the servers that an incident is about.
type Live interface {
	// Now asks no server anything. The zone is the one in which people read times.
	Now(i incident.Incident, at time.Time) (state live.State, zone *time.Location)
}

const (
	liveLookEvery = time.Second
	liveLookShare = 10              // a look rests so many times as long as it took: a storm of alerts costs
	liveLookLimit = 5 * time.Second // for the book
)

var (
	errManyStreams = errors.New("as many pages follow incidents as may: close one, or reload this one now and then")
	errStopping    = errors.New("collector is stopping")
)

// liveStreams are the clients that follow incidents. One goroutine looks, however
// many follow. What it sees is there to be taken; nobody is waited for and nothing is
// queued, so that a client that reads slowly misses what was so in between.
type liveStreams struct {
	incidents Incidents
	live      Live
	log       *slog.Logger
	limit     int // of streams
	stall     time.Duration
	open      prometheus.Gauge
	dropped   prometheus.Counter

	ending context.Context // it ends when the server stops
	end    context.CancelFunc
	wake   chan struct{} // somebody waits for the first look at an incident

	mu      sync.Mutex // guards what follows
	count   int
	topics  map[string]*liveTopic // by incident
	looking bool
}

// liveTopic is an incident that is followed.
type liveTopic struct {
	streams int
	view    *liveView     // nil before the first look
	news    chan struct{} // closed when there is a newer view
}

func newLiveStreams(opts Options, limits Limits) *liveStreams {
	const namespace, subsystem = "collector", "http"
	s := &liveStreams{
		incidents: opts.Incidents, live: opts.Live, log: opts.Log, limit: limits.Streams, stall: limits.Stall,
		wake: make(chan struct{}, 1), topics: map[string]*liveTopic{},
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "live_streams",
			Help: "Clients that follow an incident.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "live_streams_dropped_total",
			Help: "Clients that followed an incident and were cut off because they did not read.",
		}),
	}
	s.ending, s.end = context.WithCancel(context.Background())
	opts.Metrics.MustRegister(s.open, s.dropped)
	return s
}

// follow takes a place for a stream. Errors: errManyStreams, errStopping.
func (s *liveStreams) follow(id string) (*liveTopic, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending.Err() != nil {
		return nil, errStopping
	}
	if s.count >= s.limit {
		return nil, errManyStreams
	}
	t := s.topics[id]
	if t == nil {
		t = &liveTopic{news: make(chan struct{})}
		s.topics[id] = t
	}
	t.streams++
	s.count++
	s.open.Inc()
	if !s.looking {
		s.looking = true
		go s.look()
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
	return t, nil
}

func (s *liveStreams) leave(id string, t *liveTopic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.streams--
	s.count--
	s.open.Dec()
	if t.streams == 0 {
		delete(s.topics, id)
	}
}

// newest is the view of a topic, nil before the first look, and what is closed when
// there is a newer one.
func (s *liveStreams) newest(t *liveTopic) (*liveView, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.view, t.news
}

// look looks again and again, until nobody follows or the server stops.
func (s *liveStreams) look() {
	timer := time.NewTimer(liveLookEvery)
	defer timer.Stop()
	for {
		select {
		case <-s.ending.Done():
			return
		case <-s.wake:
			s.refreshAll(s.followed(true))
		case <-timer.C:
			began := time.Now()
			ids := s.followed(false)
			if ids == nil {
				return
			}
			s.refreshAll(ids)
			timer.Reset(max(liveLookEvery, liveLookShare*time.Since(began)))
		}
	}
}

// followed are the incidents that somebody follows, or those of them that nobody has
// looked at. When nobody follows any, whoever looks is to end.
func (s *liveStreams) followed(unseen bool) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.topics {
		if !unseen || t.view == nil {
			ids = append(ids, id)
		}
	}
	if len(s.topics) == 0 && !unseen {
		s.looking = false
	}
	return ids
}

func (s *liveStreams) refreshAll(ids []string) {
	for _, id := range ids {
		if err := s.refresh(id); err != nil && s.ending.Err() == nil {
			s.log.Error("those who follow an incident are not told how it goes on", "incident", id, "err", err)
		}
	}
}

// refresh looks at one incident. A book that cannot be read has nothing new; the
// clerk complains.
func (s *liveStreams) refresh(id string) (err error) {
	defer func() {
		if v := recover(); v != nil { // it is nobody's request, and would end the daemon
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(s.ending, liveLookLimit)
	defer cancel()
	now := time.Now()
	i, err := s.incidents.Incident(ctx, id, now)
	if err != nil {
		return nil
	}
	state, zone := s.live.Now(i, now)
	t, before := s.seen(id)
	if t == nil {
		return nil // everybody has left
	}
	view, err := before.next(i, state, zone, now)
	if view != nil {
		s.publish(t, view)
	}
	return err
}

// seen is a topic with its view; only whoever looks changes that.
func (s *liveStreams) seen(id string) (*liveTopic, *liveView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[id]; t != nil {
		return t, t.view
	}
	return nil, nil
}

func (s *liveStreams) publish(t *liveTopic, view *liveView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.view = view
	close(t.news)
	t.news = make(chan struct{})
}
