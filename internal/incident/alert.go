package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// The states of an alert in a notification.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Alert is one alert as a notification told it.
type Alert struct {
	Fingerprint  string            // Alertmanager's
	Status       string            // firing or resolved
	Labels       map[string]string // of the alert
	Annotations  map[string]string // of the alert
	StartsAt     time.Time         // when Prometheus began to fire it
	EndsAt       time.Time         // zero while it fires
	GeneratorURL string            // Prometheus's page of the rule's expression
}

// Notification is what one webhook call says.
type Notification struct {
	Receiver    string // of Alertmanager's configuration
	GroupKey    string // of Alertmanager's own grouping
	ExternalURL string // of the Alertmanager that sent it
	Truncated   int    // alerts that Alertmanager left out (max_alerts)
	Alerts      []Alert
	ReceivedAt  time.Time
}

// ErrInvalid marks a notification that can never be kept, however often it is sent.
var ErrInvalid = errors.New("not a valid notification")

// validate says what can never become valid.
func (n Notification) validate() error {
	for i, a := range n.Alerts {
		if a.Status != Firing && a.Status != Resolved {
			return fmt.Errorf("%w: alert %d has the status %q, which is neither firing nor resolved", ErrInvalid, i, a.Status)
		}
	}
	return nil
}

// Words are what an alert says about itself.
type Words struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	GeneratorURL string            `json:"generator_url,omitempty"`
}

// encode is the words' one form on disk: the keys are sorted.
func (w Words) encode() (string, error) {
	text, err := json.Marshal(w)
	return string(text), err
}

// decodeWords reads what encode wrote.
func decodeWords(text string) (w Words, err error) {
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return Words{}, fmt.Errorf("an alert's labels: %w", err)
	}
	return w, nil
}

// fingerprint is Alertmanager's, or a sum of the labels where it sent none.
func (a Alert) fingerprint() string {
	if a.Fingerprint != "" {
		return a.Fingerprint
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		fmt.Fprintf(sum, "%q=%q,", name, a.Labels[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
