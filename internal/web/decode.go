package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"collector/internal/incident"
)

// payloadVersion is the only one that Alertmanager sends.
const payloadVersion = "4"

// ignored is a value that nobody reads. Decoding into it checks its syntax and the
// depth of its nesting, and keeps nothing.
type ignored struct{}

func (*ignored) UnmarshalJSON([]byte) error { return nil }

// decodeNotification reads the payload of Alertmanager's webhook
// (notify/webhook.Message), alert by alert, so that the raw bytes of no more than
// one are in memory. Unknown fields are ignored; an error means that this payload
// is not one and will never be: not JSON, not version 4, a value of a wrong type,
// no array of alerts, or an alert that Alertmanager cannot have sent.
func decodeNotification(r io.Reader) (incident.Notification, error) {
	var n incident.Notification
	var version string
	var truncated uint64
	var hasAlerts bool
	dec := json.NewDecoder(r)
	err := object(dec, func(key string) error {
		switch key {
		case "version":
			return dec.Decode(&version)
		case "receiver":
			return dec.Decode(&n.Receiver)
		case "groupKey":
			return dec.Decode(&n.GroupKey)
		case "externalURL":
			return dec.Decode(&n.ExternalURL)
		case "truncatedAlerts":
			return dec.Decode(&truncated)
		case "alerts":
			hasAlerts = true
			return decodeAlerts(dec, &n.Alerts)
		default:
			return dec.Decode(&ignored{})
		}
	})
	if err != nil {
		return incident.Notification{}, err
	}
	if version != payloadVersion {
		return incident.Notification{}, fmt.Errorf("version is %.100q, want %q", version, payloadVersion)
	}
	if !hasAlerts {
		return incident.Notification{}, errors.New("there is no array of alerts")
	}
	n.Truncated = int(min(truncated, math.MaxInt32))
	return n, nil
}

// object calls field for each key of the one object that the input is.
func object(dec *json.Decoder, field func(key string) error) error {
	if err := expect(dec, json.Delim('{')); err != nil {
		return err
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // the decoder allows nothing else here
		if err := field(key); err != nil {
			return fmt.Errorf("%.100q: %w", key, err)
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// expect reads one token, which must be the bracket.
func expect(dec *json.Decoder, bracket json.Delim) error {
	token, err := dec.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token != bracket {
		return fmt.Errorf("want %q, not a value of another type", bracket.String())
	}
	return nil
}
