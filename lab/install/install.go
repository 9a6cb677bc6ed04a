package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"collector/lab/servers"
)

// packages are those of the machine's own Debian release.
var packages = []string{
	"ca-certificates", "mariadb-server", "prometheus", "prometheus-alertmanager", "prometheus-mysqld-exporter",
	"prometheus-node-exporter", "debootstrap", "chromium", "sysbench", "percona-toolkit", "systemd", "strace",
	"openssh-client", "poppler-utils",
}

// Options says where things come from.
type Options struct {
	Mirror string    // of Debian sid; by default the one that the machine's own packages come from
	Out    io.Writer // progress, and the tools' output when they fail
}

// Run installs what is missing and checks that everything can be started.
func Run(ctx context.Context, opts Options) error {
	steps := []struct {
		name string
		do   func(context.Context, Options) error
	}{
		{"Debian packages", debianPackages},
		{"Debian sid in " + servers.SidRoot(), debianSid},
		{"every server can be started", everything},
	}
	for i, step := range steps {
		fmt.Fprintf(opts.Out, "install [%d/%d] %s\n", i+1, len(steps), step.name)
		begin := time.Now()
		if err := step.do(ctx, opts); err != nil {
			return fmt.Errorf("installing: %s: %w", step.name, err)
		}
		if took := time.Since(begin); took > time.Second {
			fmt.Fprintf(opts.Out, "install [%d/%d] done in %.0f s\n", i+1, len(steps), took.Seconds())
		}
	}
	return nil
}

// everything starts no server, but looks at each program.
func everything(context.Context, Options) error {
	var errs []error
	for _, kind := range servers.Kinds() {
		errs = append(errs, servers.Available(kind))
	}
	return errors.Join(errs...)
}

// requireRoot explains itself before a tool fails half-way.
func requireRoot(what string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s needs root; run as root: %s", what, servers.InstallCommand)
	}
	return nil
}

// tool runs a program; its output is shown only when it fails.
func tool(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		const most = 4000
		if len(out) > most {
			out = out[len(out)-most:]
		}
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
