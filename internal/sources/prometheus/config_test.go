package prometheus

import (
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"collector/internal/sources"
)

func TestConfigDefaults(t *testing.T) {
	var c Config
	if err := yaml.UnmarshalWithOptions([]byte("url: http://127.0.0.1:9090"), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	c.SetDefaults()
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.Name != "main" || c.ClusterLabel != "cluster" || len(c.Packs) != 2 || c.Timeout.Duration != 30*time.Second || c.Baseline.Duration != time.Hour || !c.HTTPClient.FollowRedirects {
		t.Errorf("%+v", c)
	}
}

// TestConfigProblems has one bad block for each rule, and what is said about it.
func TestConfigProblems(t *testing.T) {
	tests := []struct{ name, yaml, path, message string }{
		{"no URL", `name: x`, "url", "the URL is empty"},
		{"bad URL", `url: localhost:9090`, "url", "the URL does not begin with http:// or https://"},
		{"bad name", `{url: "http://p", name: "two words"}`, "name", `"two words" has a space or a slash`},
		{"bad matcher", `{url: "http://p", alerts: ['{team="dba"}', '{team=dba}']}`, "alerts[1]", `"{team=dba}": the value of team is not in double quotes`},
		{"bad regexp", `{url: "http://p", alerts: ['{team=~"("}']}`, "alerts[0]", `"{team=~\"(\"}": the value of team is not a regular expression`},
		{"bad cluster label", `{url: "http://p", cluster_label: "a-b"}`, "cluster_label", `"a-b" is not a label name`},
		{"unknown pack", `{url: "http://p", packs: [mysql]}`, "packs[0]", `there is no pack "mysql"`},
		{"signal twice", `{url: "http://p", signals: [{name: a, query: x}, {name: a, query: y}]}`, "signals[1].name", `"a" is there twice`},
		{"signal of a pack", `{url: "http://p", signals: [{name: queries, query: x}]}`, "signals[0].name", `"queries" is there twice`},
		{"no query", `{url: "http://p", signals: [{name: a}]}`, "signals[0].query", "is empty"},
		{"bad direction", `{url: "http://p", signals: [{name: a, query: x, direction: left}]}`, "signals[0].direction", `"left" is not a direction`},
		{"negative change", `{url: "http://p", signals: [{name: a, query: x, min_change: -1}]}`, "signals[0].min_change", "is negative"},
		{"impact without a name", `{url: "http://p", impact: [{query: x}]}`, "impact[0].name", "is empty"},
		{"bad timeout", `{url: "http://p", timeout: 3 hours}`, "timeout", `"3 hours" is not a duration`},
		{"bad baseline", `{url: "http://p", baseline: 10ms}`, "baseline", "10ms is less than 1s"},
		{"bad resolution", `{url: "http://p", resolution: "-1s"}`, "resolution", `"-1s" is not a duration`},
		{"bad client", `{url: "http://p", http_client: {tsl: 1}}`, "http_client", "field tsl not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Config
			if err := yaml.UnmarshalWithOptions([]byte(tt.yaml), &c, yaml.Strict()); err != nil {
				t.Fatalf("decoding: %v", err)
			}
			c.SetDefaults()
			problems := c.Validate()
			if len(problems) != 1 || problems[0].Path != tt.path || problems[0].Message != tt.message || problems[0].Fix == "" {
				t.Errorf("%+v, want %s: %s", problems, tt.path, tt.message)
			}
		})
	}
}

func TestSelector(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{}`, `ALERTS`},
		{``, `ALERTS`},
		{`{team="dba"}`, `ALERTS{team="dba"}`},
		{` { team = "dba" , severity !~ "info|none" , } `, `ALERTS{team="dba",severity!~"info|none"}`},
		{`a!="x,}=\"y\\"`, `ALERTS{a!="x,}=\"y\\"}`},
	}
	for _, tt := range tests {
		ms, err := parseSelector(tt.text)
		if err != nil || selector("ALERTS", ms...) != tt.want {
			t.Errorf("%s becomes %s, %v; want %s", tt.text, selector("ALERTS", ms...), err, tt.want)
		}
	}
	for _, bad := range []string{`{`, `{a}`, `{a="b" c="d"}`, `{a=='b'}`, `{a=~"["}`, `{="b"}`, `ALERTS{a="b"}`, `{a="b`, "{a=`b`}"} {
		if ms, err := parseSelector(bad); err == nil {
			t.Errorf("%s is taken for %v", bad, ms)
		}
	}
}

// FuzzSelector sees to it that what is accepted keeps its meaning when written.
func FuzzSelector(f *testing.F) {
	for _, s := range []string{`{team="dba"}`, `a=~"x|y",b!="z"`, `{a="\n\"\\"}`, `{`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ms, err := parseSelector(text)
		if err != nil || len(ms) == 0 {
			return
		}
		again, err := parseSelector(selector("", ms...))
		if err != nil || len(again) != len(ms) {
			t.Fatalf("%q became %q: %v", text, selector("", ms...), err)
		}
		for i := range ms {
			if ms[i] != again[i] {
				t.Fatalf("%q: %v became %v", text, ms[i], again[i])
			}
		}
	})
}

var _ sources.Source = (*Source)(nil)
var _ sources.Interpreter = Interpret
