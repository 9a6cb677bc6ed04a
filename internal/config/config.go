package config

import (
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/incident"
	"collector/internal/notify"
	"collector/internal/sources"
	"collector/internal/sources/alertmanager"
	"collector/internal/sources/deploylog"
	"collector/internal/sources/github"
	"collector/internal/sources/gitlab"
	"collector/internal/sources/grafana"
	"collector/internal/sources/history"
	"collector/internal/sources/loki"
	"collector/internal/sources/mysql"
	"collector/internal/sources/prometheus"
)

// Config is the whole file. Each source owns the form of its own block.
type Config struct {
	Timezone   string              `yaml:"timezone"` // IANA name: how 09:00 is read and times are shown
	Storage    Storage             `yaml:"storage"`
	Server     Server              `yaml:"server"`
	Prometheus []prometheus.Config `yaml:"prometheus"`
	MySQL      []mysql.Config      `yaml:"mysql"`
	Deploys    []deploylog.Config  `yaml:"deploys"`
	Loki       []loki.Config       `yaml:"loki"`
	GitHub     []github.Config     `yaml:"github"`
	GitLab     []gitlab.Config     `yaml:"gitlab"`
	Grafana    *grafana.Config     `yaml:"grafana"` // nil when the file has no such block
	Notify     []notify.Config     `yaml:"notify"`
	Report     Report              `yaml:"report"`

	Alertmanager []alertmanager.Config `yaml:"alertmanager"` // whose notifications make the incidents

	Incidents incident.Config `yaml:"incidents"`
	History   history.Config  `yaml:"history"` // with which earlier drafts a draft is compared

	location *time.Location
	roles    sources.Roles
}

// Storage is where the recorder writes.
type Storage struct {
	Path      string         `yaml:"path"`      // a directory
	Retention model.Duration `yaml:"retention"` // older samples are deleted
	MaxSize   sources.Size   `yaml:"max_size"`  // beyond it the oldest samples are deleted
}

// Server is the HTTP side of `collector serve`.
type Server struct {
	Listen        string `yaml:"listen"`          // host:port; loopback unless told otherwise
	ExternalURL   string `yaml:"external_url"`    // how people reach it
	WebConfigFile string `yaml:"web_config_file"` // exporter-toolkit file: TLS, basic auth

	MaxBody sources.Size `yaml:"max_body"` // of one notification of Alertmanager

	AllowUnauthenticated bool `yaml:"allow_unauthenticated"` // listen wider than loopback without a password
}

// Report is where drafts go and how they read.
type Report struct {
	Out      string             `yaml:"out"`      // the directory that holds the drafts
	Template string             `yaml:"template"` // which documents: a name, or several with commas
	Roles    []sources.RoleRule `yaml:"roles"`    // accounts, hosts and authors → roles

	TemplatesDir string `yaml:"templates_dir"` // of users' own templates, NAME.md.tmpl; "" for none
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Timezone:  "UTC",
		Incidents: incident.DefaultConfig(),
		History:   history.DefaultConfig(),
		Storage:   Storage{Path: "/var/lib/collector", Retention: model.Duration(30 * 24 * time.Hour), MaxSize: 20 << 30},
		Server:    Server{Listen: "127.0.0.1:9950", MaxBody: 64 << 20},
		Report:    Report{Out: "./postmortems", Template: "postmortem"},
	}
}

// Location is the configured time zone.
func (c *Config) Location() *time.Location { return c.location }

// Roles are the compiled report.roles.
func (c *Config) Roles() sources.Roles { return c.roles }

// Targets are all configured servers, as other systems know them.
func (c *Config) Targets() sources.Targets {
	targets := make(sources.Targets, 0, len(c.MySQL))
	for _, m := range c.MySQL {
		targets = append(targets, sources.Target{Name: m.Name, Cluster: m.Cluster, Labels: m.Labels})
	}
	return targets
}

// Clusters are the names of all clusters that any block mentions, sorted.
func (c *Config) Clusters() []string {
	var names []string
	for _, m := range c.MySQL {
		names = append(names, m.Cluster)
	}
	for _, d := range c.Deploys {
		names = append(names, d.Cluster)
	}
	for _, g := range c.GitHub {
		for _, r := range g.Repositories {
			names = append(names, r.Cluster)
		}
	}
	for _, g := range c.GitLab {
		for _, p := range g.Projects {
			names = append(names, p.Cluster)
		}
	}
	return distinctNames(names)
}
