package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Kind is the short name of this kind of source.
const Kind = "webhook"

// name is the one instance's: there is one book, whoever sends.
const name = "alertmanager"

// Told is one alert from one start to its end, as all notifications told it.
type Told struct {
	Fingerprint string            // Alertmanager's
	Labels      map[string]string // with external_labels, after alert_relabel_configs
	Annotations map[string]string // as last told
	StartsAt    time.Time         // as told
	From        time.Time         // where the book counts it from: StartsAt, or Received where that cannot be
	EndsAt      time.Time         // zero while it fires
	Ended       string            // how that is known; "" while it fires
	Received    time.Time         // when it was first told of
	Repeated    time.Time         // when it was last told of
	Group       string            // Alertmanager's own group, with the receiver
	Truncated   int               // the most alerts of the group that were left out beside it (max_alerts)
}

// Resolved is what Told.Ended says of an alert that a notification resolved. Any other
// word says that no resolve was received, and EndsAt is when that was noticed.
const Resolved = "resolved"

// ErrNever is what a Read returns when nothing was ever received: nobody has set the
// webhook up, so that nothing received in a window says nothing about it.
var ErrNever = errors.New("no alert was ever received")

// Read returns the alerts that touch a window, in order of their starts.
type Read func(ctx context.Context, window timeline.Window) ([]Told, error)

// Options are what a Source is made of.
type Options struct {
	Read          Read
	Targets       sources.Targets // of the configuration
	ClusterLabels []string        // the labels that may name an alert's cluster; the first that does counts
}

// Source is what was received. It is safe for concurrent use.
type Source struct{ opt Options }

// New makes the source; it reads nothing yet.
func New(opt Options) *Source { return &Source{opt} }

// Kind is "webhook".
func (s *Source) Kind() string { return Kind }

// Name is "alertmanager".
func (s *Source) Name() string { return name }

// checked is how far back Check looks.
const checked = 24 * time.Hour

// Check says when Alertmanager was heard of last. Silence is no fault: nothing may
// have happened.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	line := sources.Diagnosis{Source: Kind + "/" + name}
	now := time.Now()
	told, err := s.opt.Read(ctx, timeline.Window{From: now.Add(-checked), To: now})
	if errors.Is(err, ErrNever) {
		line.Text = "Alertmanager never told of an alert: is its webhook set up? See contrib/alertmanager.yml"
		return []sources.Diagnosis{line}
	}
	if err != nil {
		line.Level, line.Text = sources.Failed, fmt.Sprintf("the notifications that were received cannot be read: %v", err)
		return []sources.Diagnosis{line}
	}
	var last time.Time
	for _, a := range told {
		if a.Repeated.After(last) {
			last = a.Repeated
		}
	}
	line.Text = "Alertmanager told of no alert in the last 24 h"
	if len(told) > 0 {
		line.Text = fmt.Sprintf("Alertmanager told of %d alerts in the last 24 h, last at %s", len(told), last.UTC().Format(time.RFC3339))
	}
	return []sources.Diagnosis{line}
}

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)
