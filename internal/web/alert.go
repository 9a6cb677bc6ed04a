package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"collector/internal/incident"
)

// decodeAlerts appends the alerts of the array that comes next.
func decodeAlerts(dec *json.Decoder, alerts *[]incident.Alert) error {
	if err := expect(dec, json.Delim('[')); err != nil {
		return err
	}
	for dec.More() {
		var told template.Alert
		if err := dec.Decode(&told); err != nil {
			return fmt.Errorf("alert %d: %w", len(*alerts), err)
		}
		alert, err := convert(told)
		if err != nil {
			return fmt.Errorf("alert %d: %w", len(*alerts), err)
		}
		*alerts = append(*alerts, alert)
	}
	return expect(dec, json.Delim(']'))
}

// convert refuses what Alertmanager cannot send: its own API takes no alert
// without a label or a start, and an alert is resolved by having ended.
func convert(told template.Alert) (incident.Alert, error) {
	a := incident.Alert{
		Fingerprint: fingerprint(told.Fingerprint, told.Labels), Status: told.Status,
		Labels: told.Labels, Annotations: told.Annotations,
		StartsAt: told.StartsAt.UTC(), EndsAt: told.EndsAt.UTC(), GeneratorURL: told.GeneratorURL,
	}
	switch {
	case len(a.Labels) == 0:
		return a, errors.New("it has no labels")
	case a.StartsAt.IsZero():
		return a, errors.New("it has no startsAt")
	}
	switch a.Status {
	case incident.Firing:
		a.EndsAt = time.Time{} // an end in the future is when it would lapse, not when it ended
	case incident.Resolved:
		if a.EndsAt.IsZero() {
			return a, errors.New("it is resolved and has no endsAt")
		}
	default:
		return a, fmt.Errorf("its status is %.100q, want firing or resolved", a.Status)
	}
	if !writable(a.StartsAt) || !writable(a.EndsAt) {
		return a, errors.New("its startsAt or endsAt is not in the years 1 to 9999")
	}
	return a, nil
}

// writable is false for a time that RFC 3339 cannot write: an offset can carry one
// that it could read out of its years.
func writable(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// fingerprintLength is that of a fingerprint's text: 64 bits in hexadecimal.
const fingerprintLength = 16

// fingerprint is the one that was told, or what Alertmanager computes from the
// labels: before 0.19 it did not tell it, and what is no fingerprint identifies nothing.
func fingerprint(told string, labels map[string]string) string {
	if f, err := model.ParseFingerprint(told); err == nil && len(told) == fingerprintLength {
		return f.String()
	}
	set := make(model.LabelSet, len(labels))
	for name, value := range labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	return set.Fingerprint().String()
}
