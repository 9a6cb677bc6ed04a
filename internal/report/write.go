package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"al.essio.dev/pkg/shellescape"
)

// ErrExists says that the draft's directory is there already.
var ErrExists = errors.New("the draft exists already")

// CheckOut says, before any long work, whether drafts can be written below out, which
// is a folder of drafts and no draft.
func CheckOut(out string) error {
	fail := func(err error) error {
		return fmt.Errorf("drafts cannot be written to %s: %w (choose another folder with --out)", out, err)
	}
	if _, err := os.Lstat(filepath.Join(out, "timeline.json")); err == nil {
		return fmt.Errorf("%s is a draft itself, and drafts do not stand in one another: name the folder that they are in, such as %s, with --out", out, filepath.Join(out, ".."))
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return fail(err)
	}
	probe, err := os.MkdirTemp(out, ".collector-probe-")
	if err != nil {
		return fail(err)
	}
	if err := os.Remove(probe); err != nil {
		return fail(err)
	}
	return nil
}

// Write renders a draft into its own directory below out and returns the
// directory. It appears as a whole or not at all, and one that exists is never
// touched: the error is then ErrExists.
func Write(out string, draft Draft) (string, error) {
	dir := filepath.Join(out, draft.DirName())
	if _, err := os.Lstat(dir); err == nil {
		return "", thereAlready(dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	files, err := Render(draft)
	if err != nil {
		return "", err
	}
	if err := CheckOut(out); err != nil {
		return "", err
	}
	staged, err := stage(out, files)
	if err != nil {
		return "", err
	}
	if err := os.Rename(staged, dir); err != nil {
		_ = os.RemoveAll(staged)
		if errors.Is(err, fs.ErrExist) {
			return "", thereAlready(dir)
		}
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	return dir, nil
}

// thereAlready is ErrExists with what can be done about it, as a command to be copied.
func thereAlready(dir string) error {
	return fmt.Errorf("%w: %s (refresh it with `collector draft --update %s`, or write elsewhere with --out)", ErrExists, dir, shellescape.Quote(dir))
}

// stagedPrefix begins the names of the directories in which drafts are made.
const stagedPrefix = ".collector-draft-"

// Sweep removes what drafts left below out whose process died while it made them,
// before a time: one that is being made now stays.
func Sweep(out string, before time.Time) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweeping %s: %w", out, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || !e.IsDir() || !strings.HasPrefix(e.Name(), stagedPrefix) || !info.ModTime().Before(before) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(out, e.Name())); err != nil {
			return fmt.Errorf("sweeping %s: %w", out, err)
		}
	}
	return nil
}

// stage writes files into a new temporary directory beside the final one. A
// failure leaves nothing behind.
func stage(out string, files []File) (string, error) {
	dir, err := os.MkdirTemp(out, stagedPrefix)
	if err != nil {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	if err := fill(dir, files); err != nil {
		return "", errors.Join(fmt.Errorf("writing the draft: %w", err), os.RemoveAll(dir))
	}
	return dir, nil
}

// fill writes files into a directory that its owner's group may read.
func fill(dir string, files []File) error {
	if err := os.Chmod(dir, 0o750); err != nil { //nolint:gosec // a directory
		return err
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o640); err != nil { //nolint:gosec // its group may read a draft
			return err
		}
	}
	return nil
}
