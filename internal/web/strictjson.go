package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// strictJSON decodes a body that is one JSON object and has no keys but those of T. The
// error says of a body that is something else that it is what otherwise says.
func strictJSON[T any](r pushed, otherwise string) (*T, error) {
	if r.media != "application/json" {
		return nil, refusal{errors.New("the Content-Type is not application/json"), http.StatusUnsupportedMediaType}
	}
	if !json.Valid(r.body) { // nor is it several values
		return nil, errors.New("the body is not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	var sent *T
	if err := dec.Decode(&sent); err != nil || sent == nil {
		return nil, fmt.Errorf("the body is %s%s", otherwise, why(err))
	}
	return sent, nil
}

// why names the key that is wrong.
func why(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &wrong):
		return fmt.Sprintf(" (%.60q is of a wrong type, %s)", wrong.Field, wrong.Value)
	}
	return fmt.Sprintf(" (%.80s)", strings.TrimPrefix(err.Error(), "json: ")) // it names a key
}
