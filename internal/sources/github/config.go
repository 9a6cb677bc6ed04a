package github

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/sources/httpclient"
)

// Config is one entry of `github:` in the configuration.
type Config struct {
	Name         string            `yaml:"name"`       // tells several apart; default github
	URL          string            `yaml:"url"`        // how people reach it; default https://github.com
	TokenFile    string            `yaml:"token_file"` // with Deployments: read, its only line
	TokenEnv     string            `yaml:"token_env"`  // or the name of an environment variable with it
	HTTPClient   httpclient.Config `yaml:"http_client"`
	Repositories []Repository      `yaml:"repositories"`
	Lookaround   model.Duration    `yaml:"lookaround"` // how long a deployment may have run before the window; default 6h
	Lookback     model.Duration    `yaml:"lookback"`   // how far before the window earlier ones are listed; default 7d
	Timeout      model.Duration    `yaml:"timeout"`    // for all questions of one draft together; default 30s
}

// Repository is one repository and what is deployed from it.
type Repository struct {
	Repo         string   `yaml:"repo"`         // acme/shop
	Service      string   `yaml:"service"`      // what it deploys; default the repository's name
	Cluster      string   `yaml:"cluster"`      // what it deploys to; empty: every cluster
	Environments []string `yaml:"environments"` // default [production]; ['*']: all
	Version      string   `yaml:"version"`      // auto, ref, commit or short
	Gates        bool     `yaml:"gates"`        // ask what a commit went through before; needs more permissions
	Staging      string   `yaml:"staging"`      // the environment before production; default staging
}

// Kind is the short name of this kind of source.
const Kind = "github"

const defaultURL = "https://github.com"

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

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+$`)

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	return c.settings().Validate(forge.Keys{
		List: "repositories", Path: "repo", Form: repositoryForm, Like: "acme/shop", URL: "https://github.example",
	})
}

func (c *Config) settings() forge.Settings {
	s := forge.Settings{
		Kind: Kind, Name: c.Name, API: apiOf(c.URL), TokenFile: c.TokenFile, TokenEnv: c.TokenEnv, HTTPClient: c.HTTPClient,
		Timeout: time.Duration(c.Timeout), Lookaround: time.Duration(c.Lookaround), Lookback: time.Duration(c.Lookback),
	}
	for _, r := range c.Repositories {
		s.Places = append(s.Places, forge.Place{Repository: r.Repo, Service: r.Service, Cluster: r.Cluster, Environments: r.Environments, Version: r.Version, Gates: r.Gates, Staging: r.Staging}.Complete())
	}
	return s
}

// apiOf is where the API of a GitHub is: on a host of its own for github.com and
// *.ghe.com, below /api/v3 on GitHub Enterprise Server. Whoever names the API itself is
// understood too. A text that is no address is left as it is, for Validate.
func apiOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	host, path := strings.ToLower(u.Host), strings.TrimRight(u.Path, "/")
	switch {
	case host == "github.com" || host == "www.github.com":
		u.Host, path = "api.github.com", ""
	case strings.HasPrefix(host, "api."):
	case strings.HasSuffix(host, ".ghe.com"):
		u.Host, path = "api."+host, ""
	case !strings.HasSuffix(path, "/api/v3"):
		path += "/api/v3"
	}
	u.Path = path
	return u.String()
}
