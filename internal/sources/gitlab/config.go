package gitlab

import (
	"regexp"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/sources/httpclient"
)

// Config is one entry of `gitlab:` in the configuration.
type Config struct {
	Name       string            `yaml:"name"`       // tells several apart; default gitlab
	URL        string            `yaml:"url"`        // how people reach it; default https://gitlab.com
	TokenFile  string            `yaml:"token_file"` // with the scope read_api, its only line
	TokenEnv   string            `yaml:"token_env"`  // or the name of an environment variable with it
	HTTPClient httpclient.Config `yaml:"http_client"`
	Projects   []Project         `yaml:"projects"`
	Lookaround model.Duration    `yaml:"lookaround"` // how long a deployment may have run before the window; default 6h
	Lookback   model.Duration    `yaml:"lookback"`   // how far before the window earlier ones are listed; default 7d
	Timeout    model.Duration    `yaml:"timeout"`    // for all questions of one draft together; default 30s
}

// Project is one project and what is deployed from it.
type Project struct {
	Project      string   `yaml:"project"`      // acme/shop, or acme/web/shop in a subgroup
	Service      string   `yaml:"service"`      // what it deploys; default the project's name
	Cluster      string   `yaml:"cluster"`      // what it deploys to; empty: every cluster
	Environments []string `yaml:"environments"` // default [production]; ['*']: all
	Version      string   `yaml:"version"`      // auto, ref, commit or short
	Gates        bool     `yaml:"gates"`        // ask what a commit went through before; needs more permissions
	Staging      string   `yaml:"staging"`      // the environment before production; default staging
}

// Kind is the short name of this kind of source.
const Kind = "gitlab"

const defaultURL = "https://gitlab.com"

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = Kind
	}
	if c.URL == "" {
		c.URL = defaultURL
	}
	if c.Lookaround == 0 {
		c.Lookaround = forge.DefaultLookaround
	}
	if c.Lookback == 0 {
		c.Lookback = forge.DefaultLookback
	}
	if c.Timeout == 0 {
		c.Timeout = forge.DefaultTimeout
	}
	c.HTTPClient.SetDefaults()
}

var projectForm = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(?:/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)+$`)

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	return c.settings().Validate(forge.Keys{
		List: "projects", Path: "project", Form: projectForm, Like: "acme/shop", URL: "https://gitlab.example",
	})
}

func (c *Config) settings() forge.Settings {
	s := forge.Settings{
		Kind: Kind, Name: c.Name, API: c.URL, TokenFile: c.TokenFile, TokenEnv: c.TokenEnv, HTTPClient: c.HTTPClient,
		Timeout: time.Duration(c.Timeout), Lookaround: time.Duration(c.Lookaround), Lookback: time.Duration(c.Lookback),
	}
	for _, p := range c.Projects {
		s.Places = append(s.Places, forge.Place{Repository: p.Project, Service: p.Service, Cluster: p.Cluster, Environments: p.Environments, Version: p.Version, Gates: p.Gates, Staging: p.Staging}.Complete())
	}
	return s
}
