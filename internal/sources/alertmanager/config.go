package alertmanager

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
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
	Retention  model.Duration    `yaml:"retention"`   // how long it keeps silences that ended: its --data.retention; default 120h
	EventsFile string            `yaml:"events_file"` // a glob of what its event recorder writes (0.33 or newer); "" reads none
}

// defaultTimeout is plenty: it answers out of its memory.
const defaultTimeout = model.Duration(10 * time.Second)

// defaultRetention is Alertmanager's own.
const defaultRetention = model.Duration(120 * time.Hour)

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "main"
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Retention == 0 {
		c.Retention = defaultRetention
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
	if message, fix := badGlob(c.EventsFile); message != "" {
		add("events_file", message, fix)
	}
	return list
}

// badGlob says what is wrong with events_file.
func badGlob(glob string) (message, fix string) {
	switch {
	case glob == "":
		return "", ""
	case strings.TrimSpace(glob) == "" || strings.ContainsRune(glob, 0):
		return fmt.Sprintf("%q is no path", glob), "write a glob such as /var/lib/alertmanager/events.jsonl*, or remove it"
	case strings.HasPrefix(glob, "~"):
		return fmt.Sprintf("%q: ~ is not expanded", glob), "write the whole path from /"
	case strings.HasSuffix(glob, string(filepath.Separator)):
		return fmt.Sprintf("%q names a directory", glob), "write " + glob + "*.jsonl*"
	case !doublestar.ValidatePathPattern(glob):
		return fmt.Sprintf("%q is not a valid glob", glob), `close every [ and {, or put a \ before those that belong to the name`
	}
	return "", ""
}
