package grafana

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// reference finds variables: $name, [[name]], [[name:format]], ${name},
// ${name.field}, ${name:format} (Grafana's variableRegex).
var reference = regexp.MustCompile(`\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}`)

// values are what variables stand for, by name.
type values map[string]variable

// with is the values with some replaced: a repeated panel has its own.
func (v values) with(scoped values) values {
	if len(scoped) == 0 {
		return v
	}
	out := make(values, len(v)+len(scoped))
	for name, value := range v {
		out[name] = value
	}
	for name, value := range scoped {
		out[name] = value
	}
	return out
}

// replace fills variables into a text. Without a format of its own a variable
// is written in the form that otherwise makes. What is no variable stays: the
// server knows $__interval and its like.
func (v values) replace(in string, otherwise func(variable) string) string {
	if !strings.ContainsAny(in, "$[") {
		return in
	}
	var b strings.Builder
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(in, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return in[m[2*i]:m[2*i+1]]
		}
		name := group(1) + group(2) + group(4)
		value, known := v[name]
		if !known {
			continue
		}
		b.WriteString(in[last:m[0]])
		b.WriteString(value.write(group(3)+group(6), otherwise))
		last = m[1]
	}
	b.WriteString(in[last:])
	return b.String()
}

// replaceAll fills variables into every text below a value, in place of it.
func (v values) replaceAll(in any, key string, form func(key string) func(variable) string) any {
	switch in := in.(type) {
	case string:
		return v.replace(in, form(key))
	case object:
		out := make(object, len(in))
		for k, item := range in {
			out[k] = v.replaceAll(item, k, form)
		}
		return out
	case []any:
		out := make([]any, len(in))
		for i, item := range in {
			out[i] = v.replaceAll(item, key, form)
		}
		return out
	}
	return in
}

// mentions reports whether a text refers to a variable.
func mentions(in, name string) bool {
	for _, m := range reference.FindAllStringSubmatch(in, -1) {
		if m[1] == name || m[2] == name || m[4] == name {
			return true
		}
	}
	return false
}

// write puts a variable's value into a text in a named format, or in the form
// that otherwise makes when the text names none.
func (x variable) write(format string, otherwise func(variable) string) string {
	name, _, _ := strings.Cut(format, ":")
	if x.verbatim() && name != "text" && name != "queryparam" {
		return x.AllValue // a custom "All" is written by the dashboard's author, for the place where it stands
	}
	vs := x.chosen()
	one := len(vs) == 1
	switch name {
	case "":
		return otherwise(x)
	case "regex":
		escaped := each(vs, func(s string) string { return jsRegex.ReplaceAllString(s, `\$0`) })
		if one {
			return escaped[0]
		}
		return "(" + strings.Join(escaped, "|") + ")"
	case "pipe":
		return strings.Join(vs, "|")
	case "csv", "raw":
		return strings.Join(vs, ",")
	case "json":
		return asJSON(vs)
	case "singlequote":
		return strings.Join(each(vs, func(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }), ",")
	case "doublequote":
		return strings.Join(each(vs, func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }), ",")
	case "sqlstring":
		return quotedSQL(vs)
	case "lucene":
		return lucene(vs)
	case "percentencode":
		if one {
			return url.PathEscape(vs[0])
		}
		return url.PathEscape("{" + strings.Join(vs, ",") + "}")
	case "queryparam":
		return strings.Join(each(vs, func(s string) string { return "var-" + x.Name + "=" + url.QueryEscape(s) }), "&")
	case "text":
		return strings.Join(x.shown(), " + ")
	case "date":
		return x.date(format)
	}
	return globbed(x)
}

// jsRegex is what Grafana escapes for a regular expression of its own.
var jsRegex = regexp.MustCompile(`[\\^$*+?.()|[\]{}/]`)

func each(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

func asJSON(vs []string) string {
	var v any = vs
	if len(vs) == 1 {
		v = vs[0]
	}
	data, err := json.Marshal(v)
	if err != nil { // strings always marshal
		return ""
	}
	return string(data)
}

func quotedSQL(vs []string) string {
	return strings.Join(each(vs, func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }), ",")
}

var luceneSpecial = regexp.MustCompile(`([!*+\-=<>\s&|()\[\]{}^~?:\\/"])`)

func lucene(vs []string) string {
	escaped := each(vs, func(s string) string { return luceneSpecial.ReplaceAllString(s, `\$1`) })
	if len(escaped) == 1 {
		return escaped[0]
	}
	return "(" + strings.Join(each(escaped, strconv.Quote), " OR ") + ")"
}

// globbed is the form of a text whose language nobody knows: {a,b}.
func globbed(x variable) string {
	if vs := x.chosen(); len(vs) != 1 {
		return "{" + strings.Join(vs, ",") + "}"
	}
	return x.chosen()[0]
}

// The characters that mean something to a regular expression within a string of PromQL.
var promRegex = regexp.MustCompile(`[$^*{}\[\]'+?.()|]`)

// inPromQL is the form within a PromQL or LogQL expression. A variable that can
// have several values stands in a regular expression, any other in a plain string.
func inPromQL(x variable) string {
	quote := func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }
	if !x.Multi && !x.IncludeAll {
		return quote(strings.ReplaceAll(strings.ReplaceAll(globbed(x), `\`, `\\`), `'`, `\\'`))
	}
	escaped := each(x.chosen(), func(s string) string {
		return quote(promRegex.ReplaceAllString(strings.ReplaceAll(s, `\`, `\\\\`), `\\$0`))
	})
	if len(escaped) == 1 {
		return escaped[0]
	}
	return "(" + strings.Join(escaped, "|") + ")"
}

// inSQL is the form within a statement: quoted where several values are possible.
func inSQL(x variable) string {
	if x.Multi || x.IncludeAll {
		return quotedSQL(x.chosen())
	}
	return strings.ReplaceAll(globbed(x), "'", "''")
}

// formFor is how a variable is written into a field of a query to a kind of data source.
func formFor(kind string) func(key string) func(variable) string {
	return func(key string) func(variable) string {
		switch kind {
		case "prometheus", "loki":
			if key == "expr" {
				return inPromQL
			}
		case "mysql", "postgres", "mssql", "grafana-postgresql-datasource":
			if key == "rawSql" {
				return inSQL
			}
		}
		return globbed
	}
}
