package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// load is an open loop: notification i is due at its own time, i/Rate after the
// start, however long the answers to those before take. Its latency counts from
// then to 200 OK, so that a server that stands still is not asked less often and
// thereby excused. It is bounded: Clients connections, and an end.
type load struct {
	URL     string
	Rate    float64 // notifications per second
	Clients int     // connections; what is due while all are busy is sent late
	Body    func(i int) []byte
}

// outcome is what a load met.
type outcome struct {
	took    []time.Duration // of what was answered 200, from when it was due, sorted
	retries int             // attempts that were answered 5xx, or not at all
	lost    []error         // what was given up, as Alertmanager gives up
}

// quantile of the latencies; q from 0 to 1.
func (o outcome) quantile(q float64) time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	return o.took[min(int(q*float64(len(o.took))), len(o.took)-1)]
}

// run sends count notifications and returns when all are answered or given up.
func (l load) run(ctx context.Context, count int) outcome {
	type job struct {
		number int
		due    time.Time
	}
	jobs := make(chan job, count) // the loop never waits for a client
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.Clients, MaxConnsPerHost: l.Clients}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all outcome
	var clients sync.WaitGroup
	for range l.Clients {
		clients.Go(func() {
			for j := range jobs {
				retries, err := l.deliver(ctx, client, l.Body(j.number))
				took := time.Since(j.due)
				mu.Lock()
				all.retries += retries
				if err != nil {
					all.lost = append(all.lost, fmt.Errorf("notification %d: %w", j.number, err))
				} else {
					all.took = append(all.took, took)
				}
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	for i := range count {
		due := began.Add(time.Duration(float64(i) / l.Rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		jobs <- job{i, due}
	}
	close(jobs)
	clients.Wait()
	slices.Sort(all.took)
	return all
}

var errGivenUp = errors.New("given up")

// deliver does as Alertmanager: it repeats after a 5xx or no answer, with back-off,
// and gives up after any other answer than 2xx, or when ctx ends.
func (l load) deliver(ctx context.Context, client *http.Client, body []byte) (retries int, err error) {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		code, err := l.send(ctx, client, body)
		switch {
		case err == nil && code/100 == 2:
			return retries, nil
		case err == nil && code/100 != 5:
			return retries, fmt.Errorf("%w after %d", errGivenUp, code)
		}
		retries++
		select {
		case <-ctx.Done():
			return retries, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (l load) send(ctx context.Context, client *http.Client, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
