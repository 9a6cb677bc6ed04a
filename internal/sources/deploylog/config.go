package deploylog

import (
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources/deployline"
)

// Config is one entry of `deploys`.
type Config struct {
	Name    string `yaml:"name"`    // tells logs apart: releases
	Cluster string `yaml:"cluster"` // what it deploys to; empty: every cluster
	File    File   `yaml:"file"`
}

// File says where a deploy log is and how its lines are read.
type File struct {
	// Paths are globs, with ** for any directories: /var/log/deploy/*.log*.
	Paths []string `yaml:"paths"`
	// Format is json, logfmt or regexp.
	Format string `yaml:"format"`
	// Pattern is for regexp: named groups time, service, event, version and any others.
	Pattern string `yaml:"pattern"`
	// TimeLayout is a layout of Go's time package, a strftime format (anything
	// with a %), rfc3339, unix, unix_ms, unix_us or unix_ns. Empty accepts RFC 3339, the
	// same with a space, without a zone or without a colon in it, and Unix times.
	TimeLayout string `yaml:"time_layout"`
	// Timezone is the IANA name of the zone of times that carry none; UTC by default.
	Timezone string `yaml:"timezone"`
	// Fields maps our names to the log's: {time: ts, service: app}.
	Fields map[string]string `yaml:"fields"`
	// Events maps the log's words to ours: {begin: deploy_started}.
	Events map[string]string `yaml:"events"`
	// PairBy names further keys that must be equal in a start and its end: [host].
	PairBy []string `yaml:"pair_by"`
	// Lookaround is how far outside the window the other end of a deploy is searched.
	Lookaround model.Duration `yaml:"lookaround"`
	// Lookback is how far before the window the last deploy is searched.
	Lookback model.Duration `yaml:"lookback"`
}

const (
	defaultLookaround = 6 * time.Hour
	defaultLookback   = 24 * time.Hour
)

// SetDefaults fills in what was left out.
func (c *Config) SetDefaults() {
	if c.Name == "" {
		c.Name = "deploys"
	}
	if c.File.Format == "" {
		c.File.Format = deployline.FormatJSON
	}
	if c.File.Timezone == "" {
		c.File.Timezone = "UTC"
	}
	if c.File.Lookaround == 0 {
		c.File.Lookaround = model.Duration(defaultLookaround)
	}
	if c.File.Lookback == 0 {
		c.File.Lookback = model.Duration(defaultLookback)
	}
}

// grammar is the part of the configuration that stands in every question.
func (c Config) grammar() deployline.Grammar {
	return deployline.Grammar{
		Format: c.File.Format, Pattern: c.File.Pattern, TimeLayout: c.File.TimeLayout, Timezone: c.File.Timezone,
		Fields: c.File.Fields, Events: c.File.Events, PairBy: c.File.PairBy,
	}
}
