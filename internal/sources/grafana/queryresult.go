package grafana

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// queryResult is the question for the series that an expression finds.
var queryResult = regexp.MustCompile(`^\s*query_result\((.+)\)\s*$`)

// spans are the variables that a browser itself fills into the question of a
// variable: nobody else does there.
func (r *resolver) spans(ctx context.Context, source dataSource) values {
	whole, every := r.window.Duration(), r.scrapeInterval(ctx, source)
	out := values{}
	set := func(name, value string) { out[name] = variable{Name: name, Values: []string{value}} }
	for name, d := range map[string]time.Duration{"__range": whole, "__interval": every, "__rate_interval": 4 * every} {
		set(name+"_ms", strconv.FormatInt(d.Milliseconds(), 10))
		set(name+"_s", strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10))
		set(name, out[name+"_s"].Values[0]+"s")
	}
	return out
}

// resultOptions are the series that an expression finds at the window's end, each as
// a text in the form that Grafana's regular expressions expect: up{job="a"} 1 1795234016000.
func (r *resolver) resultOptions(ctx context.Context, x variable, source dataSource, expr string) ([]option, error) {
	var answer struct {
		Status string
		Data   struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	query := url.Values{"query": {expr}, "time": {strconv.FormatInt(r.window.To.Unix(), 10)}}
	if err := r.get(ctx, "/api/datasources/uid/"+source.UID+"/resources/api/v1/query", query, &answer); err != nil {
		return nil, err
	}
	var list []string
	var err error
	switch answer.Data.ResultType {
	case "vector":
		list, err = seriesTexts(answer.Data.Result)
	case "scalar", "string":
		var one [2]any
		err = json.Unmarshal(answer.Data.Result, &one)
		list = []string{fmt.Sprint(one[1])}
	}
	if err != nil || answer.Status != "success" {
		return nil, errNotGrafana
	}
	return r.filtered(x, list), nil
}

func seriesTexts(result json.RawMessage) ([]string, error) {
	var series []struct {
		Metric map[string]string
		Value  [2]any
	}
	if err := json.Unmarshal(result, &series); err != nil {
		return nil, err
	}
	list := make([]string, 0, len(series))
	for _, s := range series {
		var labels []string
		for _, name := range slices.Sorted(maps.Keys(s.Metric)) {
			if name != "__name__" {
				labels = append(labels, fmt.Sprintf(`%s="%s"`, name, s.Metric[name]))
			}
		}
		at, _ := s.Value[0].(float64)
		list = append(list, fmt.Sprintf("%s{%s} %v %.0f", s.Metric["__name__"], strings.Join(labels, ","), s.Value[1], at*1000))
	}
	return list, nil
}
