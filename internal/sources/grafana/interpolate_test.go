package grafana

import (
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	one := variable{Name: "host", Values: []string{`db1.example:9104`}}
	odd := variable{Name: "odd", Values: []string{`a"b\c'd`}}
	several := variable{Name: "job", Values: []string{"a.b", "c|d"}, Texts: []string{"A", "C"}, Multi: true}
	all := variable{Name: "all", Values: []string{"x", "y"}, Texts: []string{"x", "y"}, All: true, IncludeAll: true}
	custom := variable{Name: "custom", All: true, AllValue: "all-.*", IncludeAll: true}
	v := values{"host": one, "job": several, "all": all, "custom": custom, "odd": odd, "empty": {Name: "empty"}, "__from": {Name: "__from", Values: []string{"1795233356700"}}}
	tests := map[string]struct{ in, prom, glob string }{
		"plain":            {`up{i="$host"}`, `up{i="db1.example:9104"}`, `up{i="db1.example:9104"}`},
		"quotes":           {`$odd`, `a\"b\\c\\'d`, `a"b\c'd`},
		"braces":           {`${host}x`, `db1.example:9104x`, `db1.example:9104x`},
		"brackets":         {`[[host]]`, `db1.example:9104`, `db1.example:9104`},
		"several":          {`$job`, `(a\\.b|c\\|d)`, `{a.b,c|d}`},
		"all":              {`$all`, `(x|y)`, `{x,y}`},
		"custom all":       {`$custom`, `all-.*`, `all-.*`},
		"nothing chosen":   {`a${empty}b`, `ab`, `ab`},
		"unknown stays":    {`rate(x[$__rate_interval]) $nobody ${no:csv}`, `rate(x[$__rate_interval]) $nobody ${no:csv}`, `rate(x[$__rate_interval]) $nobody ${no:csv}`},
		"legend stays":     {`{{job}} $host`, `{{job}} db1.example:9104`, `{{job}} db1.example:9104`},
		"regex":            {`${job:regex}`, `(a\.b|c\|d)`, `(a\.b|c\|d)`},
		"pipe":             {`${job:pipe}`, `a.b|c|d`, `a.b|c|d`},
		"csv in brackets":  {`[[job:csv]]`, `a.b,c|d`, `a.b,c|d`},
		"raw":              {`${host:raw}`, `db1.example:9104`, `db1.example:9104`},
		"json":             {`${job:json}`, `["a.b","c|d"]`, `["a.b","c|d"]`},
		"single quotes":    {`${job:singlequote}`, `'a.b','c|d'`, `'a.b','c|d'`},
		"double quotes":    {`${job:doublequote}`, `"a.b","c|d"`, `"a.b","c|d"`},
		"sql":              {`${odd:sqlstring}`, `'a"b\c''d'`, `'a"b\c''d'`},
		"lucene":           {`${job:lucene}`, `("a.b" OR "c\\|d")`, `("a.b" OR "c\\|d")`},
		"percent":          {`${job:percentencode}`, `%7Ba.b%2Cc%7Cd%7D`, `%7Ba.b%2Cc%7Cd%7D`},
		"query parameters": {`${job:queryparam}`, `var-job=a.b&var-job=c%7Cd`, `var-job=a.b&var-job=c%7Cd`},
		"text":             {`${job:text} ${all:text}`, `A + C All`, `A + C All`},
		"unknown format":   {`${job:nonsense}`, `{a.b,c|d}`, `{a.b,c|d}`},
		"time":             {`$__from ${__from:date} ${__from:date:seconds}`, `1795233356700 2026-11-21T03:55:56.700Z 1795233356`, `1795233356700 2026-11-21T03:55:56.700Z 1795233356`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := v.replace(tt.in, inPromQL); got != tt.prom {
				t.Errorf("in PromQL %s, want %s", got, tt.prom)
			}
			if got := v.replace(tt.in, globbed); got != tt.glob {
				t.Errorf("elsewhere %s, want %s", got, tt.glob)
			}
		})
	}
	if got := v.replace("$job/$odd", inSQL); got != `'a.b','c|d'/a"b\c''d` {
		t.Errorf("in SQL %s", got)
	}
}

func TestReplaceAll(t *testing.T) {
	v := values{"job": {Name: "job", Values: []string{"a", "b"}, Multi: true}}
	got, _ := v.replaceAll(object{"expr": "$job", "legendFormat": "$job", "more": []any{object{"expr": "$job"}, 3.0, nil}}, "", formFor("prometheus")).(object)
	if got["expr"] != "(a|b)" || got["legendFormat"] != "{a,b}" || got["more"].([]any)[0].(object)["expr"] != "(a|b)" {
		t.Errorf("got %v", got)
	}
}

// FuzzReplace: no text makes interpolation fail, and a value never grows anew
// into a reference.
func FuzzReplace(f *testing.F) {
	for _, seed := range []string{`sum by (job) (rate(x{job=~"$job"}[$__rate_interval]))`, "[[job:csv]] ${job:regex} ${job.field:text}", "$", "${", "[[]]", "${job:}", "$job$job"} {
		f.Add(seed, "a|b")
	}
	f.Fuzz(func(t *testing.T, in, value string) {
		v := values{"job": {Name: "job", Values: []string{value, value}, Texts: []string{value, value}, Multi: true}}
		for _, form := range []func(variable) string{inPromQL, inSQL, globbed} {
			out := v.replace(in, form)
			if !strings.ContainsAny(in, "$[") && out != in {
				t.Errorf("%q became %q", in, out)
			}
		}
	})
}
