package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// peoplesFiles are the files of a draft's directory that collector did not
// write: what SHA256SUMS does not list and what has no name of ours. A document
// that is none of the documents now is people's from now on.
func peoplesFiles(dir string, documents []string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list, err := readSums(data)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{sumsFile: true, timelineFile: true, evidenceArchive: true, SealFile: true, SealSignatureFile: true}
	for _, s := range list {
		_, document := nameOf(s.name)
		ours[s.name] = !document
	}
	for _, name := range documents {
		ours[documentFile(name)], ours[pageFile(name)] = true, true
	}
	var out []string
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		record := strings.HasPrefix(rel, evidenceDir) && path.Ext(rel) == ".json" && IsCitation(strings.TrimSuffix(path.Base(rel), ".json"))
		if ours[rel] || record || len(list) == 0 && path.Dir(rel)+"/" == chartsDir {
			return nil
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder: move it away, an update could not keep it", name)
		}
		out = append(out, rel)
		return nil
	})
	return out, err
}

// carry takes people's files over into another directory. One whose name is collector's
// from now on gets a name of its own: edited-1a2b3c4d-alert-rules.yaml.
func carry(from, to string, names []string) error {
	for _, name := range names {
		source := filepath.Join(from, filepath.FromSlash(name))
		target := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			return err
		}
		if _, err := os.Lstat(target); err == nil {
			data, err := os.ReadFile(source) //nolint:gosec // below the draft's directory
			if err != nil {
				return err
			}
			target = filepath.Join(filepath.Dir(target), editedName(sumOf(data), filepath.Base(target)))
		}
		if os.Link(source, target) == nil {
			continue
		}
		if err := copyFile(source, target); err != nil {
			return err
		}
	}
	return nil
}

// editedName is the name of people's version of a file that collector writes.
func editedName(sum, name string) string { return "edited-" + sum[:8] + "-" + name }

// copyFile copies where the file system has no links.
func copyFile(source, target string) (err error) {
	in, err := os.Open(source) //nolint:gosec // below the draft's directory
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
