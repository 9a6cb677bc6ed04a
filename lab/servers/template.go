package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dataDir makes target a freshly initialised data directory: a copy of one
// that was initialised once per version of the server and kept in the cache.
func dataDir(ctx context.Context, f flavour, target string) error {
	template, err := templateFor(ctx, f)
	if err != nil {
		return err
	}
	if err := copyTree(template, target); err != nil {
		return fmt.Errorf("copying the %s data directory: %w", f.name, err)
	}
	return nil
}

// templateFor returns the initialised directory, making it when there is none.
// It is made under another name and renamed when whole; of several processes
// that make it at once the first wins.
func templateFor(ctx context.Context, f flavour) (string, error) {
	version, err := f.version(ctx)
	if err != nil {
		return "", err
	}
	base := filepath.Join(CacheDir(), "data")
	template := filepath.Join(base, f.name+"-"+version)
	if _, err := os.Stat(template); err == nil {
		return template, nil
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", fmt.Errorf("making the lab's cache: %w", err)
	}
	making, err := os.MkdirTemp(base, ".making-")
	if err != nil {
		return "", fmt.Errorf("making the lab's cache: %w", err)
	}
	defer os.RemoveAll(making)
	fresh := filepath.Join(making, "data")
	cmd := f.initialise(ctx, fresh)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initialising a %s data directory: %w\n%s", f.name, err, lastBytes(out))
	}
	// Each server must make its own identity, or replicas refuse their source.
	if err := os.Remove(filepath.Join(fresh, "auto.cnf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("initialising a %s data directory: %w", f.name, err)
	}
	if err := os.Rename(fresh, template); err != nil {
		if _, statErr := os.Stat(template); statErr != nil {
			return "", fmt.Errorf("keeping the %s data directory: %w", f.name, err)
		}
	}
	return template, nil
}

// serverVersion is the "10.11.19-MariaDB-…" part of what `--version` prints.
func serverVersion(ctx context.Context, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, append(args, "--version")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w; run: %s", program, err, InstallCommand)
	}
	_, rest, _ := strings.Cut(string(out), "Ver ")
	version, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if version == "" {
		return "", fmt.Errorf("asking %s for its version: unexpected answer %q", program, lastBytes(out))
	}
	return version, nil
}

// copyTree copies directories and regular files.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case entry.Type().IsRegular():
			return copyFile(path, target)
		}
		return nil // sockets and the like
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func lastBytes(out []byte) string {
	if len(out) > tailBytes {
		out = out[len(out)-tailBytes:]
	}
	return strings.TrimSpace(string(out))
}
