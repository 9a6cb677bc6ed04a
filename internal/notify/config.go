package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// Config is one webhook of the `notify:` block.
type Config struct {
	Name         string            `yaml:"name"`          // tells several apart in metrics and the log
	URL          Secret            `yaml:"url"`           // where to POST
	URLFile      string            `yaml:"url_file"`      // a file whose first line is the URL, instead; read at every step
	HTTPClient   httpclient.Config `yaml:"http_client"`   // as in Prometheus's http_config
	Timeout      model.Duration    `yaml:"timeout"`       // of one attempt
	On           []string          `yaml:"on"`            // the steps that are told
	Template     string            `yaml:"template"`      // Go template of the body, which must be JSON
	TemplateFile string            `yaml:"template_file"` // the same in a file
}

const defaultTimeout = 10 * time.Second

// SetDefaults fills in what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "webhook"
	}
	if c.Timeout == 0 {
		c.Timeout = model.Duration(defaultTimeout)
	}
	if c.On == nil {
		c.On = []string{Opened, Drafted, Final}
	}
	c.HTTPClient.SetDefaults()
}

// Validate returns everything that is wrong with the block. Files are read when the
// daemon starts, or reloads. No message repeats the URL.
func (c *Config) Validate() []sources.Problem {
	var problems []sources.Problem
	problem := func(path, fix, format string, args ...any) {
		problems = append(problems, sources.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	switch {
	case c.URL == "" && c.URLFile == "":
		problem("url", "write url_file: /etc/collector/chat.url, a file whose first line is the webhook's address", "is empty")
	case c.URL != "" && c.URLFile != "":
		problem("url_file", "keep one of the two", "url is set too")
	case c.URL != "":
		if _, err := httpclient.ParseURL(string(c.URL)); err != nil {
			problem("url", "write https://chat.example/hooks/...", "%v", err)
		}
	}
	if err := c.HTTPClient.Validate(); err != nil {
		problem("http_client", "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config", "%v", err)
	}
	if c.Timeout < 0 {
		problem("timeout", "write 10s", "must be more than 0")
	}
	if len(c.On) == 0 {
		problem("on", "write [opened, drafted, final], or remove the webhook", "is empty: it would never be told anything")
	}
	for i, kind := range c.On {
		if !slices.Contains(kinds(), kind) {
			problem(fmt.Sprintf("on[%d]", i), "write some of "+strings.Join(kinds(), ", "), "there is no step %q", kind)
		}
	}
	if c.Template != "" && c.TemplateFile != "" {
		problem("template_file", "keep one of the two", "template is set too")
	}
	if _, err := compile(c.Template); c.Template != "" && err != nil {
		problem("template", "see contrib/notify for examples", "%v", err)
	}
	return problems
}
