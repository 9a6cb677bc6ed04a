package gitlab

import (
	"regexp"

	"collector/internal/sources"
	"collector/internal/sources/forge"
)

// Config is one entry of `gitlab:` in the configuration. Its token is one with the scope read_api.
type Config struct {
	forge.Entry `yaml:",inline"`
	Projects    []Project `yaml:"projects"`
}

// Project is one project and what is deployed from it.
type Project struct {
	Project     string `yaml:"project"` // acme/shop, or acme/web/shop in a subgroup
	forge.Place `yaml:",inline"`
}

// Kind is the short name of this kind of source.
const Kind = "gitlab"

const defaultURL = "https://gitlab.com"

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() { c.Default(Kind, defaultURL) }

var projectForm = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(?:/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)+$`)

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	return c.settings().Validate(forge.Keys{
		List: "projects", Path: "project", Form: projectForm, Like: "acme/shop", URL: "https://gitlab.example",
	})
}

func (c *Config) settings() forge.Settings {
	var places []forge.Place
	for _, p := range c.Projects {
		places = append(places, p.Of(p.Project))
	}
	return c.Settings(Kind, c.URL, places)
}
