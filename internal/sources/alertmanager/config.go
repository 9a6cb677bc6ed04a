package alertmanager

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// Config is one entry of `alertmanager:` in the configuration.
type Config struct {
	Name       string            `yaml:"name"`        // tells several apart; default main
	URL        string            `yaml:"url"`         // may hold a path prefix: https://mimir/alertmanager
	HTTPClient httpclient.Config `yaml:"http_client"` // TLS, basic_auth, authorization, oauth2, http_headers
	Timeout    model.Duration    `yaml:"timeout"`     // of one question; default 10s
}

// defaultTimeout is plenty: it answers out of its memory.
const defaultTimeout = model.Duration(10 * time.Second)

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "main"
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	c.HTTPClient.SetDefaults()
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
		add("url", err.Error(), "write http://host:9093, with the path prefix if there is one")
	}
	if err := c.HTTPClient.Validate(); err != nil {
		add("http_client", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config")
	}
	if c.Timeout < model.Duration(time.Second) {
		add("timeout", "is less than 1s", "write a duration such as 10s")
	}
	return list
}
