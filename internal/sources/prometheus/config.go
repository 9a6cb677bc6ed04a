package prometheus

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// Config is one entry of `prometheus:` in the configuration.
type Config struct {
	Name         string            `yaml:"name"`          // tells several apart; default main
	URL          string            `yaml:"url"`           // may hold a path prefix: http://mimir/prometheus
	HTTPClient   httpclient.Config `yaml:"http_client"`   // TLS, basic_auth, authorization, oauth2, http_headers
	Alerts       []string          `yaml:"alerts"`        // selectors on ALERTS, any of which may match; default all
	ClusterLabel string            `yaml:"cluster_label"` // label that scopes series and alerts to a cluster; default cluster
	Packs        []string          `yaml:"packs"`         // built-in signals; default all packs, [] none
	Signals      []SignalConfig    `yaml:"signals"`       // own signals
	Impact       []ImpactConfig    `yaml:"impact"`        // figures of the damage
	Timeout      Duration          `yaml:"timeout"`       // for all questions of one draft together; default 30s
	Baseline     Duration          `yaml:"baseline"`      // how long before the window is normal; default 1h
	Resolution   Duration          `yaml:"resolution"`    // step of signals; default the scrape interval, or coarser in long windows
}

// SignalConfig is a metric that is compared with its own baseline.
type SignalConfig struct {
	Name      string   `yaml:"name"`
	Query     string   `yaml:"query"`      // PromQL; $__rate_interval is four scrape intervals
	Unit      string   `yaml:"unit"`       // errors/s
	Direction string   `yaml:"direction"`  // up, down or both (default): which departures matter
	MinChange *float64 `yaml:"min_change"` // smallest departure that matters, in Unit; default half of the baseline
}

// ImpactConfig is one figure of the damage, asked at the window's end.
type ImpactConfig struct {
	Name  string `yaml:"name"`
	Query string `yaml:"query"` // PromQL; $window is the window's length, such as 225m
	Unit  string `yaml:"unit"`
}

// The defaults of the configuration.
const (
	defaultTimeout  = 30 * time.Second
	defaultBaseline = time.Hour
)

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "main"
	}
	if c.ClusterLabel == "" {
		c.ClusterLabel = "cluster"
	}
	if c.Packs == nil {
		c.Packs = packNames()
	}
	c.Timeout.setDefault(defaultTimeout)
	c.Baseline.setDefault(defaultBaseline)
	c.HTTPClient.SetDefaults()
}

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	var v problems
	v.name("name", c.Name, map[string]bool{})
	if _, err := httpclient.ParseURL(c.URL); err != nil {
		v.add("url", err.Error(), "write http://host:9090, with the path prefix if there is one")
	}
	if err := c.HTTPClient.Validate(); err != nil {
		v.add("http_client", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config")
	}
	for i, text := range c.Alerts {
		if _, err := parseSelector(text); err != nil {
			v.add(fmt.Sprintf("alerts[%d]", i), err.Error(), `write a selector such as '{team="dba"}'`)
		}
	}
	if !model.LegacyValidation.IsValidLabelName(c.ClusterLabel) {
		v.add("cluster_label", fmt.Sprintf("%q is not a label name", c.ClusterLabel), "write cluster")
	}
	for i, pack := range c.Packs {
		if _, known := packNamed(pack); !known {
			v.add(fmt.Sprintf("packs[%d]", i), fmt.Sprintf("there is no pack %q", pack), "the packs are "+strings.Join(packNames(), ", "))
		}
	}
	c.validateSignals(&v)
	c.validateImpact(&v)
	v.duration("timeout", c.Timeout, time.Second)
	v.duration("baseline", c.Baseline, time.Second)
	if c.Resolution.given() {
		v.duration("resolution", c.Resolution, 100*time.Millisecond)
	}
	return v.list
}

func (c *Config) validateSignals(v *problems) {
	seen := map[string]bool{}
	for _, pack := range c.Packs {
		if p, known := packNamed(pack); known {
			for _, s := range p.Signals {
				seen[s.Name] = true
			}
		}
	}
	for i, s := range c.Signals {
		path := fmt.Sprintf("signals[%d].", i)
		v.name(path+"name", s.Name, seen)
		v.query(path+"query", s.Query)
		switch s.Direction {
		case "", "up", "down", "both":
		default:
			v.add(path+"direction", fmt.Sprintf("%q is not a direction", s.Direction), "write up, down or both")
		}
		if s.MinChange != nil && *s.MinChange < 0 {
			v.add(path+"min_change", "is negative", "write the smallest departure that matters, whichever its direction")
		}
	}
}

func (c *Config) validateImpact(v *problems) {
	seen := map[string]bool{}
	for i, im := range c.Impact {
		path := fmt.Sprintf("impact[%d].", i)
		v.name(path+"name", im.Name, seen)
		v.query(path+"query", im.Query)
	}
}

// problems collects what is wrong.
type problems struct{ list []sources.Problem }

func (v *problems) add(path, message, fix string) {
	v.list = append(v.list, sources.Problem{Path: path, Message: message, Fix: fix})
}

// name checks that a name is there, is one word, and is the only one of its kind.
func (v *problems) name(path, name string, seen map[string]bool) {
	switch {
	case name == "":
		v.add(path, "is empty", "give it a name")
	case strings.ContainsAny(name, " \t\n/"):
		v.add(path, fmt.Sprintf("%q has a space or a slash", name), "write "+strings.NewReplacer(" ", "_", "\t", "_", "\n", "_", "/", "_").Replace(name))
	case seen[name]:
		v.add(path, fmt.Sprintf("%q is there twice", name), "give each its own name; a pack may have this one too")
	}
	seen[name] = true
}

func (v *problems) query(path, query string) {
	if strings.TrimSpace(query) == "" {
		v.add(path, "is empty", "write a PromQL query")
	}
}

func (v *problems) duration(path string, d Duration, least time.Duration) {
	switch {
	case d.err != nil:
		v.add(path, d.err.Error(), "write a duration such as 30s, 5m or 1h30m")
	case d.Duration < least:
		v.add(path, fmt.Sprintf("%s is less than %s", d.Duration, least), "write a longer duration")
	}
}
