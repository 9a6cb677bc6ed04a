package github

import (
	"net/url"
	"regexp"
	"strings"

	"collector/internal/sources"
	"collector/internal/sources/forge"
)

// Config is one entry of `github:` in the configuration. Its token is one with Deployments: read.
type Config struct {
	forge.Entry  `yaml:",inline"`
	Repositories []Repository `yaml:"repositories"`
}

// Repository is one repository and what is deployed from it.
type Repository struct {
	Repo        string `yaml:"repo"` // acme/shop
	forge.Place `yaml:",inline"`
}

// Kind is the short name of this kind of source.
const Kind = "github"

const defaultURL = "https://github.com"

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() { c.Default(Kind, defaultURL) }

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+$`)

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	return c.settings().Validate(forge.Keys{
		List: "repositories", Path: "repo", Form: repositoryForm, Like: "acme/shop", URL: "https://github.example",
	})
}

func (c *Config) settings() forge.Settings {
	var places []forge.Place
	for _, r := range c.Repositories {
		places = append(places, r.Of(r.Repo))
	}
	return c.Settings(Kind, apiOf(c.URL), places)
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
