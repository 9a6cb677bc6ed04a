package report

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// ErrHostile says that a packed draft is none: what Pack writes does not look so.
var ErrHostile = errors.New("it is not a packed draft")

// unpackLimits bound what a packed draft may ask for.
type unpackLimits struct {
	files int   // and as many folders
	bytes int64 // of all files together, unpacked
}

// packLimits are the limits of Pack: whatever it wrote can be unpacked.
var packLimits = unpackLimits{maxPackedFiles, maxPackedBytes}

const (
	maxUnpackWindow = 8 << 20 // bytes of memory that the archive may ask for; Pack's asks for one MiB
	maxNameBytes    = 1024
	maxNameDepth    = 16
	tarEnd          = 1024    // zero bytes that end an archive
	maxTarPadding   = 1 << 20 // zero bytes behind them, that other programs add
)

// Unpack writes a packed draft below a directory, which must exist, and returns the
// path of the draft's own directory there. Only plain files and folders of one draft
// are taken: an absolute name, one that leaves the folder, a link, a device, a name
// that stands twice, more files or bytes than Pack allows, a second archive behind
// the first, and an archive that was cut off are refused with ErrHostile. Nothing is
// ever written outside of into. After an error the caller removes it.
func Unpack(ctx context.Context, packed io.Reader, into string) (string, error) {
	folder, err := unpackWithin(ctx, packed, into, packLimits)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", fmt.Errorf("unpacking: %w", err)
	}
	return filepath.Join(into, folder), nil
}

func unpackWithin(ctx context.Context, packed io.Reader, into string, limits unpackLimits) (folder string, err error) {
	root, err := os.OpenRoot(into)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxUnpackWindow))
	if err != nil {
		return "", err
	}
	defer z.Close()
	u := &unpacking{ctx: ctx, root: root, limits: limits, seen: map[string]bool{}, folders: map[string]bool{}}
	stream := &zeroCounter{from: z}
	archive := tar.NewReader(stream)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrHostile, err)
		}
		if err := u.take(head, archive); err != nil {
			return "", err
		}
	}
	if u.folder == "" {
		return "", fmt.Errorf("%w: it is empty", ErrHostile)
	}
	return u.folder, stream.finish()
}

// unpacking is an archive of which some entries were written.
type unpacking struct {
	ctx     context.Context
	root    *os.Root
	limits  unpackLimits
	seen    map[string]bool // names of entries
	folders map[string]bool // that entries stand in
	folder  string          // the one folder that everything stands in
	bytes   int64
}

// take writes one entry, or says why not.
func (u *unpacking) take(head *tar.Header, body io.Reader) error {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	refuse := func(why string, args ...any) error {
		return fmt.Errorf("%w: %.200q %s", ErrHostile, head.Name, fmt.Sprintf(why, args...))
	}
	name := head.Name
	if head.Typeflag == tar.TypeDir {
		name = strings.TrimSuffix(name, "/")
	}
	if why := badName(name); why != "" {
		return refuse("%s", why)
	}
	if u.seen[name] {
		return refuse("stands in it twice")
	}
	u.seen[name] = true
	for folder := path.Dir(name); folder != "." && !u.folders[folder]; folder = path.Dir(folder) {
		u.folders[folder] = true // it is made with the file
	}
	if max(len(u.seen), len(u.folders)) > u.limits.files {
		return fmt.Errorf("%w: it holds more than %d files or folders", ErrHostile, u.limits.files)
	}
	folder, rest, _ := strings.Cut(name, "/")
	if u.folder == "" {
		u.folder = folder
	}
	switch {
	case folder != u.folder:
		return refuse("is outside of the folder %.200q", u.folder)
	case head.Typeflag == tar.TypeDir:
		return u.root.MkdirAll(filepath.FromSlash(name), 0o750)
	case head.Typeflag != tar.TypeReg:
		return refuse("is neither a file nor a folder: links and devices are not unpacked")
	case rest == "":
		return refuse("is not in a folder")
	case head.Size < 0 || head.Size > u.limits.bytes-u.bytes:
		return fmt.Errorf("%w: unpacked it holds more than %d MiB", ErrHostile, u.limits.bytes>>20)
	}
	u.bytes += head.Size
	err := u.write(name, body, head.Size)
	if failed := (*fs.PathError)(nil); err == nil || errors.As(err, &failed) { // the disk's fault, or a file below a file
		return err
	}
	return refuse("cannot be read: %v", err)
}

// write makes one file that was not there before.
func (u *unpacking) write(name string, body io.Reader, size int64) (err error) {
	name = filepath.FromSlash(name)
	if err := u.root.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	file, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.CopyN(file, body, size)
	return err
}

// badName says why an entry's name cannot be that of a file of a draft, or nothing.
func badName(name string) string {
	switch {
	case name == "" || len(name) > maxNameBytes || strings.Count(name, "/") >= maxNameDepth:
		return "has no name of a usual length"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsRune(name, '\\'):
		return "has characters in its name that no file of a draft has"
	case path.IsAbs(name) || path.Clean(name) != name || name == "." || !filepath.IsLocal(filepath.FromSlash(name)):
		return "leaves the folder that it is unpacked to"
	}
	return ""
}

// zeroCounter counts how many zero bytes a stream ended in.
type zeroCounter struct {
	from  io.Reader
	zeros int64
}

func (z *zeroCounter) Read(p []byte) (int, error) {
	n, err := z.from.Read(p)
	trailing := 0
	for trailing < n && p[n-1-trailing] == 0 {
		trailing++
	}
	if trailing < n {
		z.zeros = 0
	}
	z.zeros += int64(trailing)
	return n, err
}

// finish reads what stands behind the archive's end. An archive that was cut off
// between two files has no end, and one with something behind it hides that from
// other programs.
func (z *zeroCounter) finish() error {
	before := z.zeros
	n, err := io.Copy(io.Discard, io.LimitReader(z, maxTarPadding+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrHostile, err)
	case n > maxTarPadding || z.zeros != before+n:
		return fmt.Errorf("%w: something stands behind its end", ErrHostile)
	case z.zeros < tarEnd:
		return fmt.Errorf("%w: it was cut off", ErrHostile)
	}
	return nil
}
