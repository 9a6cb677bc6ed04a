package deploylog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"collector/internal/sources/logfile"
)

// matches is what one glob names at one moment.
type matches struct {
	glob  string
	paths []string // files, and what only looks like one; no directories
	dirs  int
	err   error // why the list may be incomplete, or is empty
}

// openFile opens a file of the configured paths.
func openFile(path string) (*logfile.File, error) {
	f, err := logfile.Open(path)
	if errors.Is(err, logfile.ErrSpecial) {
		return nil, fmt.Errorf("%w: make file.paths narrower", err)
	}
	return f, err
}

// expand lists what a glob names. Only ** does not follow symbolic links to
// directories, so that a link to a parent directory is no endless loop.
func expand(glob string) matches {
	var opts []doublestar.GlobOption
	if strings.Contains(glob, "**") {
		opts = append(opts, doublestar.WithNoFollow())
	}
	m := matches{glob: glob}
	paths, err := doublestar.FilepathGlob(glob, append(opts, doublestar.WithFailOnIOErrors())...)
	if err != nil {
		m.err = fmt.Errorf("not all directories of %s can be listed: %w", glob, logfile.Explain(err))
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			base, _ := doublestar.SplitPattern(filepath.ToSlash(glob)) // the error's path is relative to it
			m.err = fmt.Errorf("%s: cannot list %s: %w", glob, filepath.Join(filepath.FromSlash(base), pathErr.Path), logfile.Explain(err))
		}
		paths, _ = doublestar.FilepathGlob(glob, opts...)
	}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			m.dirs++
			continue
		}
		m.paths = append(m.paths, p)
	}
	slices.Sort(m.paths)
	if len(m.paths) == 0 && m.err == nil {
		m.err = nothing(glob, m.dirs)
	}
	return m
}

// nothing says why a glob names no file, and what to do.
func nothing(glob string, dirs int) error {
	if dirs > 0 {
		return fmt.Errorf("no file matches %s, only %s: write %s", glob, directories(dirs), filepath.Join(glob, "*"))
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(glob))
	base = filepath.FromSlash(base)
	_, err := os.ReadDir(base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no file matches %s: the directory %s does not exist: correct file.paths, or mount the logs there", glob, base)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no file matches %s: cannot list %s: %w", glob, base, logfile.Explain(err))
	}
	return fmt.Errorf("no file matches %s: correct file.paths, or check that the deploys are logged there", glob)
}

func directories(n int) string {
	if n == 1 {
		return "a directory"
	}
	return fmt.Sprintf("%d directories", n)
}

// within runs work that may hang in the kernel (a dead NFS server), and stops
// waiting for it when ctx ends. What it returns later is dropped.
func within[T any](ctx context.Context, work func() T) (T, error) {
	done := make(chan T, 1)
	go func() { done <- work() }()
	select {
	case result := <-done:
		return result, nil
	case <-ctx.Done():
	}
	// The work watches ctx too and has something to tell, unless it hangs.
	select {
	case result := <-done:
		return result, nil
	case <-graceAfter():
		var zero T
		return zero, context.Cause(ctx)
	}
}
