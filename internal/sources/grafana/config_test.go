package grafana

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	promconfig "github.com/prometheus/common/config"
)

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"good":                   {func(*Config) {}, ""},
		"no URL":                 {func(c *Config) { c.URL = "" }, "url: the URL is empty (write http://host:3000, with the path prefix if there is one)"},
		"external URL":           {func(c *Config) { c.ExternalURL = "grafana" }, "external_url: the URL does not begin with http:// or https:// (write how people reach Grafana, such as https://grafana.example)"},
		"two tokens":             {func(c *Config) { c.TokenEnv = "T" }, "token_env: token_file is there too (keep one of them)"},
		"token and other":        {func(c *Config) { c.HTTPClient.BasicAuth = &promconfig.BasicAuth{Username: "u", Password: "p"} }, "http_client: has authentication, and there is a token too (keep one of them)"},
		"a path for a dashboard": {func(c *Config) { c.Dashboards[0].UID = "../x" }, `dashboards[0].uid: "../x" is not a dashboard's UID (write the part behind /d/ of its address)`},
		"twice":                  {func(c *Config) { c.Dashboards = append(c.Dashboards, c.Dashboards[0]) }, `dashboards[1].uid: "a" is there twice (name each dashboard once)`},
		"a word nobody knows":    {func(c *Config) { c.Dashboards[0].Vars = map[string]string{"v": "{{host}}"} }, `function "host" not defined`},
		"expires at once":        {func(c *Config) { c.SnapshotExpires = model.Duration(time.Millisecond) }, "snapshot_expires: is less than a second (write 0s for never, or a duration such as 365d)"},
		"no time":                {func(c *Config) { c.Timeout = model.Duration(time.Millisecond) }, "timeout: is less than 1s (write a duration such as 2m)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Config{URL: "http://127.0.0.1:3000", TokenFile: "/t", Dashboards: []DashboardConfig{{UID: "a"}}}
			c.SetDefaults()
			tt.change(&c)
			problems := c.Validate()
			if tt.want == "" {
				if len(problems) > 0 {
					t.Error(problems)
				}
				return
			}
			if len(problems) != 1 || !strings.Contains(problems[0].Error(), tt.want) {
				t.Errorf("problems %v, want %s", problems, tt.want)
			}
		})
	}
}
