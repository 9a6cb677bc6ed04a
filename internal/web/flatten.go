package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// maxDepth is how deep the JSON of a change may be nested.
const maxDepth = 16

var (
	errNoObject = errors.New("it is no JSON object")
	errDeep     = errors.New("the JSON is nested too deep")
)

// flatten writes the values of a JSON object into a map. Keys of objects within it are
// joined by dots, lists are kept as JSON, null is as good as absent.
func flatten(raw json.RawMessage, prefix string, into map[string]string, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return errNoObject
	}
	// In order, so that of {"a.b": 1, "a": {"b": 2}} always the same one counts.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value, key := bytes.TrimSpace(object[name]), prefix+name
		switch value[0] {
		case '{':
			if err := flatten(value, key+".", into, depth+1); err != nil {
				return err
			}
		case '"':
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				return err
			}
			into[key] = text
		case 'n':
		default:
			into[key] = string(value)
		}
	}
	return nil
}

// listed takes the elements of a JSON array apart, or makes an object the only one of a list.
func listed(body []byte) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errors.New("the body is empty")
	}
	if !json.Valid(body) {
		return nil, errors.New("the body is not JSON")
	}
	if body[0] != '[' {
		return []json.RawMessage{body}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, errors.New("the body is not JSON")
	}
	if len(list) > maxEntries {
		return nil, refusal{fmt.Errorf("more than %d at once: send less", maxEntries), http.StatusRequestEntityTooLarge}
	}
	return list, nil
}
