package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Packable says whether Unpack will take what Pack writes of a directory: that it is
// a draft, and that people's files beside it have names that every system knows.
func Packable(ctx context.Context, dir string) error {
	if _, err := Read(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	names, err := plainFiles(ctx, root)
	if err != nil {
		return err
	}
	folder := filepath.Base(filepath.Clean(dir))
	for _, name := range names {
		if why := badName(folder + "/" + name); why != "" {
			return fmt.Errorf("%q cannot be packed: it %s; rename it", name, why)
		}
	}
	return nil
}

// Restore puts a packed draft back, byte for byte, into a directory of its former
// name below out, and returns that directory. It appears as a whole or not at all;
// one that exists is never touched: the error is then ErrExists.
func Restore(ctx context.Context, packed io.Reader, out string) (dir string, err error) {
	if err := CheckOut(out); err != nil {
		return "", err
	}
	staged, err := os.MkdirTemp(out, stagedPrefix)
	if err != nil {
		return "", fmt.Errorf("restoring the draft: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staged)) }()
	unpacked, err := Unpack(ctx, packed, staged)
	if err != nil {
		return "", err
	}
	if _, err := Read(unpacked); err != nil {
		return "", fmt.Errorf("restoring the draft: %w", err)
	}
	dir = filepath.Join(out, filepath.Base(unpacked))
	if _, err := os.Lstat(dir); err == nil {
		return "", fmt.Errorf("%w: %s (restore it elsewhere with --out)", ErrExists, dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("restoring the draft: %w", err)
	}
	if err := os.Rename(unpacked, dir); err != nil {
		return "", fmt.Errorf("restoring the draft: %w", err)
	}
	return dir, nil
}
