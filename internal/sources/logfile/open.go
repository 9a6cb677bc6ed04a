package logfile

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// File is an open regular file.
type File struct {
	*os.File
	Path    string
	Info    fs.FileInfo // as it was when the file was opened
	Content Content     // how its bytes hold its lines
}

// Content is how a file's bytes hold its lines.
type Content string

// The contents that are told apart.
const (
	Plain     Content = "plain"
	gzipped   Content = "gzip"
	bzipped   Content = "bzip2"
	zstandard Content = "zstd"
	utf16le   Content = "utf-16le"
	utf16be   Content = "utf-16be"
)

// magics are the first bytes of files that are not plain text.
var magics = [...]struct {
	bytes string
	kind  Content
	fix   string // for what cannot be read
}{
	{"\x1f\x8b", gzipped, ""},
	{"BZh", bzipped, ""},
	{"\x28\xb5\x2f\xfd", zstandard, ""},
	{"\xff\xfe", utf16le, ""},
	{"\xfe\xff", utf16be, ""},
	{"\xfd7zXZ\x00", "", "xz-compressed, which is not read: compress it with gzip, bzip2 or zstd, or unpack it"},
	{"PK\x03\x04", "", "a zip archive, which is not read: unpack it, or compress the log with gzip, bzip2 or zstd"},
	{"\x04\x22\x4d\x18", "", "lz4-compressed, which is not read: compress it with gzip, bzip2 or zstd, or unpack it"},
	{"SQLite format 3\x00", "", "an SQLite database, not a log"},
	{"\x7fELF", "", "a program, not a log"},
}

// Open opens a regular file for reading. It never waits: a named pipe or
// a device is an error (O_NONBLOCK, because it may be swapped in after a look).
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Explain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(info.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Explain(err)
	}
	opened := &File{File: f, Path: path}
	if err := opened.look(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return opened, nil
}

func (f *File) look() (err error) {
	if f.Info, err = f.Stat(); err != nil {
		return Explain(err)
	}
	if !f.Info.Mode().IsRegular() {
		return notRegular(f.Info.Mode())
	}
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Explain(err)
	}
	f.Content = Plain
	for _, m := range magics {
		if bytes.HasPrefix(head[:n], []byte(m.bytes)) {
			if m.fix != "" {
				return errors.New("is " + m.fix)
			}
			f.Content = m.kind
			return nil
		}
	}
	return nil
}

func notRegular(mode fs.FileMode) error {
	what := "a special file"
	switch {
	case mode.IsDir():
		return ErrDirectory
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return fmt.Errorf("is %s, %w", what, ErrSpecial)
}

// What is no file.
var (
	ErrDirectory = errors.New("is a directory")
	ErrSpecial   = errors.New("not a file")
)

// Explain says what a person can do about a file system error, without the path.
func Explain(err error) error {
	var pathErr *fs.PathError
	bare := err
	if errors.As(err, &pathErr) {
		bare = pathErr.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: let the user that collector runs as read it (a group, or setfacl -m u:collector:r)", bare)
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("%w: the symbolic link leads back to itself", bare)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: it is a dangling symbolic link, or was removed a moment ago", bare)
	}
	return bare
}

// Unpack is a stream of the file's text: of a plain file from where r stands, of
// another one r must stand at its beginning. The second result ends it.
func (f *File) Unpack(r io.Reader) (io.Reader, func(), error) {
	nothing := func() {}
	buffered := bufio.NewReaderSize(r, 256<<10)
	switch f.Content {
	case gzipped:
		z, err := gzip.NewReader(buffered)
		return z, nothing, err
	case bzipped:
		return bzip2.NewReader(buffered), nothing, nil
	case zstandard:
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nothing, err
		}
		return z, z.Close, nil
	case utf16le, utf16be:
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return transform.NewReader(buffered, decoder), nothing, nil
	}
	return buffered, nothing, nil
}

// Meter counts the bytes that are read of a file, and stops when ctx ends.
type Meter struct {
	ctx  context.Context
	file io.ReaderAt
	at   int64
	read int64
}

// NewMeter reads a file from an offset on.
func NewMeter(ctx context.Context, file io.ReaderAt, offset int64) *Meter {
	return &Meter{ctx: ctx, file: file, at: offset}
}

// BytesRead is how many bytes were read so far.
func (m *Meter) BytesRead() int64 { return m.read }

// SeekTo goes on reading at an offset.
func (m *Meter) SeekTo(offset int64) { m.at = offset }

// ReadAt is io.ReaderAt.
func (m *Meter) ReadAt(p []byte, off int64) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.file.ReadAt(p, off)
	m.read += int64(n)
	return n, err
}

// Read is io.Reader.
func (m *Meter) Read(p []byte) (int, error) {
	n, err := m.ReadAt(p, m.at)
	m.at += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
