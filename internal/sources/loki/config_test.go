package loki

import (
	"strings"
	"testing"

	"collector/internal/sources/deployline"
)

func TestValidate(t *testing.T) {
	const selects = `{app="checkout"} |= "error"`
	query := func(change func(*QueryConfig)) Config {
		q := QueryConfig{Name: "q", Query: selects}
		change(&q)
		return Config{URL: "http://127.0.0.1:3100", Queries: []QueryConfig{q}}
	}
	deploys := func(change func(*QueryConfig)) Config {
		return query(func(q *QueryConfig) {
			q.Kind = deployKind
			change(q)
		})
	}
	for name, c := range map[string]struct {
		config Config
		want   string // all problems, one a line; "" means none
	}{
		"defaults": {query(func(*QueryConfig) {}), ""},
		"deploys":  {deploys(func(*QueryConfig) {}), ""},
		"everything": {deploys(func(q *QueryConfig) {
			q.Format, q.Events, q.PairBy = "logfmt", map[string]string{"go": deployline.DeployStarted}, []string{"host"}
		}), ""},
		"parentheses": {query(func(q *QueryConfig) { q.Query = ` ({app="a"} | json)` }), ""},
		"no queries":  {Config{URL: "http://127.0.0.1:3100"}, `queries: names no query (write - {name: checkout_errors, query: '{app="checkout"} |= "error"'})`},
		"no URL":      {Config{Queries: []QueryConfig{{Name: "q", Query: selects}}}, "url: the URL is empty (write http://host:3100, with the path prefix if there is one)"},
		"metric":      {query(func(q *QueryConfig) { q.Query = `sum(rate({app="a"}[1m]))` }), `queries[0].query: does not begin with a selector of streams (write LogQL that selects lines, such as '{app="checkout"} |= "error"'; what computes numbers belongs into prometheus[].signals)`},
		"kind":        {query(func(q *QueryConfig) { q.Kind = "errors" }), `queries[0].kind: unknown kind "errors" (write log or deploy)`},
		"log as JSON": {query(func(q *QueryConfig) { q.Format = "json" }), "queries[0].kind: is log, and format, time_layout, timezone, fields, events, pair_by and lookaround are about deploys (remove them, or write kind: deploy)"},
		"format":      {deploys(func(q *QueryConfig) { q.Format = "regexp" }), `queries[0].format: unknown format "regexp" (write json or logfmt)`},
		"zone":        {deploys(func(q *QueryConfig) { q.Timezone = "Berlin" }), `queries[0].timezone: unknown time zone "Berlin" (write an IANA name such as Europe/Berlin or UTC)`},
		"field":       {deploys(func(q *QueryConfig) { q.Fields = map[string]string{"ts": "time"} }), `queries[0].fields.ts: "ts" is not a field (map one of time, service, version, event, commit, environment, author, message, url to the log's own key: {time: ts})`},
		"lookaround":  {deploys(func(q *QueryConfig) { q.Lookaround = -1 }), "queries[0].lookaround: is negative (write a duration such as 6h)"},
		"two words":   {query(func(q *QueryConfig) { q.Name = "two words" }), `queries[0].name: "two words" is not one word (write a name such as checkout_errors)`},
		"the same":    {Config{URL: "http://l", Queries: []QueryConfig{{Name: "q", Query: selects}, {Name: "q", Query: selects}}}, `queries[1].name: "q" is there twice (give each query its own name)`},
		"numbers":     {Config{URL: "http://l", Name: "a b", ClusterLabel: "a-b", Timeout: 1, MaxLines: -1, Queries: []QueryConfig{{Name: "q", Query: selects}}}, "name: \"a b\" has a space or a slash (write one word)\ncluster_label: \"a-b\" is not a label name (write cluster)\ntimeout: is less than 1s (write a duration such as 30s)\nmax_lines: is negative (write a number such as 50000)"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.SetDefaults()
			var got []string
			for _, p := range c.config.Validate() {
				got = append(got, p.Error())
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", s, c.want)
			}
		})
	}
}

func TestScoped(t *testing.T) {
	for name, c := range map[string]struct {
		query, want string
		clusters    []string
	}{
		"no scope":    {`{app="a"}`, `{app="a"}`, nil},
		"one":         {`{app="a"} |= "x"`, `{cluster=~"shop|", app="a"} |= "x"`, []string{"shop"}},
		"two":         {`{app="a"}`, `{cluster=~"shop|billing|", app="a"}`, []string{"shop", "billing"}},
		"empty":       {`{ } | json`, `{cluster=~"shop|" } | json`, []string{"shop"}},
		"parentheses": {` ( {app="a"})`, ` ( {cluster=~"shop|", app="a"})`, []string{"shop"}},
		"odd names":   {`{app="a"}`, `{cluster=~"shop\\.eu\"x|", app="a"}`, []string{`shop.eu"x`}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scoped(c.query, "cluster", c.clusters); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
