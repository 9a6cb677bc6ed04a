package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"collector/internal/sources/httpclient"
)

// Held is what an Alertmanager holds as firing: everything that it was told and that
// has not ended, silenced, inhibited and muted alerts too.
type Held struct {
	told map[string]time.Time // by fingerprint, see Fired
}

// Fired says whether it holds an alert as firing, and when it was last told so. It
// goes on to hold what it is told no more: four minutes where Prometheus sends, else
// its resolve_timeout. The time is this machine's and not too late, and up to a
// second too early; it is zero where the server does not tell its own.
func (h Held) Fired(fingerprint string) (at time.Time, held bool) {
	at, held = h.told[fingerprint]
	return at, held
}

// Len is how many alerts it holds.
func (h Held) Len() int { return len(h.told) }

// everything asks for alerts whatever their state. These are the defaults, said
// loudly: an alert that is left out would count as resolved.
func everything() url.Values {
	yes := []string{"true"}
	return url.Values{"active": yes, "silenced": yes, "inhibited": yes, "unprocessed": yes}
}

// Active asks which alerts it holds as firing.
func (c *Client) Active(ctx context.Context) (Held, error) {
	var held Held
	asked := time.Now()
	err := c.get(ctx, "alerts", everything(), func(body io.Reader, date time.Time) (err error) {
		held, err = readAlerts(body, asked, date)
		return err
	})
	if err != nil {
		return Held{}, err
	}
	return held, nil
}

// gettableAlert is what is needed of models.GettableAlert.
type gettableAlert struct {
	Fingerprint string    `json:"fingerprint"`
	StartsAt    time.Time `json:"startsAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
	Status      struct {
		State string `json:"state"` // unprocessed, active, suppressed
	} `json:"status"`
}

// readAlerts reads an answer alert by alert. asked is when the question was put, date
// the server's time of the answer.
func readAlerts(body io.Reader, asked, date time.Time) (Held, error) {
	held := Held{told: map[string]time.Time{}}
	d := json.NewDecoder(body)
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return Held{}, malformed(err)
	}
	for d.More() {
		var a gettableAlert
		if err := d.Decode(&a); err != nil {
			return Held{}, malformed(cutOff(err))
		}
		if a.Fingerprint == "" || a.StartsAt.IsZero() || a.UpdatedAt.IsZero() || a.Status.State == "" {
			return Held{}, malformed(nil)
		}
		held.told[a.Fingerprint] = ours(a.UpdatedAt, asked, date)
	}
	if _, err := d.Token(); err != nil {
		return Held{}, malformed(cutOff(err))
	}
	return held, nil
}

// cutOff is the error of an answer that ended before its list did.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ours is a time of the server's clock on ours: as long before the question as it is
// before the answer. The Date of an answer has whole seconds.
func ours(theirs, asked, date time.Time) time.Time {
	if date.IsZero() {
		return time.Time{}
	}
	return asked.Add(-max(0, date.Add(time.Second).Sub(theirs)))
}

// malformed is the error of an answer that cannot be read: because it did not come in
// full, or because it is another answer.
func malformed(err error) error {
	var network net.Error
	switch {
	case err == nil:
		return errNotAlertmanager
	case errors.Is(err, httpclient.ErrTooLarge), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return fmt.Errorf("reading the answer: %w", err)
	}
	return fmt.Errorf("%w (%w)", errNotAlertmanager, err)
}
