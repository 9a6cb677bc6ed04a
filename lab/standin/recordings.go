package standin

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
)

//go:embed recordings/*.json
var recordings embed.FS

// Recording is an exchange with a real Grafana 9.4.
type Recording struct {
	Note    string
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status int
		Body   json.RawMessage
	}
}

// Recorded reads a recording by its name without ".json".
func Recorded(name string) (Recording, error) {
	var r Recording
	data, err := recordings.ReadFile("recordings/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return r, fmt.Errorf("reading the recording %s: %w", name, err)
	}
	return r, nil
}

// Replay gives a recorded answer.
func Replay(w http.ResponseWriter, name string) {
	r, err := Recorded(name)
	if err != nil {
		Reply(w, http.StatusNotImplemented, object{"message": err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Response.Status)
	_, _ = w.Write(r.Response.Body)
}

// Reply answers with JSON.
func Reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// recordedBody is a recorded answer to be changed; nil when there is none.
func recordedBody(name string) object {
	var body object
	r, err := Recorded(name)
	if err != nil || json.Unmarshal(r.Response.Body, &body) != nil {
		return nil
	}
	return body
}
