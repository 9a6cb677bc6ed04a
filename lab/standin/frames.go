package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// promAnswer is what Prometheus says.
type promAnswer struct {
	ErrorType, Error string
	Data             struct {
		ResultType string
		Result     json.RawMessage
	}
}

// point is a time and a value: [1435781430.781, "1"].
type point struct {
	at    int64 // ms
	value float64
}

// UnmarshalJSON reads Prometheus's form of a point.
func (p *point) UnmarshalJSON(text []byte) error {
	var at float64
	var value string
	if err := json.Unmarshal(text, &[]any{&at, &value}); err != nil {
		return fmt.Errorf("reading a point: %w", err)
	}
	v, err := strconv.ParseFloat(value, 64)
	p.at, p.value = int64(math.Round(at*1000)), v
	return err
}

// promSeries is one series of an answer.
type promSeries struct {
	Metric map[string]string
	Values []point
	Value  *point
}

// series are those of a matrix, a vector or a scalar.
func (a promAnswer) series() []promSeries {
	var list []promSeries
	var one point
	switch a.Data.ResultType {
	case "matrix", "vector":
		if json.Unmarshal(a.Data.Result, &list) != nil {
			return nil
		}
	case "scalar":
		if json.Unmarshal(a.Data.Result, &one) != nil {
			return nil
		}
		list = []promSeries{{Metric: map[string]string{}, Value: &one}}
	}
	for i, s := range list {
		if s.Value != nil {
			list[i].Values = []point{*s.Value}
		}
	}
	return list
}

// frame makes the recorded form of a series.
func (s promSeries) frame(refID, legend, resultType, expr string, step time.Duration) Frame {
	value := object{"name": "Value", "type": "number", "typeInfo": object{"frame": "float64"}, "labels": s.Metric}
	schema := object{
		"refId": refID,
		"meta": object{
			"type": "timeseries-multi", "custom": object{"resultType": resultType},
			"executedQueryString": fmt.Sprintf("Expr: %s\nStep: %s", expr, step),
		},
		"fields": []any{
			object{"name": "Time", "type": "time", "typeInfo": object{"frame": "time.Time"}, "config": object{"interval": step.Milliseconds()}}, value,
		},
	}
	if legend != "__auto" {
		schema["name"] = s.name(legend)
		value["config"] = object{"displayNameFromDS": s.name(legend)}
	}
	return Frame{schema, s.data()}
}

// data are the columns. JSON has neither NaN nor infinity: they are null, and
// listed by their places.
func (s promSeries) data() map[string]json.RawMessage {
	times, values := make([]int64, 0, len(s.Values)), make([]any, 0, len(s.Values))
	odd := map[string][]int{}
	for i, p := range s.Values {
		times = append(times, p.at)
		switch {
		case math.IsNaN(p.value):
			odd["NaN"] = append(odd["NaN"], i)
		case math.IsInf(p.value, 1):
			odd["Inf"] = append(odd["Inf"], i)
		case math.IsInf(p.value, -1):
			odd["NegInf"] = append(odd["NegInf"], i)
		default:
			values = append(values, p.value)
			continue
		}
		values = append(values, nil)
	}
	data := map[string]json.RawMessage{"values": encoded([]any{times, values})}
	if len(odd) > 0 {
		data["entities"] = encoded([]any{nil, odd})
	}
	return data
}

func encoded(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil { // numbers, texts and null always marshal
		return json.RawMessage("null")
	}
	return text
}

// legendLabel is a label within a legend: {{instance}}.
var legendLabel = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// name is the series' name by its legend; a label that it lacks is nothing.
func (s promSeries) name(legend string) string {
	if legend != "" {
		return legendLabel.ReplaceAllStringFunc(legend, func(found string) string {
			return s.Metric[legendLabel.FindStringSubmatch(found)[1]]
		})
	}
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(s.Metric)) {
		if name != "__name__" {
			labels = append(labels, fmt.Sprintf("%s=%q", name, s.Metric[name]))
		}
	}
	if len(labels) == 0 {
		return s.Metric["__name__"]
	}
	return s.Metric["__name__"] + "{" + strings.Join(labels, ", ") + "}"
}
