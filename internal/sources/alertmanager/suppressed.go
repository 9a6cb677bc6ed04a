package alertmanager

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"collector/internal/timeline"
)

const (
	// maxSuppressed is how many suppressed alerts the evidence of one draft holds.
	maxSuppressed = 2000
	// maxBy is how many silences or alerts that suppress one alert are named.
	maxBy = 10
	// maxInhibitors is how many alerts are remembered for their names.
	maxInhibitors = 50_000
)

// suppressibleAlert is what is needed of models.GettableAlert.
type suppressibleAlert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt"`
	Status      struct {
		State       string   `json:"state"`
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
		MutedBy     []string `json:"mutedBy"`
	} `json:"status"`
}

// suppressed asks which alerts are held, and records those of which nobody is told.
func (g *gathering) suppressed(ctx context.Context) ([]timeline.Evidence, error) {
	q := g.question(kindSuppressed)
	answer := suppressedAnswer{Asked: g.req.Now().UTC()}
	known := map[string]alertRef{} // by fingerprint: whoever may inhibit another
	var list []suppressibleAlert
	asked := time.Now()
	err := g.source.get(ctx, "alerts", everything(), func(body io.Reader, date time.Time) error {
		answer.Clock = compared(asked, time.Now(), date)
		return eachOf(body, func(a suppressibleAlert) bool {
			if a.Fingerprint == "" || a.StartsAt.IsZero() || a.Status.State == "" {
				return false
			}
			answer.Held++
			target, in := g.admit.alert(a.Labels)
			if len(known) < maxInhibitors {
				known[a.Fingerprint] = g.reference(a, target)
			}
			if suppressing := len(a.Status.SilencedBy) + len(a.Status.InhibitedBy) + len(a.Status.MutedBy); suppressing == 0 || !in || !a.StartsAt.Before(g.req.Window.To) {
				return true
			}
			if len(list) < maxSuppressed {
				list = append(list, a)
			} else {
				answer.LeftOut++
			}
			return true
		})
	})
	if err != nil {
		return g.failed(q, fmt.Errorf("it does not say which alerts it holds: %w", err))
	}
	all := make([]suppressed, 0, len(list))
	for _, a := range list {
		all = append(all, g.suppressedAlert(a, known))
	}
	slices.SortFunc(all, func(a, b suppressed) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return answered(g, q, all, func(part []suppressed, first bool) any {
		answer := answer
		answer.Suppressed = part
		if !first {
			answer.LeftOut = 0
		}
		return answer
	})
}

// reference names an alert, masked.
func (g *gathering) reference(a suppressibleAlert, target string) alertRef {
	return alertRef{
		Fingerprint: g.mask.word(a.Fingerprint, maxName), Name: g.mask.word(a.Labels["alertname"], maxName),
		Target: g.mask.target(target, a.Labels), StartsAt: writable(a.StartsAt),
	}
}

func (g *gathering) suppressedAlert(a suppressibleAlert, known map[string]alertRef) suppressed {
	target, _ := g.admit.alert(a.Labels)
	out := suppressed{alertRef: g.reference(a, target)}
	out.Labels = g.mask.labels(a.Labels)
	for _, id := range firstOf(a.Status.SilencedBy) {
		out.SilencedBy = append(out.SilencedBy, g.mask.word(id, maxName))
	}
	for _, fingerprint := range firstOf(a.Status.InhibitedBy) {
		by, has := known[fingerprint]
		if !has {
			by = alertRef{Fingerprint: g.mask.word(fingerprint, maxName)}
		}
		out.InhibitedBy = append(out.InhibitedBy, by)
	}
	for _, interval := range firstOf(a.Status.MutedBy) {
		out.MutedBy = append(out.MutedBy, g.mask.word(interval, maxName))
	}
	return out
}

func firstOf(list []string) []string { return list[:min(len(list), maxBy)] }
