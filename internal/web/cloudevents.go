package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The media types of CloudEvents' structured and batched content modes begin with it.
const cloudEventsType = "application/cloudevents"

// cloudEvent is a CloudEvent of the versions 0.3 and 1.0, of whose attributes only those
// that are used are read.
type cloudEvent struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Time        string          `json:"time"`
	Data        json.RawMessage `json:"data"`
	Data64      []byte          `json:"data_base64"`
}

// binaryEvent reads the HTTP binding's binary mode: attributes in headers, data in the body.
func (r pushed) binaryEvent() (told, error) {
	if r.media != "" && r.media != "application/json" && !strings.HasSuffix(r.media, "+json") {
		return told{}, refusal{fmt.Errorf("the event's data is %.60q, not JSON", r.media), http.StatusUnsupportedMediaType}
	}
	e := cloudEvent{Data: r.body}
	for name, into := range map[string]*string{"specversion": &e.SpecVersion, "id": &e.ID, "source": &e.Source, "type": &e.Type, "time": &e.Time} {
		var err error
		if *into, err = headerValue(r.Header.Get("ce-" + name)); err != nil {
			return told{}, fmt.Errorf("the header ce-%s: %w", name, err)
		}
	}
	var all told
	err := all.addCloudEvent(r, 0, 1, e)
	return all, err
}

// headerValue decodes an attribute as the binding writes it into a header: maybe quoted,
// then percent-encoded.
func headerValue(text string) (string, error) {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = unquoted(text[1 : len(text)-1])
	}
	text, err := url.PathUnescape(text)
	if err != nil {
		return "", errors.New("it is not percent-encoded")
	}
	if !utf8.ValidString(text) {
		return "", errors.New("it is not UTF-8")
	}
	return text, nil
}

// unquoted resolves the backslashes of a quoted string of HTTP.
func unquoted(text string) string {
	var out strings.Builder
	for n := 0; n < len(text); n++ {
		if text[n] == '\\' && n+1 < len(text) {
			n++
		}
		out.WriteByte(text[n])
	}
	return out.String()
}

// structuredEvents reads the structured and the batched mode.
func (r pushed) structuredEvents() (told, error) {
	list, err := listed(r.body)
	if err != nil {
		return told{}, err
	}
	isList := bytes.TrimSpace(r.body)[0] == '['
	switch r.media {
	case cloudEventsType + "+json":
		if isList {
			return told{}, errors.New("this is a list of events: its Content-Type is " + cloudEventsType + "-batch+json")
		}
	case cloudEventsType + "-batch+json":
		if !isList {
			return told{}, errors.New("this is no list of events: its Content-Type is " + cloudEventsType + "+json")
		}
	default:
		return told{}, refusal{fmt.Errorf("events as %.60q cannot be read: send JSON", r.media), http.StatusUnsupportedMediaType}
	}
	var all told
	for n, raw := range list {
		var e cloudEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			return told{}, nth(n, len(list), fmt.Errorf("it is no CloudEvent: %w", jsonFault(err)))
		}
		if err := all.addCloudEvent(r, n, len(list), e); err != nil {
			return told{}, nth(n, len(list), err)
		}
	}
	return all, nil
}

// jsonFault says which attribute has a wrong type, without what stands there.
func jsonFault(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%.60q is of a wrong type, %s", wrong.Field, wrong.Value)
	}
	return errors.New("it is not as its specification says")
}

// addCloudEvent takes in what an event carries. Events that are no CDEvents about
// services are none of ours, and no mistake of who sends them: a broker sends all it has.
func (t *told) addCloudEvent(r pushed, n, of int, e cloudEvent) error {
	for name, value := range map[string]string{"id": e.ID, "source": e.Source, "type": e.Type} {
		if strings.TrimSpace(value) == "" {
			return fmt.Errorf("the CloudEvent has no %s", name)
		}
	}
	if e.SpecVersion != "1.0" && e.SpecVersion != "0.3" {
		return fmt.Errorf("the CloudEvent's specversion is %.60q: send 1.0", e.SpecVersion)
	}
	if serviceEvent(e.Type) == "" {
		t.ignored++
		return nil
	}
	data, err := e.data()
	if err != nil {
		return err
	}
	var inner cdEvent
	if err := json.Unmarshal(data, &inner); err != nil {
		return fmt.Errorf("the event's data is no CDEvent: %w", jsonFault(err))
	}
	inner.Context.Type = e.Type
	if inner.Context.Timestamp == "" {
		inner.Context.Timestamp = e.Time
	}
	if inner.Context.Source == "" {
		inner.Context.Source = e.Source
	}
	return t.addCDEvent(r, n, of, e.Source+"\x00"+e.ID, inner)
}

// data is the event's data as JSON: as it stands, in base64, or written as a string,
// which is how data of other media types travels.
func (e cloudEvent) data() ([]byte, error) {
	data := bytes.TrimSpace(e.Data)
	switch {
	case len(e.Data64) > 0:
		data = bytes.TrimSpace(e.Data64)
	case len(data) > 0 && data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return nil, errors.New("the event's data is not JSON")
		}
		data = []byte(strings.TrimSpace(text))
	}
	if len(data) == 0 || data[0] != '{' || !json.Valid(data) {
		return nil, errors.New("the event's data is no JSON object")
	}
	return data, nil
}
