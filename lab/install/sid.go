package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"collector/lab/servers"
)

const sidPackages = "mysql-server-core,prometheus,prometheus-alertmanager,prometheus-mysqld-exporter"

// debianSid makes the directory with a minimal Debian sid, under another name
// until it is whole.
func debianSid(ctx context.Context, opts Options) error {
	root := servers.SidRoot()
	if _, err := os.Stat(root); err == nil {
		return nil
	}
	if err := requireRoot("debootstrap"); err != nil {
		return err
	}
	mirror, err := chooseMirror(ctx, opts.Mirror)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(servers.CacheDir(), 0o755); err != nil {
		return fmt.Errorf("making the lab's cache: %w", err)
	}
	making, err := os.MkdirTemp(servers.CacheDir(), ".sid-")
	if err != nil {
		return fmt.Errorf("making the lab's cache: %w", err)
	}
	defer os.RemoveAll(making)
	target := filepath.Join(making, "sid")
	fmt.Fprintf(opts.Out, "  debootstrap sid from %s, about a minute\n", mirror)
	if err := tool(ctx, proxy(ctx), "debootstrap", "--variant=minbase", "--include="+sidPackages, "sid", target, mirror); err != nil {
		return err
	}
	// The packages that were downloaded are as large as what they unpack to.
	if err := os.RemoveAll(filepath.Join(target, "var/cache/apt/archives")); err != nil {
		return fmt.Errorf("tidying Debian sid: %w", err)
	}
	if err := os.Rename(target, root); err != nil {
		return fmt.Errorf("keeping Debian sid: %w", err)
	}
	return nil
}

// chooseMirror is where the machine's own Debian packages come from, which
// has sid as well: apt knows it, whatever the format of its sources.
func chooseMirror(ctx context.Context, wanted string) (string, error) {
	if wanted != "" {
		return wanted, nil
	}
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		return "", fmt.Errorf("asking apt for its mirror: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		label, uri, _ := strings.Cut(strings.TrimSpace(line), "|")
		if label != "Debian" {
			continue
		}
		if list, found := strings.CutPrefix(uri, "mirror+file:"); found {
			uri = firstMirror(list)
		}
		if strings.HasPrefix(uri, "http") || strings.HasPrefix(uri, "file:") {
			return strings.TrimSuffix(uri, "/"), nil
		}
	}
	return "", errors.New("apt's sources name no Debian mirror; give one with --mirror URL")
}

// firstMirror is the first line of a list of mirrors, as cloud images have.
func firstMirror(path string) string {
	data, err := os.ReadFile(strings.TrimSuffix(path, "/"))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data))
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// proxy gives debootstrap, which does not ask apt, apt's own proxy.
func proxy(ctx context.Context) []string {
	var env []string
	for _, scheme := range []string{"http", "https"} {
		out, err := exec.CommandContext(ctx, "apt-config", "shell", "P", "Acquire::"+scheme+"::Proxy").Output()
		if err != nil {
			continue
		}
		value := strings.TrimSpace(strings.TrimPrefix(string(out), "P="))
		if value = strings.Trim(value, "'"); value != "" && value != "DIRECT" {
			env = append(env, scheme+"_proxy="+value)
		}
	}
	return env
}
