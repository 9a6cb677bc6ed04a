package standin

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// lokiHit is an entry that a query matches.
type lokiHit struct {
	stream *lokiStream
	entry  LokiEntry
}

// find returns the streams of the first or last entries that match, as query_range
// writes them.
func (l *Loki) find(q rangeQuery, categorize bool) []object {
	l.mu.Lock()
	defer l.mu.Unlock()
	var hits []lokiHit
	for _, name := range slices.Sorted(maps.Keys(l.streams)) {
		s := l.streams[name]
		if !q.selects(s.labels) {
			continue
		}
		for _, e := range s.entries {
			if !e.At.Before(q.from) && e.At.Before(q.to) && q.passes(e.Line) {
				hits = append(hits, lokiHit{s, e})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b lokiHit) int {
		if q.forward {
			return a.entry.At.Compare(b.entry.At)
		}
		return b.entry.At.Compare(a.entry.At)
	})
	return grouped(hits[:min(len(hits), q.limit)], categorize)
}

// grouped puts entries into their streams. Without the encoding flag categorize-labels
// structured metadata are labels like the others, so that they make streams of their own.
func grouped(hits []lokiHit, categorize bool) []object {
	streams := []object{}
	place := map[string]int{}
	for _, h := range hits {
		labels := maps.Clone(h.stream.labels)
		value := []any{strconv.FormatInt(h.entry.At.UnixNano(), 10), h.entry.Line}
		if categorize {
			metadata := object{}
			if len(h.entry.Metadata) > 0 {
				metadata["structuredMetadata"] = h.entry.Metadata
			}
			value = append(value, metadata)
		} else {
			maps.Copy(labels, h.entry.Metadata)
		}
		name := fmt.Sprint(labels)
		i, known := place[name]
		if !known {
			i = len(streams)
			place[name] = i
			streams = append(streams, object{"stream": labels, "values": [][]any{}})
		}
		streams[i]["values"] = append(streams[i]["values"].([][]any), value)
	}
	return streams
}

// push takes POST /loki/api/v1/push in its JSON form.
func (l *Loki) push(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Streams []struct {
			Stream map[string]string   `json:"stream"`
			Values [][]json.RawMessage `json:"values"`
		} `json:"streams"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	for _, s := range body.Streams {
		var entries []LokiEntry
		for _, v := range s.Values {
			e, err := pushedEntry(v)
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			entries = append(entries, e)
		}
		l.Push(s.Stream, entries...)
	}
	w.WriteHeader(http.StatusNoContent)
}

// pushedEntry reads ["<ns>", "<line>", {metadata}].
func pushedEntry(v []json.RawMessage) (e LokiEntry, err error) {
	var ns string
	if len(v) < 2 || json.Unmarshal(v[0], &ns) != nil || json.Unmarshal(v[1], &e.Line) != nil {
		return e, errors.New("a value is not a time in nanoseconds and a line, both as texts")
	}
	at, err := strconv.ParseInt(ns, 10, 64)
	if err != nil {
		return e, err
	}
	e.At = time.Unix(0, at)
	if len(v) > 2 {
		err = json.Unmarshal(v[2], &e.Metadata)
	}
	return e, err
}
