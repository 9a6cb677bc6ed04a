package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildCollector compiles collector into dir and returns the binary's path. The
// lab runs from within the module, as `go run ./lab` does.
func buildCollector(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "collector-under-test")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "collector/cmd/collector")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building collector: %w\n%s", err, out)
	}
	return program, nil
}

// moduleRoot is the directory of the module that the lab runs in.
func moduleRoot(ctx context.Context) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the module: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}

// dashboard is the file of the dashboard for incidents in contrib.
func dashboard(ctx context.Context) ([]byte, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "contrib", "grafana-mysql-incident.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	return text, nil
}

// workDir is the directory to keep everything in, which must be new or empty,
// or a temporary one.
func workDir(keep string) (dir string, remove func() error, err error) {
	if keep == "" {
		dir, err = os.MkdirTemp("", "collector-lab-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if dir, err = filepath.Abs(keep); err != nil {
		return "", nil, fmt.Errorf("keeping everything in %s: %w", keep, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, fmt.Errorf("keeping everything in %s: %w", keep, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, fmt.Errorf("keeping everything in %s: %w", keep, err)
	}
	if len(entries) > 0 {
		return "", nil, fmt.Errorf("%s is not empty: give --keep a new directory", keep)
	}
	return dir, func() error { return nil }, nil
}
