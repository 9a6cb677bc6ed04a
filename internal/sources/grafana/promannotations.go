package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	maxItems       = 1000 // annotations of one query, as many as of Grafana's own
	annotationStep = 60000
	promPoints     = 100 // of an annotation query, as in the browser
)

// promAnnotations are what an annotation query of Prometheus shows: of every series
// the stretches in which it is above zero (annotations.ts of Grafana's source).
func (g *gathering) promAnnotations(ctx context.Context, query object, vals values) ([]item, error) {
	target := copied(child(query, "target"))
	for from, to := range map[string]string{"expr": "expr", "step": "interval"} { // older dashboards have them in the query itself
		if text(target, to) == "" {
			target[to] = text(query, from)
		}
	}
	target["refId"], target["datasource"] = "Anno", query["datasource"]
	target["range"], target["instant"] = true, false
	q, source, err := g.filledIn(ctx, nil, target, vals)
	switch {
	case err != nil:
		return nil, err
	case source.Type != "prometheus":
		return nil, errors.New("they come from another data source")
	case strings.TrimSpace(text(q, "expr")) == "":
		return nil, nil
	}
	step := roundStep(g.window.Duration().Milliseconds() / promPoints)
	q["intervalMs"], q["maxDataPoints"] = max(step, g.scrapeInterval(ctx, source).Milliseconds()), promPoints
	results, err := g.dsQuery(ctx, []object{q}, g.window)
	if err != nil {
		return nil, err
	}
	if failed := results["Anno"].Error; failed != "" {
		return nil, errors.New(clip(g.Text(failed), maxReason))
	}
	var items []item
	for _, f := range results["Anno"].Frames {
		items = append(items, stretches(f, query)...)
	}
	return items[:min(len(items), maxItems)], nil
}

// stretches are the annotations of one series. Points that are at most a step apart
// belong to one.
func stretches(f frame, query object) []item {
	fields, columns := children(f.Schema, "fields"), f.columns()
	if len(fields) < 2 || len(columns) < 2 || len(columns[0]) != len(columns[1]) {
		return nil
	}
	labels := child(fields[1], "labels")
	step := int64(number(child(fields[0], "config"), "interval", annotationStep))
	var out []item
	for i := range columns[0] {
		at, ok := markedAt(columns[0][i], columns[1][i], truth(query, "useValueForTime"))
		if !ok {
			continue
		}
		if last := len(out) - 1; last >= 0 && out[last].TimeEnd+step >= at {
			out[last].TimeEnd, out[last].IsRegion = at, at > out[last].Time
			continue
		}
		out = append(out, item{at, at, false, wordsOf(query, labels), tagsOf(text(query, "tagKeys"), labels)})
	}
	return out
}

// markedAt is when a point marks something; ok is false when it does not.
func markedAt(timeRaw, valueRaw json.RawMessage, valueIsTime bool) (at int64, ok bool) {
	var when, value *float64
	if json.Unmarshal(timeRaw, &when) != nil || json.Unmarshal(valueRaw, &value) != nil || when == nil || value == nil {
		return 0, false
	}
	if valueIsTime {
		return int64(*value), true
	}
	return int64(*when), *value > 0
}

// inFormat is a label within a format: {{instance}}.
var inFormat = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// wordsOf are title and text of an annotation.
func wordsOf(query, labels object) string {
	fill := func(format string) string {
		return inFormat.ReplaceAllStringFunc(format, func(found string) string {
			name := inFormat.FindStringSubmatch(found)[1]
			if value := text(labels, name); value != "" {
				return value
			}
			return name
		})
	}
	title, words := fill(text(query, "titleFormat")), fill(text(query, "textFormat"))
	if title != "" && words != "" {
		title += ": "
	}
	return clip(title+words, maxReason)
}

// tagsOf are the values of the labels that a query names as tags.
func tagsOf(keys string, labels object) []string {
	tags := []string{}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if slices.Contains(strings.Split(keys, ","), name) {
			tags = append(tags, clip(text(labels, name), 100))
		}
	}
	return tags
}
