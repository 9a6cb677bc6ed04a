package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/config"
	"collector/internal/sources"
	"collector/internal/web"
)

// access is who can reach the daemon, and who gets in.
func access(c *config.Config) web.Access {
	return web.Access{Address: c.Server.Listen, WebConfigFile: c.Server.WebConfigFile, AllowUnauthenticated: c.Server.AllowUnauthenticated}
}

// checkAccess says whether collector serve could listen, and who would get in. There is
// nothing to say of loopback without a web configuration.
func checkAccess(ctx context.Context, c *config.Config, now time.Time) []sources.Diagnosis {
	var lines []sources.Diagnosis
	for _, trouble := range access(c).Inspect(ctx, now) {
		d := sources.Diagnosis{Source: "server", Level: sources.Degraded, Text: trouble.Text}
		if trouble.Fatal || trouble.Locked {
			d.Level = sources.Failed
		}
		if trouble.Fix != "" {
			d.Fix = []string{trouble.Fix}
		}
		lines = append(lines, d)
	}
	if len(lines) == 0 && c.Server.WebConfigFile != "" {
		lines = append(lines, sources.Diagnosis{Source: "server", Text: fmt.Sprintf("%s can be used on %s", c.Server.WebConfigFile, c.Server.Listen)})
	}
	return lines
}

// inspectAccess is the same for the daemon itself: what is fatal ends it before it
// takes anything, what is not stands in its log.
func (d *daemon) inspectAccess(ctx context.Context) error {
	var errs []error
	for _, trouble := range access(d.config).Inspect(ctx, time.Now()) {
		if !trouble.Fatal {
			d.log.Warn(trouble.Text, "fix", trouble.Fix)
			continue
		}
		text := trouble.Text
		if trouble.Fix != "" {
			text += ": " + trouble.Fix
		}
		errs = append(errs, errors.New(text))
	}
	return errors.Join(errs...)
}
