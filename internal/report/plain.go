package report

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
	"slices"
	"strings"
)

// Names of the seal of a draft (see package seal): the statement and its signature.
const (
	SealFile          = "SEAL"
	SealSignatureFile = "SEAL.sig"
)

// maxPlainFile is how big a file of a draft may be that is read as a whole.
const maxPlainFile = 512 << 20

var (
	errNotPlain = errors.New("it is a link, a device or a pipe, and nothing is read through it")
	errBigFile  = fmt.Errorf("it has more than %d MiB, more than any file of a draft", maxPlainFile>>20)
)

// readPlain reads a file of a draft. It follows no link and waits for no pipe.
func readPlain(dir, name string) ([]byte, error) {
	file := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotPlain
	case info.Size() > maxPlainFile:
		return nil, errBigFile
	}
	return os.ReadFile(file)
}

// Sealed reports whether a draft has a seal, whatever it is worth.
func Sealed(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, SealFile))
	return err == nil
}

// Irregular are the names below a directory that are neither files nor folders,
// sorted: links, devices, pipes. Pack leaves them out.
func Irregular(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(names)
	return names, err
}

// ours reports whether collector writes files of this name into a draft, or looks
// into a folder of this name for them.
func ours(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	switch top {
	case strings.TrimSuffix(evidenceDir, "/"), strings.TrimSuffix(chartsDir, "/"), evidenceArchive,
		sumsFile, timelineFile, SealFile, SealSignatureFile:
		return true
	}
	document, ok := nameOf(name)
	return ok && slices.Contains(Templates(), document)
}

// FileSum is a plain file below a draft's directory and the SHA-256 of its bytes,
// in lower-case hex.
type FileSum struct{ Name, SHA256 string }

// FileSums are the sums of all plain files of a draft, people's too, sorted by
// name, without those of the seal. A link or a device is an error: what it leads to
// may change with nobody touching the draft.
func FileSums(ctx context.Context, dir string) ([]FileSum, error) {
	irregular, err := Irregular(dir)
	if err != nil {
		return nil, err
	}
	if len(irregular) > 0 {
		return nil, fmt.Errorf("%s: %w", irregular[0], errNotPlain)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	names, err := plainFiles(ctx, root)
	if err != nil {
		return nil, err
	}
	var out []FileSum
	for _, name := range names {
		if name == SealFile || name == SealSignatureFile {
			continue
		}
		sum, err := sumOfFile(ctx, root, name)
		if err != nil {
			return nil, err
		}
		out = append(out, FileSum{name, sum})
	}
	return out, nil
}

func sumOfFile(ctx context.Context, root *os.Root, name string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	whole := sha256.New()
	if _, err := io.Copy(whole, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(whole.Sum(nil)), nil
}
