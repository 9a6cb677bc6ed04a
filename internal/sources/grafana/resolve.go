package grafana

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"collector/internal/timeline"
)

// resolver finds what the variables of one dashboard stand for.
type resolver struct {
	*gathering
	window   timeline.Window
	vals     values
	repeated map[string]bool // variables that panels or rows are repeated by
	notes    []string        // what could not be found out, in whole sentences without a full stop
}

// resolve returns the variables in the dashboard's order. Chosen values come
// first, then what the dashboard was saved with; All is every value there is.
func (g *gathering) resolve(ctx context.Context, model object, chosen assignment) (*resolver, []variable) {
	r := &resolver{gathering: g, window: g.window, repeated: repeatedBy(children(model, "panels")), vals: values{
		"__from":      {Name: "__from", Values: []string{strconv.FormatInt(g.window.From.UnixMilli(), 10)}},
		"__to":        {Name: "__to", Values: []string{strconv.FormatInt(g.window.To.UnixMilli(), 10)}},
		"__dashboard": {Name: "__dashboard", Values: []string{text(model, "title")}},
	}}
	var pending []variable
	for _, m := range children(child(model, "templating"), "list") {
		if x := readVariable(m); x.Name != "" {
			pending = append(pending, x)
		}
	}
	order := slices.Clone(pending)
	for len(pending) > 0 { // a variable comes after those that it mentions
		i := max(0, slices.IndexFunc(pending, func(x variable) bool { return !dependsOn(x, pending) }))
		x := pending[i]
		pending = slices.Delete(pending, i, i+1)
		r.fill(ctx, &x, chosen[x.Name])
		r.vals[x.Name] = x
	}
	out := make([]variable, 0, len(order))
	for _, x := range order {
		if x.Kind != "adhoc" && x.Kind != "groupby" { // a viewer's browser would ask the data source for its keys
			out = append(out, r.vals[x.Name])
		}
	}
	return r, out
}

// dependsOn reports whether a variable's question mentions one that is still pending.
func dependsOn(x variable, pending []variable) bool {
	question := x.query() + text(x.model, "regex") + fmt.Sprint(x.model["datasource"])
	return slices.ContainsFunc(pending, func(other variable) bool { return other.Name != x.Name && mentions(question, other.Name) })
}

// fill finds out what a variable stands for.
func (r *resolver) fill(ctx context.Context, x *variable, chosen []string) {
	if len(chosen) > 0 {
		if chosen[0] != allChosen && chosen[0] != "All" {
			x.choose(chosen)
			return
		}
		x.All, x.Values, x.Texts = true, nil, nil
	}
	switch {
	case x.Kind == "adhoc", x.Kind == "groupby":
		if len(children(x.model, "filters")) > 0 {
			r.note("the ad hoc filters of variable %s are not applied", x.Name)
		}
		return
	case x.Kind == "constant", x.Kind == "textbox" && len(x.Values) == 0:
		x.choose([]string{x.query()})
		return
	case x.Kind == "interval" && len(x.Values) > 0 && strings.HasPrefix(x.Values[0], "$__auto_interval"):
		x.choose([]string{spanText(r.autoInterval(*x))})
		return
	case !x.All && len(x.Values) > 0 && !x.refreshed(), x.verbatim() && !r.repeated[x.Name]:
		return
	}
	options, err := r.options(ctx, *x)
	if err != nil && (len(x.Values) > 0 || x.verbatim()) {
		return // what was saved is the best there is
	}
	if err != nil {
		options = x.savedOptions()
		if len(options) == 0 {
			r.note("the values of variable %s could not be asked for, so it stands for everything: %v", x.Name, r.explain(ctx, err))
			x.All, x.AllValue = true, ".*"
			return
		}
	}
	x.settle(options)
}

func (r *resolver) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// autoInterval is an interval variable's "auto", in ms: the window in about
// auto_count steps, none below auto_min.
func (r *resolver) autoInterval(x variable) int64 {
	step := roundStep(r.window.Duration().Milliseconds() / int64(max(1, number(x.model, "auto_count", 30))))
	if least, ok := parseSpan(text(x.model, "auto_min")); ok {
		step = max(step, least.Milliseconds())
	}
	return step
}

var errNoOptions = errors.New("this sort of question is not supported")

// options are all values that a variable may have.
func (r *resolver) options(ctx context.Context, x variable) ([]option, error) {
	switch x.Kind {
	case "custom", "interval":
		if saved := x.savedOptions(); len(saved) > 0 {
			return saved, nil
		}
		return listed(x.query()), nil
	case "datasource":
		return r.sourceOptions(ctx, x)
	case "query":
		return r.queryOptions(ctx, x)
	}
	return x.savedOptions(), nil
}

// sourceOptions are the data sources of the kind that a variable asks for.
func (r *resolver) sourceOptions(ctx context.Context, x variable) ([]option, error) {
	list, err := r.dataSources(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	uids := map[string]string{}
	for _, d := range list {
		if d.Type == x.query() {
			names = append(names, d.Name)
			uids[d.Name] = d.UID
		}
	}
	slices.Sort(names)
	var out []option
	for _, o := range r.filtered(x, names) {
		if uid, ok := uids[o.Value]; ok {
			out = append(out, option{uid, o.Value})
		}
	}
	return out, nil
}

// The questions of Prometheus variables.
var (
	labelValues = regexp.MustCompile(`^\s*label_values\(\s*(?:(.+),\s*)?([a-zA-Z_$][a-zA-Z0-9_]*)\s*\)\s*$`)
	labelNames  = regexp.MustCompile(`^\s*label_names\((.*)\)\s*$`)
	metricNames = regexp.MustCompile(`^\s*metrics\((.+)\)\s*$`)
	labelForm   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// queryOptions asks Prometheus, through Grafana, for a variable's values.
func (r *resolver) queryOptions(ctx context.Context, x variable) ([]option, error) {
	source, err := r.source(ctx, x.model["datasource"], r.vals)
	if err != nil {
		return nil, err
	}
	if source.Type != "prometheus" {
		return nil, fmt.Errorf("%w of a data source of type %s", errNoOptions, clip(source.Type, 40))
	}
	question := r.vals.with(r.spans(ctx, source)).replace(x.query(), inPromQL)
	if m := queryResult.FindStringSubmatch(question); m != nil {
		return r.resultOptions(ctx, x, source, m[1])
	}
	path, match, keep := "label/__name__/values", "", (*regexp.Regexp)(nil)
	switch m := labelValues.FindStringSubmatch(question); {
	case m != nil && labelForm.MatchString(m[2]):
		path, match = "label/"+m[2]+"/values", strings.TrimSpace(m[1])
	case labelNames.MatchString(question):
		path, match = "labels", strings.TrimSpace(labelNames.FindStringSubmatch(question)[1])
	case metricNames.MatchString(question):
		if keep, err = regexp.Compile(metricNames.FindStringSubmatch(question)[1]); err != nil {
			return nil, errNoOptions
		}
	default:
		return nil, errNoOptions
	}
	query := url.Values{"start": {strconv.FormatInt(r.window.From.Unix(), 10)}, "end": {strconv.FormatInt(r.window.To.Unix(), 10)}}
	if match != "" {
		query.Set("match[]", match)
	}
	var answer struct {
		Status string
		Data   []string
	}
	if err := r.get(ctx, "/api/datasources/uid/"+source.UID+"/resources/api/v1/"+path, query, &answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, errNotGrafana
	}
	if keep != nil {
		answer.Data = slices.DeleteFunc(answer.Data, func(s string) bool { return !keep.MatchString(s) })
	}
	return r.filtered(x, answer.Data), nil
}

// filtered applies a variable's regular expression and order.
func (r *resolver) filtered(x variable, all []string) []option {
	re, err := filterOf(r.vals.replace(text(x.model, "regex"), globbed))
	if err != nil {
		r.note("the regular expression of variable %s is not applied: it is one of JavaScript only", x.Name)
	}
	var out []option
	seen := map[string]bool{}
	for _, value := range all {
		o := option{value, value}
		if re != nil {
			m := re.FindStringSubmatch(value)
			if m == nil {
				continue
			}
			o = matched(re, m)
		}
		if !seen[o.Value] {
			seen[o.Value] = true
			out = append(out, o)
		}
	}
	return ordered(out, int(number(x.model, "sort", 0)))
}

// filterOf compiles /pattern/ or pattern; nil for none.
func filterOf(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	if end := strings.LastIndex(pattern, "/"); strings.HasPrefix(pattern, "/") && end > 0 {
		flags := ""
		if strings.Contains(pattern[end+1:], "i") {
			flags = "(?i)"
		}
		pattern = flags + pattern[1:end]
	}
	return regexp.Compile(pattern)
}

// matched takes the groups named value and text, else the first group, else all.
func matched(re *regexp.Regexp, m []string) option {
	o := option{m[0], m[0]}
	if len(m) > 1 && m[1] != "" {
		o = option{m[1], m[1]}
	}
	if i := re.SubexpIndex("value"); i > 0 {
		o = option{m[i], m[i]}
	}
	if i := re.SubexpIndex("text"); i > 0 {
		o.Text = m[i]
	}
	return o
}

// ordered sorts as Grafana's number says: odd ascending, even descending; 1 and 2
// by letters, 3 and 4 by numbers, from 5 on by letters of any case.
func ordered(list []option, sort int) []option {
	if sort <= 0 {
		return list
	}
	digits := regexp.MustCompile(`\d+`)
	value := func(o option) (n int) {
		n, err := strconv.Atoi(digits.FindString(o.Text))
		if err != nil {
			return -1
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b option) int {
		c := cmp.Compare(a.Text, b.Text)
		switch (sort - 1) / 2 {
		case 1:
			c = cmp.Compare(value(a), value(b))
		case 2:
			c = cmp.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
		}
		if sort%2 == 0 {
			return -c
		}
		return c
	})
	return list
}
