package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"collector/internal/report"
)

// openBundle gives the directory of a draft that is named by its directory or by its
// packed file. The file is unpacked into a temporary directory (TMPDIR), which
// closing removes, also after an error here.
func openBundle(ctx context.Context, name string) (dir string, closing func() error, err error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fmt.Errorf("there is no draft %s: %w", name, err)
	case err != nil:
		return "", nil, fmt.Errorf("reading the draft: %w", err)
	case info.IsDir():
		return name, func() error { return nil }, nil
	case !info.Mode().IsRegular():
		return "", nil, fmt.Errorf("%s is neither a draft's directory nor a packed draft", name)
	}
	packed, err := os.Open(name) //nolint:gosec // the file that the user named
	if err != nil {
		return "", nil, fmt.Errorf("reading the draft: %w", err)
	}
	defer func() { _ = packed.Close() }()
	into, err := os.MkdirTemp("", "collector-bundle-")
	if err != nil {
		return "", nil, fmt.Errorf("unpacking %s: %w (TMPDIR names another place)", name, err)
	}
	dir, err = report.Unpack(ctx, packed, into)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("%s: %w", name, err), os.RemoveAll(into))
	}
	return dir, func() error { return os.RemoveAll(into) }, nil
}
