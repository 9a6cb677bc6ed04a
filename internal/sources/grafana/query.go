package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"collector/internal/timeline"
)

// pixels is how wide a browser's window is taken to be: a panel asks for as many
// points as it has pixels.
const pixels = 1600

// job is the queries of one panel.
type job struct {
	queries []object // as they are sent
	kinds   map[string]string
	tables  []string // refIDs in table format
	hidden  map[string]bool
	window  timeline.Window
}

var (
	errNotStored = errors.New("it shows what Grafana makes up at the time of looking, which cannot be kept")
	errNoQuery   = errors.New("it has no query")
)

// prepare makes the queries that a browser would send for a panel.
func (b *builder) prepare(ctx context.Context, panel object, vals values) (job, error) {
	j := job{kinds: map[string]string{}, hidden: map[string]bool{}, window: panelWindow(panel, b.window)}
	points := int64(max(100, number(child(panel, "gridPos"), "w", 12)*pixels/24))
	points = max(1, min(int64(number(panel, "maxDataPoints", float64(points))), 11000))
	step := roundStep(j.window.Duration().Milliseconds() / points)
	least, told := parseSpan(vals.replace(text(panel, "interval"), globbed)) // instead of the data source's
	targets := children(panel, "targets")
	for i, target := range targets {
		if text(target, "refId") == "" {
			target["refId"] = string(rune('A' + i%26))
		}
	}
	computes := slices.ContainsFunc(targets, func(t object) bool { return !truth(t, "hide") && isExpression(t) })
	for _, target := range targets {
		refID := text(target, "refId")
		if truth(target, "hide") {
			if !computes { // a hidden query runs all the same; nobody would see its answer
				continue
			}
			j.hidden[refID] = true
		}
		q, source, err := b.filledIn(ctx, panel["datasource"], target, vals)
		if err != nil {
			return j, err
		}
		kind := source.Type
		if kind == "prometheus" && strings.TrimSpace(text(q, "expr")) == "" { // a browser leaves out what asks nothing
			continue
		}
		if !told {
			least = b.scrapeInterval(ctx, source)
		}
		q["intervalMs"], q["maxDataPoints"] = max(step, least.Milliseconds()), points
		if text(q, "format") == "table" && kind == "prometheus" {
			j.tables = append(j.tables, refID)
		}
		j.kinds[refID] = kind
		j.queries = append(j.queries, q)
	}
	if len(j.queries) == 0 {
		return j, errNoQuery
	}
	return j, nil
}

// isExpression reports whether a query only computes with others.
func isExpression(target object) bool {
	ref := target["datasource"]
	if o, ok := ref.(object); ok {
		return text(o, "type") == typeExpression || special(text(o, "uid")) == typeExpression
	}
	name, _ := ref.(string)
	return special(name) == typeExpression
}

// filledIn is one query with its variables filled in; otherwise is the data source
// of one that names none.
func (g *gathering) filledIn(ctx context.Context, otherwise any, target object, vals values) (q object, source dataSource, err error) {
	ref := target["datasource"]
	if ref == nil {
		ref = otherwise
	}
	if source, err = g.source(ctx, ref, vals); err != nil {
		return nil, source, err
	}
	switch source.Type {
	case typeMixed, typeDashboard:
		return nil, source, errNoSource
	case typeGrafana:
		return nil, source, errNotStored
	case typeExpression:
		source.UID = typeExpression
	}
	q, _ = vals.replaceAll(target, "", formFor(source.Type)).(object)
	delete(q, "hide")
	q["datasource"] = object{"type": source.Type, "uid": source.UID}
	if source.Type == "prometheus" {
		q["exemplar"] = false
		if !truth(q, "instant") && !truth(q, "range") {
			q["range"] = true
		}
	}
	return q, source, nil
}

// panelWindow is what a panel covers. A browser leaves timeFrom out when the
// dashboard shows a fixed time, which would turn "last 24 h" into the window; here
// it is the time before the window's end. A shifted panel keeps its timeShift: the
// browser shifts its axis to the data.
func panelWindow(panel object, w timeline.Window) timeline.Window {
	if d, ok := parseSpan(text(panel, "timeFrom")); ok {
		w.From = w.To.Add(-d)
	}
	if d, ok := parseSpan(text(panel, "timeShift")); ok {
		w.From, w.To = w.From.Add(-d), w.To.Add(-d)
	}
	return w
}

// result is what one refID answered.
type result struct {
	Status int
	Error  string
	Frames []frame
}

// run puts the queries of a panel. The frames come in the order of the queries;
// failed says what is missing from them, nil when nothing is.
func (b *builder) run(ctx context.Context, j job) (frames []frame, failed error) {
	results, err := b.dsQuery(ctx, j.queries, j.window)
	if err != nil && len(j.queries) > 1 && statusOf(err) != http.StatusUnauthorized {
		results, err = b.oneByOne(ctx, j, err)
	}
	if err != nil {
		return nil, b.explain(ctx, err)
	}
	filled := 0 // tables with something in them: Grafana tells their values apart when there are several
	for _, refID := range j.tables {
		if len(results[refID].Frames) > 0 {
			filled++
		}
	}
	var problems []string
	for _, q := range j.queries {
		refID := text(q, "refId")
		r, answered := results[refID]
		switch {
		case !answered && !j.hidden[refID]:
			problems = append(problems, fmt.Sprintf("query %s was not answered", clip(refID, 10)))
		case r.Error != "" && !j.hidden[refID]:
			problems = append(problems, fmt.Sprintf("query %s failed: %s", clip(refID, 10), b.reason(j.kinds[refID], r.Error)))
		}
		if j.hidden[refID] {
			continue
		}
		for _, f := range r.Frames {
			f.private()
		}
		if slices.Contains(j.tables, refID) {
			r.Frames = joined(r.Frames, refID, filled > 1)
		}
		frames = append(frames, r.Frames...)
	}
	if len(problems) > 0 {
		return frames, errors.New(strings.Join(problems, "; "))
	}
	return frames, nil
}

// reason is a data source's error as it may stand in a document. What a SQL
// server says quotes the statement, so only its kind is told.
func (b *builder) reason(kind, said string) string {
	if kind == "prometheus" {
		return clip(b.Text(said), maxReason)
	}
	return fmt.Sprintf("the data source (%s) answered with an error", clip(kind, 40))
}

// oneByOne asks again for each query alone, when one of them took all others with
// it: a data source that is gone. Expressions need the others and are left out.
func (b *builder) oneByOne(ctx context.Context, j job, whole error) (map[string]result, error) {
	all := map[string]result{}
	for _, q := range j.queries {
		refID := text(q, "refId")
		if j.kinds[refID] == typeExpression {
			continue
		}
		one, err := b.dsQuery(ctx, []object{q}, j.window)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			all[refID] = result{Error: b.explain(ctx, err).Error()}
			continue
		}
		all[refID] = one[refID]
	}
	if !slices.ContainsFunc(j.queries, func(q object) bool { return all[text(q, "refId")].Error == "" && len(all[text(q, "refId")].Frames) > 0 }) {
		return nil, whole
	}
	return all, nil
}

// dsQuery asks for frames. An answer with results is one, whatever its status:
// one query that fails makes the status of all 400.
func (s *session) dsQuery(ctx context.Context, queries []object, w timeline.Window) (map[string]result, error) {
	status, body, err := s.ask(ctx, http.MethodPost, "/api/ds/query", nil, object{
		"queries": queries,
		"from":    strconv.FormatInt(w.From.UnixMilli(), 10), // strings: numbers and ISO times are answered with nothing
		"to":      strconv.FormatInt(w.To.UnixMilli(), 10),
	})
	if err != nil {
		return nil, err
	}
	var answer struct{ Results map[string]result }
	err = json.Unmarshal(body, &answer)
	switch {
	case err == nil && len(answer.Results) > 0:
		return answer.Results, nil
	case status >= http.StatusBadRequest:
		return nil, refusal(status, body)
	}
	return nil, errNotGrafana
}
