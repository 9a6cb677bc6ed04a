package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"
)

const watchPoll = 200 * time.Millisecond

// Firing is one stretch in which an alert fired, as the lab saw it.
type Firing struct {
	Name     string
	Instance string
	Severity string
	Start    time.Time     // between the last answer without it and the first with it
	Fuzz     time.Duration // half the time between those two
	End      time.Time     // zero while it fires
}

// watch asks Prometheus all the time what is firing: the lab's own clock says
// when each thing began and ended.
type watch struct {
	mu      sync.Mutex
	asked   time.Time // when the last question that was answered was sent
	current map[string]*Firing
	all     []*Firing
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// startWatch calls ask, which returns what is firing by key, until it is closed.
func startWatch(ctx context.Context, ask func(context.Context) (map[string]Firing, error)) *watch {
	w := &watch{current: map[string]*Firing{}}
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done.Go(func() {
		tick := time.NewTicker(watchPoll)
		defer tick.Stop()
		for {
			sent := time.Now()
			if firing, err := ask(ctx); err == nil {
				w.saw(firing, sent, time.Now())
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return w
}

func (w *watch) close() {
	w.cancel()
	w.done.Wait()
}

func (w *watch) saw(firing map[string]Firing, sent, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked.IsZero() {
		w.asked = sent
	}
	fuzz := now.Sub(w.asked) / 2
	for key, f := range firing {
		if w.current[key] == nil {
			f.Start, f.Fuzz = now.Add(-fuzz), fuzz
			w.current[key] = &f
			w.all = append(w.all, &f)
		}
	}
	for key, f := range w.current {
		if _, still := firing[key]; !still {
			f.End = now.Add(-fuzz)
			delete(w.current, key)
		}
	}
	w.asked = sent
}

// firings returns a copy of all stretches, by start.
func (w *watch) firings() []Firing {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Firing, len(w.all))
	for i, f := range w.all {
		out[i] = *f
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Start.Before(out[j].Start) })
	return out
}

// firingAlerts asks for the firing alerts, by their labels.
func firingAlerts(prometheus string) func(context.Context) (map[string]Firing, error) {
	return func(ctx context.Context) (map[string]Firing, error) {
		var answer struct {
			Data struct {
				Alerts []struct {
					Labels map[string]string `json:"labels"`
					State  string            `json:"state"`
				} `json:"alerts"`
			} `json:"data"`
		}
		if err := getJSON(ctx, prometheus+"/api/v1/alerts", &answer); err != nil {
			return nil, fmt.Errorf("asking for the alerts: %w", err)
		}
		firing := map[string]Firing{}
		for _, alert := range answer.Data.Alerts {
			if alert.State == "firing" {
				firing[labelKey(alert.Labels)] = Firing{Name: alert.Labels["alertname"], Instance: alert.Labels["instance"], Severity: alert.Labels["severity"]}
			}
		}
		return firing, nil
	}
}

// failedScrapes asks for the targets whose last scrape failed.
func failedScrapes(prometheus string) func(context.Context) (map[string]Firing, error) {
	return func(ctx context.Context) (map[string]Firing, error) {
		var answer struct {
			Data struct {
				Result []struct {
					Metric map[string]string `json:"metric"`
				} `json:"result"`
			} `json:"data"`
		}
		if err := getJSON(ctx, prometheus+"/api/v1/query?query="+url.QueryEscape("up == 0"), &answer); err != nil {
			return nil, fmt.Errorf("asking for failed scrapes: %w", err)
		}
		failed := map[string]Firing{}
		for _, series := range answer.Data.Result {
			failed[labelKey(series.Metric)] = Firing{Name: "up", Instance: series.Metric["instance"]}
		}
		return failed, nil
	}
}

func getJSON(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

func labelKey(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for name, value := range labels {
		pairs = append(pairs, name+"="+value)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}
