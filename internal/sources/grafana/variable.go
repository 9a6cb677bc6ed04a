package grafana

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// allChosen is Grafana's value of "All".
const allChosen = "$__all"

// variable is one variable of a dashboard with what it stands for.
type variable struct {
	Name       string
	Kind       string   // query, custom, constant, interval, datasource, textbox
	Values     []string // the chosen ones; with All, all there are
	Texts      []string // how they are shown; as long as Values
	All        bool
	AllValue   string // a custom value of All, written as it stands
	Multi      bool
	IncludeAll bool
	model      object
}

// verbatim reports whether the custom value of All is meant.
func (x variable) verbatim() bool { return x.All && x.AllValue != "" }

// chosen are the values; a variable without any is one empty value.
func (x variable) chosen() []string {
	if len(x.Values) == 0 {
		return []string{""}
	}
	return x.Values
}

// shown are the texts that a person reads.
func (x variable) shown() []string {
	if x.All {
		return []string{"All"}
	}
	if len(x.Texts) == 0 {
		return x.chosen()
	}
	return x.Texts
}

// date writes a time variable: ${__from:date}, ${__from:date:seconds}.
func (x variable) date(format string) string {
	ms, err := strconv.ParseInt(x.chosen()[0], 10, 64)
	if err != nil {
		return x.chosen()[0]
	}
	_, arg, _ := strings.Cut(format, ":")
	if arg == "seconds" {
		return strconv.FormatInt(ms/1000, 10)
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// only is the variable with one of its values, as a repeated panel sees it.
func (x variable) only(i int) variable {
	one := x
	one.All, one.Values, one.Texts = false, x.Values[i:i+1], x.Texts[i:i+1]
	return one
}

// takesSeveral reports whether several values can be chosen at once.
func (x variable) takesSeveral() bool { return x.Multi }

// choose sets values by hand, shown as they are.
func (x *variable) choose(vs []string) {
	x.All, x.Values, x.Texts = false, vs, vs
}

// option is one value that a variable may have, and how it is shown.
type option struct{ Value, Text string }

func (x *variable) chooseAll(options []option) {
	x.All, x.Values, x.Texts = true, nil, nil
	for _, o := range options {
		x.Values, x.Texts = append(x.Values, o.Value), append(x.Texts, o.Text)
	}
}

// refreshed reports whether a browser asks for the values of a variable anew when it
// opens the dashboard, instead of believing what was saved.
func (x variable) refreshed() bool {
	return x.Kind == "datasource" || x.Kind == "query" && number(x.model, "refresh", 0) > 0
}

// settle takes what a browser takes: of the saved values those that there still are,
// else All where that is offered, else the first. Values of another server, or of
// another choice of the variable that this one depends on, would show nothing.
func (x *variable) settle(options []option) {
	there := func(value string) bool {
		return x.Kind == "datasource" && value == "default" ||
			slices.ContainsFunc(options, func(o option) bool { return o.Value == value || x.Kind == "datasource" && o.Text == value })
	}
	var vs, ts []string
	for i, value := range x.Values {
		if there(value) && !x.All {
			vs, ts = append(vs, value), append(ts, x.shown()[i])
		}
	}
	switch {
	case len(vs) > 0:
		x.Values, x.Texts = vs, ts
	case x.All, x.IncludeAll:
		x.chooseAll(options)
	case len(options) > 0:
		x.Values, x.Texts = []string{options[0].Value}, []string{options[0].Text}
	}
}

// readVariable takes a variable of a dashboard as it was saved. What it stands
// for is not known yet when All was chosen, or nothing.
func readVariable(model object) variable {
	x := variable{
		Name: text(model, "name"), Kind: text(model, "type"), AllValue: text(model, "allValue"),
		Multi: truth(model, "multi"), IncludeAll: truth(model, "includeAll"), model: model,
	}
	current := child(model, "current")
	vs, ts := stringsOf(current["value"]), stringsOf(current["text"])
	if len(vs) > 0 && vs[0] == allChosen {
		x.All = true
		return x
	}
	if len(ts) != len(vs) { // old dashboards write "a + b"
		ts = vs
	}
	x.Values, x.Texts = vs, ts
	return x
}

// savedOptions are the options that the dashboard holds itself.
func (x variable) savedOptions() []option {
	var out []option
	for _, o := range children(x.model, "options") {
		if vs := stringsOf(o["value"]); len(vs) == 1 && vs[0] != allChosen {
			shown := vs[0]
			if ts := stringsOf(o["text"]); len(ts) == 1 {
				shown = ts[0]
			}
			out = append(out, option{vs[0], shown})
		}
	}
	return out
}

// query is the text of a variable's question: of a custom one its list.
func (x variable) query() string {
	if q := text(x.model, "query"); q != "" {
		return q
	}
	if q := text(child(x.model, "query"), "query"); q != "" {
		return q
	}
	return text(x.model, "definition")
}

// listed reads "a, b, shown : c", the form of custom and interval variables.
func listed(query string) []option {
	var out []option
	query = strings.ReplaceAll(query, `\,`, "\x00")
	for part := range strings.SplitSeq(query, ",") {
		part = strings.TrimSpace(strings.ReplaceAll(part, "\x00", ","))
		if part == "" {
			continue
		}
		if shown, value, ok := strings.Cut(part, " : "); ok {
			out = append(out, option{strings.TrimSpace(value), strings.TrimSpace(shown)})
			continue
		}
		out = append(out, option{part, part})
	}
	return out
}

// embedded is the variable as a snapshot has it: its value and nothing that a
// viewer's browser would have to ask for.
func (x variable) embedded() object {
	out := copied(x.model)
	for _, key := range []string{"datasource", "definition", "regexApplyTo"} {
		delete(out, key)
	}
	current := object{"selected": true}
	switch {
	case x.All && x.Multi:
		current["text"], current["value"] = []any{"All"}, []any{allChosen}
	case x.All:
		current["text"], current["value"] = "All", allChosen
	case x.Multi:
		current["text"], current["value"] = texts(x.shown()), texts(x.chosen())
	default:
		current["text"], current["value"] = x.shown()[0], x.chosen()[0]
	}
	out["current"], out["options"], out["query"], out["refresh"] = current, []any{current}, "", 0
	return out
}

// scoped is the variable as a repeated panel carries it.
func (x variable) scoped() object {
	return object{"selected": true, "text": x.shown()[0], "value": x.chosen()[0]}
}
