package report

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
)

// PackedEnding ends the name of a packed draft.
const PackedEnding = ".tar.zst"

// What may be packed. A draft has some thousand files and some MiB; people may have
// put more beside it.
const (
	maxPackedFiles = 50_000
	maxPackedBytes = 2 << 30
	packedWindow   = 1 << 20 // bytes of memory to find what repeats
)

var (
	// ErrChanged says that a draft changed while it was read: what was written is of no use.
	ErrChanged = errors.New("the draft changed while it was read")
	// ErrLarge says that a directory holds more than may be packed.
	ErrLarge = errors.New("the draft's directory is too large to be packed")
)

// Pack writes everything in a draft's directory to w as one compressed archive: a
// folder with the directory's name, in it the plain files, in order of their names,
// all with the same owner, rights and time. So the same files give the same bytes. A
// link is not followed, and nothing is left out silently but links and devices.
//
// What was written is all of one draft, also when it is refreshed meanwhile, or the
// error is [ErrChanged]. Other errors: [ErrLarge], fs.ErrNotExist.
func Pack(ctx context.Context, w io.Writer, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("packing the draft: %w", err)
	}
	defer func() { _ = root.Close() }()
	err = packRoot(ctx, w, root, filepath.Base(filepath.Clean(dir)))
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	} else if replaced(root, dir) { // whatever else went wrong, went wrong for this
		err = ErrChanged
	}
	if err != nil {
		return fmt.Errorf("packing %s: %w", dir, err)
	}
	return nil
}

// replaced reports whether a directory is not the one any more that was opened: a
// refresh puts a new one in its place (see Update), and removes the old one.
func replaced(root *os.Root, dir string) bool {
	opened, err := root.Stat(".")
	if err != nil {
		return true
	}
	now, err := os.Stat(dir)
	return err != nil || !os.SameFile(opened, now)
}

func packRoot(ctx context.Context, w io.Writer, root *os.Root, folder string) error {
	names, err := plainFiles(ctx, root)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packedWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(z)
	left := int64(maxPackedBytes)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, z.Close())
		}
		if err := packFile(archive, root, folder, name, &left); err != nil {
			return errors.Join(err, z.Close())
		}
	}
	return errors.Join(archive.Close(), z.Close())
}

// plainFiles are the names of the plain files in a directory and below, sorted.
func plainFiles(ctx context.Context, root *os.Root) ([]string, error) {
	var names []string
	folders := 0
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			folders++
		case entry.Type().IsRegular():
			names = append(names, name)
		}
		if max(len(names), folders) > maxPackedFiles {
			return fmt.Errorf("%w: it holds more than %d files or folders", ErrLarge, maxPackedFiles)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func packFile(archive *tar.Writer, root *os.Root, folder, name string, left *int64) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrChanged
	}
	if *left -= info.Size(); *left < 0 {
		return fmt.Errorf("%w: it holds more than %d MiB", ErrLarge, maxPackedBytes>>20)
	}
	head := &tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + name, Mode: 0o640, Size: info.Size(), ModTime: time.Unix(0, 0)}
	if err := archive.WriteHeader(head); err != nil {
		return err
	}
	if _, err := io.CopyN(archive, file, info.Size()); err != nil {
		if errors.Is(err, io.EOF) {
			return ErrChanged // it has become shorter
		}
		return err
	}
	after, err := file.Stat()
	if err == nil && (after.Size() != info.Size() || !after.ModTime().Equal(info.ModTime())) {
		return ErrChanged
	}
	return err
}
