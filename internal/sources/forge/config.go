package forge

import (
	"cmp"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources/httpclient"
)

// Entry is what an entry of `github:` and one of `gitlab:` have in common.
type Entry struct {
	Name       string            `yaml:"name"`       // tells several apart; default the kind
	URL        string            `yaml:"url"`        // how people reach it; default the forge's public one
	TokenFile  string            `yaml:"token_file"` // with a token that may read deployments, its only line
	TokenEnv   string            `yaml:"token_env"`  // or the name of an environment variable with it
	HTTPClient httpclient.Config `yaml:"http_client"`
	Lookaround model.Duration    `yaml:"lookaround"` // how long a deployment may have run before the window; default 6h
	Lookback   model.Duration    `yaml:"lookback"`   // how far before the window earlier ones are listed; default 7d
	Timeout    model.Duration    `yaml:"timeout"`    // for all questions of one draft together; default 30s
}

// Default fills what the file left out of an entry of a kind, whose public forge is at an
// address.
func (e *Entry) Default(kind, public string) {
	e.Name = cmp.Or(e.Name, kind)
	e.URL = cmp.Or(e.URL, public)
	e.Lookaround = cmp.Or(e.Lookaround, DefaultLookaround)
	e.Lookback = cmp.Or(e.Lookback, DefaultLookback)
	e.Timeout = cmp.Or(e.Timeout, DefaultTimeout)
	e.HTTPClient.SetDefaults()
}

// Settings are those of the entry, of the forge whose API is at an address and which has
// these places.
func (e Entry) Settings(kind, api string, places []Place) Settings {
	return Settings{
		Kind: kind, Name: e.Name, API: api, TokenFile: e.TokenFile, TokenEnv: e.TokenEnv, HTTPClient: e.HTTPClient,
		Timeout: time.Duration(e.Timeout), Lookaround: time.Duration(e.Lookaround), Lookback: time.Duration(e.Lookback), Places: places,
	}
}
