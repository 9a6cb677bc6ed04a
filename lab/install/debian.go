package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// policyFile, when it exits with 101, keeps package scripts from starting daemons.
const policyFile = "/usr/sbin/policy-rc.d"

// units are the services that the packages would start at the next boot.
var units = []string{
	"mariadb", "prometheus", "prometheus-alertmanager", "prometheus-mysqld-exporter", "prometheus-node-exporter",
}

// debianPackages installs the packages that are missing, without recommended
// ones, and leaves none of their daemons running or enabled.
func debianPackages(ctx context.Context, opts Options) error {
	var missing []string
	for _, name := range packages {
		if !installed(ctx, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := requireRoot("installing " + strings.Join(missing, ", ")); err != nil {
		return err
	}
	undo, err := forbidDaemons()
	if err != nil {
		return err
	}
	env := []string{"DEBIAN_FRONTEND=noninteractive"}
	fmt.Fprintf(opts.Out, "  apt-get install %s\n", strings.Join(missing, " "))
	err = tool(ctx, env, "apt-get", "update", "-q")
	if err == nil {
		err = tool(ctx, env, "apt-get", append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...)...)
	}
	if err == nil {
		disableUnits(ctx, missing)
	}
	return errors.Join(err, undo())
}

func installed(ctx context.Context, name string) bool {
	out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}", name).Output()
	return err == nil && string(out) == "installed"
}

// forbidDaemons writes the policy file unless the machine has one of its own.
func forbidDaemons() (undo func() error, err error) {
	f, err := os.OpenFile(policyFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return func() error { return nil }, nil
	} else if err != nil {
		return nil, fmt.Errorf("keeping daemons from starting: %w", err)
	}
	_, err = f.WriteString("#!/bin/sh\nexit 101\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping daemons from starting: %w", err), os.Remove(policyFile))
	}
	return func() error { return os.Remove(policyFile) }, nil
}

// disableUnits undoes what the just installed packages registered with
// systemd; a machine without it, as a container, has nothing to undo.
func disableUnits(ctx context.Context, fresh []string) {
	list := strings.Join(fresh, " ")
	for _, unit := range units {
		if strings.Contains(list, unit) {
			_ = exec.CommandContext(ctx, "systemctl", "disable", "--quiet", unit).Run()
		}
	}
}
