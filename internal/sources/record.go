package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/internal/timeline"
)

// Ask names a record before its answer is known.
type Ask struct {
	Source   string // kind: prometheus
	Target   string // whom: the instance or server
	Query    string // the exact question in the source's own language
	Question any    // the same for the interpreter: a struct with everything it needs
	Observed timeline.Window
	URL      string // where a person can see the answer, if anywhere
}

// body is what every evidence body holds: the question beside the answer, so
// that two empty answers are two records and that a bundle explains itself.
type body struct {
	Question json.RawMessage `json:"question"`
	Answer   json.RawMessage `json:"answer,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// Answer makes the record of an answered question. The answer is marshalled as
// JSON; a json.RawMessage keeps what the server sent.
func Answer(ask Ask, answer any, at time.Time) (timeline.Evidence, error) {
	raw, err := marshal(answer)
	if err != nil {
		return timeline.Evidence{}, fmt.Errorf("recording the answer of %s: %w", ask.Target, err)
	}
	return record(ask, body{Answer: raw}, at)
}

// Failure makes the record of a question that could not be answered; it becomes
// a gap. The reason must hold no secret.
func Failure(ask Ask, reason error, at time.Time) (timeline.Evidence, error) {
	return record(ask, body{Error: reason.Error()}, at)
}

func record(ask Ask, b body, at time.Time) (timeline.Evidence, error) {
	question, err := marshal(ask.Question)
	if err != nil {
		return timeline.Evidence{}, fmt.Errorf("recording the question to %s: %w", ask.Target, err)
	}
	b.Question = question
	text, err := marshal(b)
	if err != nil {
		return timeline.Evidence{}, fmt.Errorf("recording the answer of %s: %w", ask.Target, err)
	}
	return timeline.Evidence{
		Source: ask.Source, Target: ask.Target, Query: ask.Query, URL: ask.URL,
		CollectedAt: at, ObservedFrom: ask.Observed.From, ObservedTo: ask.Observed.To,
		MediaType: "application/json", Body: string(text),
	}.Seal(), nil
}

// Read takes a record apart again. The question is decoded into question and,
// when the question was answered, the answer into answer; failed holds the
// reason when it was not. Pass a nil answer to look at the question first.
func Read(e timeline.Evidence, question, answer any) (failed string, err error) {
	var b body
	if err := json.Unmarshal([]byte(e.Body), &b); err != nil {
		return "", fmt.Errorf("evidence %s: %w", e.ID, err)
	}
	if err := json.Unmarshal(b.Question, question); err != nil {
		return "", fmt.Errorf("evidence %s: question: %w", e.ID, err)
	}
	if b.Error != "" {
		return b.Error, nil
	}
	if b.Answer == nil {
		return "", fmt.Errorf("evidence %s: %w", e.ID, errNoAnswer)
	}
	if answer != nil {
		if err := json.Unmarshal(b.Answer, answer); err != nil {
			return "", fmt.Errorf("evidence %s: answer: %w", e.ID, err)
		}
	}
	return "", nil
}

var errNoAnswer = errors.New("the record has neither an answer nor an error")

// marshal writes JSON without escaping <, > and &, which would make evidence
// unreadable for people.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
