package facts

import (
	"encoding/json"
	"fmt"

	"collector/internal/store"
)

// The kinds of facts. They stand in the store: a kind is never reused.
const (
	KindUnread = "unread"
)

// New is the fact of a kind with a body that can be marshalled.
func New(kind string, body any) (store.Fact, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return store.Fact{}, fmt.Errorf("noting %s: %w", kind, err)
	}
	return store.Fact{Kind: kind, Body: string(raw)}, nil
}

// Read takes a fact's body apart.
func Read[T any](f store.Fact) (T, error) {
	var body T
	if err := json.Unmarshal([]byte(f.Body), &body); err != nil {
		return body, fmt.Errorf("reading a recorded %s: %w", f.Kind, err)
	}
	return body, nil
}
