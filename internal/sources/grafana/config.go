package grafana

import (
	"fmt"
	"regexp"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// Config is the `grafana:` block of the configuration.
type Config struct {
	URL             string            `yaml:"url"`              // may hold a path prefix: https://ops.example/grafana
	ExternalURL     string            `yaml:"external_url"`     // how people reach it; default what Grafana says of itself
	TokenFile       string            `yaml:"token_file"`       // a service account's token, its only line
	TokenEnv        string            `yaml:"token_env"`        // or the name of an environment variable with it
	HTTPClient      httpclient.Config `yaml:"http_client"`      // TLS, proxies, other authentication
	Dashboards      []DashboardConfig `yaml:"dashboards"`       // of which snapshots are made
	SnapshotExpires model.Duration    `yaml:"snapshot_expires"` // 0s: never
	Annotate        bool              `yaml:"annotate"`         // mark the incident's window in Grafana
	Timeout         model.Duration    `yaml:"timeout"`          // for all questions of one draft together; default 2m
}

// DashboardConfig is one dashboard of which a draft has a snapshot.
type DashboardConfig struct {
	UID  string            `yaml:"uid"`  // the part behind /d/ of its address
	Vars map[string]string `yaml:"vars"` // values of its variables: Go templates with {{target}}, {{cluster}}, {{label "instance"}}
}

// defaultTimeout leaves a dashboard of dozens of panels the time that a browser takes.
const defaultTimeout = model.Duration(2 * time.Minute)

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	c.HTTPClient.SetDefaults()
}

// uidForm is what Grafana takes as a UID: nothing that means something in a path.
var uidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	var list []sources.Problem
	add := func(path, message, fix string) {
		list = append(list, sources.Problem{Path: path, Message: message, Fix: fix})
	}
	if _, err := httpclient.ParseURL(c.URL); err != nil {
		add("url", err.Error(), "write http://host:3000, with the path prefix if there is one")
	}
	if c.ExternalURL != "" {
		if _, err := httpclient.ParseURL(c.ExternalURL); err != nil {
			add("external_url", err.Error(), "write how people reach Grafana, such as https://grafana.example")
		}
	}
	if err := c.HTTPClient.Validate(); err != nil {
		add("http_client", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config")
	}
	c.validateToken(add)
	if c.SnapshotExpires != 0 && c.SnapshotExpires < model.Duration(time.Second) {
		add("snapshot_expires", "is less than a second", "write 0s for never, or a duration such as 365d")
	}
	if c.Timeout < model.Duration(time.Second) {
		add("timeout", "is less than 1s", "write a duration such as 2m")
	}
	seen := map[string]bool{}
	for i, d := range c.Dashboards {
		path := fmt.Sprintf("dashboards[%d]", i)
		switch {
		case !uidForm.MatchString(d.UID):
			add(path+".uid", fmt.Sprintf("%q is not a dashboard's UID", d.UID), "write the part behind /d/ of its address")
		case seen[d.UID]:
			add(path+".uid", fmt.Sprintf("%q is there twice", d.UID), "name each dashboard once")
		}
		seen[d.UID] = true
		if _, err := parseVars(d.Vars); err != nil {
			add(path+".vars", err.Error(), "write a text with {{target}}, {{cluster}} or {{label \"instance\"}}")
		}
	}
	return list
}

// validateToken sees to it that there is one way to authenticate at most.
func (c *Config) validateToken(add func(path, message, fix string)) {
	h := c.HTTPClient
	other := h.BasicAuth != nil || h.Authorization != nil || h.OAuth2 != nil || h.BearerToken != "" || h.BearerTokenFile != ""
	switch {
	case c.TokenFile != "" && c.TokenEnv != "":
		add("token_env", "token_file is there too", "keep one of them")
	case (c.TokenFile != "" || c.TokenEnv != "") && other:
		add("http_client", "has authentication, and there is a token too", "keep one of them")
	}
}
