package forge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// Settings are what the configurations of both forges say.
type Settings struct {
	Kind       string // github, gitlab
	Name       string // of the instance
	API        string // the address of its API
	TokenFile  string
	TokenEnv   string
	HTTPClient httpclient.Config
	Timeout    time.Duration // for all questions of one draft together
	Lookaround time.Duration // how long a deployment may have run before the window
	Lookback   time.Duration // how far before the window the earlier deployments are listed
	Places     []Place
}

// Place is one repository and what is deployed from it. The configuration of a forge has
// its keys beside the one that names the repository.
type Place struct {
	Repository   string   `yaml:"-"`            // acme/shop
	Service      string   `yaml:"service"`      // what its deployments deploy; default the repository's name
	Cluster      string   `yaml:"cluster"`      // what they deploy to; empty: every cluster
	Environments []string `yaml:"environments"` // default [production]; [Everywhere]: all
	Version      string   `yaml:"version"`      // one of the Version words
	Gates        bool     `yaml:"gates"`        // ask what happened to a commit before it was deployed; needs more permissions
	Staging      string   `yaml:"staging"`      // the environment before production; default staging
}

// Everywhere stands for all environments.
const Everywhere = "*"

// What a deployment's version is.
const (
	VersionAuto   = "auto"   // the ref where it is a tag or looks like a version, else short
	VersionRef    = "ref"    // whatever was deployed: a branch or a tag
	VersionCommit = "commit" // all digits
	VersionShort  = "short"  // the first seven
)

var versionWords = []string{VersionAuto, VersionRef, VersionCommit, VersionShort}

// The defaults that both forges share.
const (
	DefaultTimeout    = model.Duration(30 * time.Second)
	DefaultLookaround = model.Duration(6 * time.Hour)
	DefaultLookback   = model.Duration(7 * 24 * time.Hour)
	// DefaultEnvironment is what both forges call the environment that matters. The
	// others hold previews, of which a busy repository has hundreds a day.
	DefaultEnvironment = "production"
	// DefaultStaging is where a commit is expected before production.
	DefaultStaging = "staging"
)

// Of is the place of a repository, complete.
func (p Place) Of(repository string) Place {
	p.Repository = repository
	return p.Complete()
}

// Complete is the place with what was left out.
func (p Place) Complete() Place {
	p.Service = cmp.Or(p.Service, p.Repository[strings.LastIndex(p.Repository, "/")+1:])
	p.Version = cmp.Or(p.Version, VersionAuto)
	p.Staging = cmp.Or(p.Staging, DefaultStaging)
	if len(p.Environments) == 0 {
		p.Environments = []string{DefaultEnvironment}
	}
	return p
}

// covers reports whether an environment is meant.
func (p Place) covers(environment string) bool {
	return p.everywhere() || slices.Contains(p.Environments, environment)
}

func (p Place) everywhere() bool { return slices.Contains(p.Environments, Everywhere) }

// Keys are what the configuration of a forge calls its places.
type Keys struct {
	List string         // repositories
	Path string         // repo
	Form *regexp.Regexp // of a path
	Like string         // acme/shop
	URL  string         // https://github.example
}

// Validate says everything that is wrong with the settings, in the order of the keys.
// They are complete: the defaults are filled in.
func (s Settings) Validate(keys Keys) []sources.Problem {
	var list []sources.Problem
	add := func(path, message, fix string) {
		list = append(list, sources.Problem{Path: path, Message: message, Fix: fix})
	}
	if s.Name == "" || strings.ContainsAny(s.Name, " \t\n/") {
		add("name", fmt.Sprintf("%q is not one word", s.Name), "write one word such as "+s.Kind)
	}
	if _, err := httpclient.ParseURL(s.API); err != nil {
		add("url", err.Error(), "write how people reach it, such as "+keys.URL)
	}
	h := s.HTTPClient
	if err := h.Validate(); err != nil {
		add("http_client", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config")
	}
	switch {
	case s.TokenFile != "" && s.TokenEnv != "":
		add("token_env", "token_file is there too", "keep one of them")
	case (s.TokenFile != "" || s.TokenEnv != "") && authenticates(h):
		add("http_client", "has authentication, and there is a token too", "keep one of them")
	}
	s.validatePlaces(keys, add)
	for _, d := range []struct {
		key         string
		value, min  time.Duration
		less, write string
	}{
		{"lookaround", s.Lookaround, 0, "is negative", "write a duration such as 6h"},
		{"lookback", s.Lookback, s.Lookaround, "is less than lookaround", "write a duration such as 7d"},
		{"timeout", s.Timeout, time.Second, "is less than 1s", "write a duration such as 30s"},
	} {
		if d.value < d.min {
			add(d.key, d.less, d.write)
		}
	}
	return list
}

// authenticates reports whether http_client logs in by itself.
func authenticates(h httpclient.Config) bool {
	return h.BasicAuth != nil || h.Authorization != nil || h.OAuth2 != nil || h.BearerToken != "" || h.BearerTokenFile != ""
}

func (s Settings) validatePlaces(keys Keys, add func(path, message, fix string)) {
	if len(s.Places) == 0 {
		add(keys.List, "names none", fmt.Sprintf("write [{%s: %s}]", keys.Path, keys.Like))
	}
	seen := map[string]bool{}
	for i, p := range s.Places {
		at := fmt.Sprintf("%s[%d].", keys.List, i)
		if !keys.Form.MatchString(p.Repository) {
			add(at+keys.Path, fmt.Sprintf("%q is not the path of one", p.Repository), "write it as it stands in its address: "+keys.Like)
		}
		if !slices.Contains(versionWords, p.Version) {
			add(at+"version", fmt.Sprintf("%q is no way to name a version", p.Version), "write "+strings.Join(versionWords[:len(versionWords)-1], ", ")+" or "+versionWords[len(versionWords)-1])
		}
		if p.everywhere() && len(p.Environments) > 1 {
			add(at+"environments", `"*" means all, and others are named too`, "write ['*'], or the names alone")
		}
		for _, environment := range p.Environments {
			switch {
			case environment == "":
				add(at+"environments", "has an empty name", "remove it, or write a name such as production")
			case seen[p.Repository+"\x00"+environment]:
				add(at+"environments", fmt.Sprintf("%s of %s is there twice", environment, p.Repository), "name each environment of a repository once")
			}
			seen[p.Repository+"\x00"+environment] = true
		}
	}
}
