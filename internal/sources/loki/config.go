package loki

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/httpclient"
)

// Config is one entry of `loki:` in the configuration.
type Config struct {
	Name         string            `yaml:"name"`          // tells several apart; default main
	URL          string            `yaml:"url"`           // may hold a path prefix: https://logs.example/loki-read
	HTTPClient   httpclient.Config `yaml:"http_client"`   // TLS, basic_auth, authorization, oauth2, http_headers (X-Scope-OrgID)
	ClusterLabel string            `yaml:"cluster_label"` // label that scopes streams to a cluster; default cluster
	Queries      []QueryConfig     `yaml:"queries"`       // at least one
	Timeout      model.Duration    `yaml:"timeout"`       // for all questions of one draft together; default 30s
	MaxLines     int               `yaml:"max_lines"`     // that one query may read for one draft; default 50000
}

// QueryConfig is one question about log lines.
type QueryConfig struct {
	Name  string `yaml:"name"`  // checkout_errors
	Query string `yaml:"query"` // LogQL that selects lines: {app="checkout"} |= "error"
	Kind  string `yaml:"kind"`  // log (default) or deploy

	// How the lines of kind deploy are read, as in deploys[].file.
	Format     string            `yaml:"format"`      // json (default) or logfmt; LogQL's line_format makes either of anything else
	TimeLayout string            `yaml:"time_layout"` // of the line's own time; a line without one has Loki's
	Timezone   string            `yaml:"timezone"`    // of times that carry no zone; default UTC
	Fields     map[string]string `yaml:"fields"`      // our key: the line's
	Events     map[string]string `yaml:"events"`      // the line's word: ours
	PairBy     []string          `yaml:"pair_by"`     // further keys that a start and its end share
	Lookaround model.Duration    `yaml:"lookaround"`  // how far outside the window the other end of a deploy is searched; default 6h
}

// The kinds of queries.
const (
	logKind    = "log"
	deployKind = "deploy"
)

// The defaults of the configuration.
const (
	defaultTimeout    = model.Duration(30 * time.Second)
	defaultLookaround = model.Duration(6 * time.Hour)
	defaultMaxLines   = 50_000
)

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "main"
	}
	if c.ClusterLabel == "" {
		c.ClusterLabel = "cluster"
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxLines == 0 {
		c.MaxLines = defaultMaxLines
	}
	c.HTTPClient.SetDefaults()
	for i := range c.Queries {
		c.Queries[i].setDefaults()
	}
}

func (q *QueryConfig) setDefaults() {
	if q.Kind == "" {
		q.Kind = logKind
	}
	if q.Kind != deployKind {
		return
	}
	if q.Format == "" {
		q.Format = deployline.FormatJSON
	}
	if q.Timezone == "" {
		q.Timezone = "UTC"
	}
	if q.Lookaround == 0 {
		q.Lookaround = defaultLookaround
	}
}

// grammar is the part of the configuration that stands in every question about a deploy.
func (q QueryConfig) grammar() deployline.Grammar {
	return deployline.Grammar{
		Format: q.Format, TimeLayout: q.TimeLayout, Timezone: q.Timezone, Fields: q.Fields, Events: q.Events, PairBy: q.PairBy,
	}
}

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	var list []sources.Problem
	add := func(path, message, fix string) {
		list = append(list, sources.Problem{Path: path, Message: message, Fix: fix})
	}
	if strings.ContainsAny(c.Name, " \t\n/") {
		add("name", fmt.Sprintf("%q has a space or a slash", c.Name), "write one word")
	}
	if _, err := httpclient.ParseURL(c.URL); err != nil {
		add("url", err.Error(), "write http://host:3100, with the path prefix if there is one")
	}
	if err := c.HTTPClient.Validate(); err != nil {
		add("http_client", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config")
	}
	if !model.LegacyValidation.IsValidLabelName(c.ClusterLabel) {
		add("cluster_label", fmt.Sprintf("%q is not a label name", c.ClusterLabel), "write cluster")
	}
	if c.Timeout < model.Duration(time.Second) {
		add("timeout", "is less than 1s", "write a duration such as 30s")
	}
	if c.MaxLines < 0 {
		add("max_lines", "is negative", "write a number such as 50000")
	}
	if len(c.Queries) == 0 {
		add("queries", "names no query", `write - {name: checkout_errors, query: '{app="checkout"} |= "error"'}`)
	}
	seen := map[string]bool{}
	for i, q := range c.Queries {
		within := func(path, message, fix string) { add(fmt.Sprintf("queries[%d].%s", i, path), message, fix) }
		if seen[q.Name] && q.Name != "" {
			within("name", fmt.Sprintf("%q is there twice", q.Name), "give each query its own name")
		}
		seen[q.Name] = true
		q.validate(within)
	}
	return list
}

func (q QueryConfig) validate(add func(path, message, fix string)) {
	if q.Name == "" || strings.ContainsAny(q.Name, " \t\n/") {
		add("name", fmt.Sprintf("%q is not one word", q.Name), "write a name such as checkout_errors")
	}
	if _, ok := selectorIn(q.Query); !ok {
		add("query", "does not begin with a selector of streams", `write LogQL that selects lines, such as '{app="checkout"} |= "error"'; what computes numbers belongs into prometheus[].signals`)
	}
	switch q.Kind {
	case logKind:
		if q.Format != "" || q.TimeLayout != "" || q.Timezone != "" || q.Fields != nil || q.Events != nil || q.PairBy != nil || q.Lookaround != 0 {
			add("kind", "is log, and format, time_layout, timezone, fields, events, pair_by and lookaround are about deploys", "remove them, or write kind: deploy")
		}
	case deployKind:
		if q.Format != deployline.FormatJSON && q.Format != deployline.FormatLogfmt {
			add("format", fmt.Sprintf("unknown format %q", q.Format), "write json or logfmt")
		}
		q.grammar().Validate(add)
		if q.Lookaround < 0 {
			add("lookaround", "is negative", "write a duration such as 6h")
		}
	default:
		add("kind", fmt.Sprintf("unknown kind %q", q.Kind), "write log or deploy")
	}
}
