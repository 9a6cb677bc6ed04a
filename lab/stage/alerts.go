package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
)

const alertPoll = 200 * time.Millisecond

// Firing is one stretch in which an alert fired, as the lab saw it.
type Firing struct {
	Name     string
	Instance string
	Severity string
	Start    time.Time
	End      time.Time // zero while it fires
}

// alertWatch asks Prometheus all the time which alerts fire: the lab's own
// clock says when each began and ended.
type alertWatch struct {
	mu      sync.Mutex
	current map[string]*Firing
	all     []*Firing
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func watchAlerts(ctx context.Context, prometheus string) *alertWatch {
	w := &alertWatch{current: map[string]*Firing{}}
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done.Go(func() {
		tick := time.NewTicker(alertPoll)
		defer tick.Stop()
		for {
			if firing, err := firingNow(ctx, prometheus); err == nil {
				w.saw(firing, time.Now())
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

func (w *alertWatch) close() {
	w.cancel()
	w.done.Wait()
}

func (w *alertWatch) saw(firing map[string]Firing, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, f := range firing {
		if w.current[key] == nil {
			f.Start = now
			w.current[key] = &f
			w.all = append(w.all, &f)
		}
	}
	for key, f := range w.current {
		if _, still := firing[key]; !still {
			f.End = now
			delete(w.current, key)
		}
	}
}

// firings returns a copy of all stretches, by start.
func (w *alertWatch) firings() []Firing {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Firing, len(w.all))
	for i, f := range w.all {
		out[i] = *f
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Start.Before(out[j].Start) })
	return out
}

// firingNow returns the firing alerts by their labels.
func firingNow(ctx context.Context, prometheus string) (map[string]Firing, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, prometheus+"/api/v1/alerts", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels map[string]string `json:"labels"`
				State  string            `json:"state"`
			} `json:"alerts"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	firing := map[string]Firing{}
	for _, alert := range answer.Data.Alerts {
		if alert.State != "firing" {
			continue
		}
		firing[labelKey(alert.Labels)] = Firing{Name: alert.Labels["alertname"], Instance: alert.Labels["instance"], Severity: alert.Labels["severity"]}
	}
	return firing, nil
}

func labelKey(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for name, value := range labels {
		pairs = append(pairs, name+"="+value)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}
