package config

import (
	"fmt"
	"net"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
)

// block is what every source's configuration can do.
type block interface {
	SetDefaults()
	Validate() []sources.Problem
}

// named is a source's block with the path where it stands.
type named struct {
	path string
	name string
	block
}

// blocks lists all sources' blocks, in the order of the file's documentation.
func (c *Config) blocks() []named {
	var all []named
	for i := range c.Prometheus {
		all = append(all, named{fmt.Sprintf("prometheus[%d]", i), c.Prometheus[i].Name, &c.Prometheus[i]})
	}
	for i := range c.Alertmanager {
		all = append(all, named{fmt.Sprintf("alertmanager[%d]", i), c.Alertmanager[i].Name, &c.Alertmanager[i]})
	}
	for i := range c.MySQL {
		all = append(all, named{fmt.Sprintf("mysql[%d]", i), c.MySQL[i].Name, &c.MySQL[i]})
	}
	for i := range c.Deploys {
		all = append(all, named{fmt.Sprintf("deploys[%d]", i), c.Deploys[i].Name, &c.Deploys[i]})
	}
	for i := range c.Loki {
		all = append(all, named{fmt.Sprintf("loki[%d]", i), c.Loki[i].Name, &c.Loki[i]})
	}
	for i := range c.GitHub {
		all = append(all, named{fmt.Sprintf("github[%d]", i), c.GitHub[i].Name, &c.GitHub[i]})
	}
	for i := range c.GitLab {
		all = append(all, named{fmt.Sprintf("gitlab[%d]", i), c.GitLab[i].Name, &c.GitLab[i]})
	}
	if c.Grafana != nil {
		all = append(all, named{"grafana", "", c.Grafana})
	}
	all = append(all, named{"history", "", &c.History})
	for i := range c.Notify {
		all = append(all, named{fmt.Sprintf("notify[%d]", i), c.Notify[i].Name, &c.Notify[i]})
	}
	return all
}

func (c *Config) setDefaults() {
	c.Incidents.SetDefaults()
	for _, b := range c.blocks() {
		b.SetDefaults()
	}
}

// validate returns every problem, and compiles the time zone and the roles.
func (c *Config) validate() []sources.Problem {
	var problems []sources.Problem
	problem := func(path, message, fix string) {
		problems = append(problems, sources.Problem{Path: path, Message: message, Fix: fix})
	}
	var err error
	if c.location, err = time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		problem("timezone", fmt.Sprintf("%q is not a time zone", c.Timezone), "write an IANA name such as Europe/Berlin or UTC")
	}
	if c.Storage.Path == "" {
		problem("storage.path", "is empty", "name a directory such as /var/lib/collector")
	}
	if c.Storage.Retention <= 0 {
		problem("storage.retention", "must be more than 0", "write 30d")
	}
	problems = append(problems, c.Server.validate()...)
	if c.Report.Out == "" {
		problem("report.out", "is empty", "name a directory such as ./postmortems")
	}
	problems = append(problems, c.Report.validateDocuments()...)
	if c.roles, err = sources.NewRoles(c.Report.Roles); err != nil {
		problem("report.roles", err.Error(), "write a regular expression such as ^shop_")
	}
	for i, rule := range c.Report.Roles {
		if rule.Match == "" { // it would match everybody
			problem(fmt.Sprintf("report.roles[%d].match", i), "is empty", "write a regular expression such as ^shop_")
		}
		if rule.Role == "" {
			problem(fmt.Sprintf("report.roles[%d].role", i), "is empty", "name a role such as the shop application")
		}
	}
	for _, p := range c.Incidents.Validate() {
		problem("incidents."+p.Path, p.Message, p.Fix)
	}
	return append(problems, c.validateBlocks()...)
}

// The least and the most that server.max_body may be. A body is never in memory as a
// whole, but what it says is.
const (
	leastBody = 1 << 20
	mostBody  = 1 << 30
)

func (s Server) validate() []sources.Problem {
	var problems []sources.Problem
	problem := func(path, message, fix string) {
		problems = append(problems, sources.Problem{Path: "server." + path, Message: message, Fix: fix})
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		problem("listen", fmt.Sprintf("%q is not host:port", s.Listen), "write 127.0.0.1:9950")
	}
	if s.ExternalURL != "" {
		if _, err := httpclient.ParseURL(s.ExternalURL); err != nil {
			problem("external_url", err.Error(), "write how people reach collector, such as https://collector.example")
		}
	}
	if s.MaxBody < leastBody || s.MaxBody > mostBody {
		problem("max_body", fmt.Sprintf("%v is not between 1MiB and 1GiB", s.MaxBody), "write 64MiB")
	}
	if s.WebConfigFile != "" {
		if err := web.Validate(s.WebConfigFile); err != nil {
			problem("web_config_file", err.Error(), "see https://prometheus.io/docs/prometheus/latest/configuration/https/")
		}
	}
	return problems
}

// validateBlocks asks each source about its own block, and sees to it that names
// tell the instances of a kind apart.
func (c *Config) validateBlocks() []sources.Problem {
	var problems []sources.Problem
	seen := map[string]string{}
	for _, b := range c.blocks() {
		kind, _, _ := strings.Cut(b.path, "[")
		if other, taken := seen[kind+"/"+b.name]; taken && b.name != "" {
			problems = append(problems, sources.Problem{
				Path: b.path + ".name", Message: fmt.Sprintf("%q is also the name of %s", b.name, other), Fix: "give each its own name",
			})
		}
		seen[kind+"/"+b.name] = b.path
		for _, p := range b.Validate() {
			p.Path = b.path + "." + p.Path
			problems = append(problems, p)
		}
	}
	return problems
}

// knownKeys are all keys of the configuration, for the hint at a mistyped one;
// without those of http_client, which has a decoder and errors of its own.
func knownKeys() []string {
	var keys []string
	collectKeys(reflect.TypeFor[Config](), map[reflect.Type]bool{reflect.TypeFor[httpclient.Config](): true}, &keys)
	return distinctNames(keys)
}

func collectKeys(t reflect.Type, seen map[reflect.Type]bool, keys *[]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectKeys(t.Elem(), seen, keys)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			field := t.Field(i)
			if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" && key != "-" {
				*keys = append(*keys, key)
			}
			collectKeys(field.Type, seen, keys)
		}
	}
}
