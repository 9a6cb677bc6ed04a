package loki

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// entry is one log line of an answer.
type entry struct {
	ns     int64 // when, in nanoseconds since 1970
	line   string
	level  string // of its structured metadata, "" where it says none
	stream int    // which of the page's streams
}

// page is one answer of query_range.
type page struct {
	streams    []map[string]string
	entries    []entry
	entered    int  // entries that the answer has, also those that cannot be read
	unreadable int  // entries without a time in nanoseconds or without a line
	descending bool // a later line of a stream stands before an earlier one
}

// envelope is Loki's answer, as far as it is the same for all questions; docs/sources/
// reference/loki-http-api.md of grafana/loki.
type envelope struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   *struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

// errMetric is the error of a query that computes instead of selecting.
var errMetric = errors.New("the query computes numbers instead of selecting lines: correct it; a metric belongs into prometheus[].signals")

// decode reads an answer. Single entries that make no sense are counted, not an error.
func decode(body []byte) (page, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return page{}, malformed(err)
	}
	switch {
	case e.Error != "":
		return page{}, fmt.Errorf("status %s: %s", oneLine(e.Status, 40), oneLine(e.Error, 200))
	case e.Status != "success" || e.Data == nil:
		return page{}, errNotLoki
	case e.Data.ResultType == "matrix", e.Data.ResultType == "vector", e.Data.ResultType == "scalar":
		return page{}, errMetric
	case e.Data.ResultType != "streams":
		return page{}, errNotLoki
	}
	var result []struct {
		Stream map[string]string `json:"stream"`
		Values []json.RawMessage `json:"values"`
	}
	if err := json.Unmarshal(e.Data.Result, &result); err != nil || result == nil {
		return page{}, errNotLoki
	}
	var p page
	for i, s := range result {
		p.streams = append(p.streams, s.Stream)
		var before int64
		for _, raw := range s.Values {
			p.entered++
			one, ok := decodeEntry(raw)
			if !ok {
				p.unreadable++
				continue
			}
			p.descending = p.descending || one.ns < before
			one.stream, before = i, one.ns
			p.entries = append(p.entries, one)
		}
	}
	return p, nil
}

// malformed is the error of an answer that is not JSON, or not Loki's.
func malformed(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w (%w)", errNotLoki, syntax)
	}
	return errNotLoki
}

// decodeEntry reads ["<ns>", "<line>", {metadata}], of which the last is optional.
func decodeEntry(raw json.RawMessage) (entry, bool) {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) < 2 {
		return entry{}, false
	}
	var e entry
	ns, err := strconv.ParseInt(strings.Trim(string(parts[0]), `"`), 10, 64)
	if err != nil || ns <= 0 {
		return entry{}, false
	}
	e.ns = ns
	if len(parts[1]) == 0 || parts[1][0] != '"' || json.Unmarshal(parts[1], &e.line) != nil {
		return entry{}, false
	}
	if len(parts) > 2 {
		e.level = levelIn(parts[2])
	}
	return e, true
}

// levelIn finds the level in structured metadata: flat, or sorted into structuredMetadata
// and parsed as the encoding flag categorize-labels asks for.
func levelIn(raw json.RawMessage) string {
	var metadata map[string]json.RawMessage
	if json.Unmarshal(raw, &metadata) != nil {
		return ""
	}
	for _, name := range levelNames {
		if level := levelOf(textOf(metadata[name])); level != "" {
			return level
		}
	}
	for _, group := range [...]string{"structuredMetadata", "parsed"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(metadata[group], &inner) != nil {
			continue
		}
		for _, name := range levelNames {
			if level := levelOf(textOf(inner[name])); level != "" {
				return level
			}
		}
	}
	return ""
}

// levelNames are the keys and labels that hold a level, the most telling first.
var levelNames = [...]string{"level", "severity", "lvl", "severity_text", "detected_level"}

// levels are the words for one, in the form in which a document says it.
var levels = map[string]string{
	"trace": "trace", "debug": "debug", "info": "info", "notice": "info", "warn": "warning", "warning": "warning",
	"err": "error", "error": "error", "severe": "error", "crit": "critical", "critical": "critical", "alert": "critical", "emerg": "critical",
	"fatal": "fatal", "panic": "fatal",
}

func levelOf(word string) string { return levels[strings.ToLower(strings.TrimSpace(word))] }

// textOf is a JSON string, or "".
func textOf(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// levelAmong looks for one among the labels of a stream.
func levelAmong(labels map[string]string) string {
	i := slices.IndexFunc(levelNames[:], func(name string) bool { return levelOf(labels[name]) != "" })
	if i < 0 {
		return ""
	}
	return levelOf(labels[levelNames[i]])
}
