package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"collector/internal/report"
)

func (a app) bundleCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "bundle DIR",
		Short: "pack a draft into one file that can be checked and drafted again elsewhere",
		Long: `Bundle packs everything in a draft's directory, also what people put there, into
one .tar.zst file. The same directory gives the same bytes. Links and devices are
left out and named.

On another machine, with no network and no configuration, "collector verify FILE"
checks the file and "collector draft --from-bundle FILE" puts the draft back or
writes another document from its evidence. A seal is packed like any file.`,
		Example: `  collector bundle postmortems/2024-07-12T0900Z-db1-down
  collector bundle postmortems/2024-07-12T0900Z-db1-down --out /mnt/audit/db1-down.tar.zst`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("name one draft directory: collector bundle DIR"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.bundle(cmd.Context(), args[0], out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "the `file` to write; default the draft's name and .tar.zst in this directory")
	return cmd
}

func (a app) bundle(ctx context.Context, dir, out string) error {
	dir, err := filepath.Abs(dir) // “.” has no name of its own
	if err != nil {
		return fmt.Errorf("packing the draft: %w", err)
	}
	if err := report.Packable(ctx, dir); err != nil {
		return err
	}
	if out == "" {
		out = filepath.Base(dir) + report.PackedEnding
	}
	if err := free(out, dir); err != nil {
		return err
	}
	size, sum, err := packInto(ctx, dir, out)
	if err != nil {
		return err
	}
	irregular, err := report.Irregular(dir)
	if err != nil {
		return fmt.Errorf("packing the draft: %w", err)
	}
	for _, name := range irregular {
		fmt.Fprintf(a.stderr, "left out: %q is neither a file nor a folder\n", name)
	}
	fmt.Fprintf(a.stderr, "%s, SHA-256 %s\n", bytesText(size), sum)
	fmt.Fprintln(a.stdout, out)
	return nil
}

// free says why a file cannot be written where the user wants it.
func free(out, dir string) error {
	whole, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("packing the draft: %w", err)
	}
	if rel, err := filepath.Rel(dir, whole); err == nil && filepath.IsLocal(rel) {
		return usage(fmt.Errorf("%s lies in the draft itself: name a file elsewhere with --out", out))
	}
	if info, err := os.Stat(filepath.Dir(whole)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no directory that a file can be written to: make it, or name another file with --out", filepath.Dir(whole))
	}
	switch _, err := os.Lstat(out); {
	case err == nil:
		return fmt.Errorf("%s exists already, and is not written over: remove it, or name another file with --out", out)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("packing the draft: %w", err)
	}
	return nil
}

// packInto writes the file under another name first: it appears as a whole.
func packInto(ctx context.Context, dir, out string) (size int64, sum string, err error) {
	file, err := os.CreateTemp(filepath.Dir(out), ".collector-bundle-")
	if err != nil {
		return 0, "", fmt.Errorf("packing the draft: %w (name a file elsewhere with --out)", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	whole := sha256.New()
	err = report.Pack(ctx, io.MultiWriter(file, whole), dir)
	if info, statErr := file.Stat(); statErr == nil {
		size = info.Size()
	}
	if err = errors.Join(err, file.Chmod(0o640), file.Close()); err != nil {
		return 0, "", err
	}
	if err := os.Rename(file.Name(), out); err != nil {
		return 0, "", fmt.Errorf("packing the draft: %w", err)
	}
	return size, hex.EncodeToString(whole.Sum(nil)), nil
}
