package forge

import (
	"regexp"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
)

func TestValidate(t *testing.T) {
	keys := Keys{List: "repositories", Path: "repo", Form: regexp.MustCompile(`^\w+/\w+$`), Like: "acme/shop", URL: "https://github.example"}
	good := func() Settings {
		return Settings{Kind: "github", Name: "github", API: "https://api.github.com", Timeout: time.Minute, Lookaround: time.Hour, Lookback: 2 * time.Hour,
			Places: []Place{Place{Repository: "acme/shop"}.Complete()}}
	}
	tests := []struct {
		name  string
		spoil func(s *Settings)
		want  string
	}{
		{"all is well", func(*Settings) {}, ""},
		{"name", func(s *Settings) { s.Name = "a b" }, `name: "a b" is not one word (write one word such as github)`},
		{"url", func(s *Settings) { s.API = "github.com" }, "url: the URL does not begin with http:// or https:// (write how people reach it, such as https://github.example)"},
		{"two tokens", func(s *Settings) { s.TokenFile, s.TokenEnv = "a", "B" }, "token_env: token_file is there too (keep one of them)"},
		{"two ways to log in", func(s *Settings) {
			s.TokenFile = "a"
			s.HTTPClient.BasicAuth = &promconfig.BasicAuth{Username: "u"}
		}, "http_client: has authentication, and there is a token too (keep one of them)"},
		{"no repository", func(s *Settings) { s.Places = nil }, "repositories: names none (write [{repo: acme/shop}])"},
		{"not a path", func(s *Settings) { s.Places[0].Repository = "https://x/acme/shop" }, `repositories[0].repo: "https://x/acme/shop" is not the path of one (write it as it stands in its address: acme/shop)`},
		{"version", func(s *Settings) { s.Places[0].Version = "tag" }, `repositories[0].version: "tag" is no way to name a version (write auto, ref, commit or short)`},
		{"all and one", func(s *Settings) { s.Places[0].Environments = []string{"*", "production"} }, `repositories[0].environments: "*" means all, and others are named too (write ['*'], or the names alone)`},
		{"an empty environment", func(s *Settings) { s.Places[0].Environments = []string{""} }, "repositories[0].environments: has an empty name (remove it, or write a name such as production)"},
		{"twice", func(s *Settings) { s.Places = append(s.Places, s.Places[0]) }, "repositories[1].environments: production of acme/shop is there twice (name each environment of a repository once)"},
		{"lookaround", func(s *Settings) { s.Lookaround = -1 }, "lookaround: is negative (write a duration such as 6h)"},
		{"lookback", func(s *Settings) { s.Lookback = time.Minute }, "lookback: is less than lookaround (write a duration such as 7d)"},
		{"timeout", func(s *Settings) { s.Timeout = time.Millisecond }, "timeout: is less than 1s (write a duration such as 30s)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good()
			tt.spoil(&s)
			var got []string
			for _, p := range s.Validate(keys) {
				got = append(got, p.Error())
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	p := Place{Repository: "acme/web/shop"}.Complete()
	if p.Service != "shop" || p.Version != VersionAuto || len(p.Environments) != 1 || p.Environments[0] != "production" {
		t.Errorf("%+v", p)
	}
}
