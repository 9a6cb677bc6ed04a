package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// unmoved reports whether documents stand in a directory as they were read.
func unmoved(dir string, read []Document) error {
	for _, d := range read {
		now, err := readDocument(filepath.Join(dir, d.File()), maxDocumentRead)
		if err != nil {
			return err
		}
		if !bytes.Equal(now, []byte(d.Text)) {
			return fmt.Errorf("%s: %w", d.File(), errMoved)
		}
	}
	return nil
}

// former are the documents of a directory that are about to be written anew, as
// they are now. One that is not there yet is left out, unless a file is in its way.
func former(dir string, fresh []Document) ([]Document, error) {
	var out []Document
	for _, d := range fresh {
		data, err := readDocument(filepath.Join(dir, d.File()), maxDocumentRead)
		switch {
		case err == nil:
			out = append(out, Document{d.Name, string(data)})
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		default:
			if _, err := os.Lstat(filepath.Join(dir, d.Page())); err == nil {
				return nil, fmt.Errorf("%s stands there without %s, which this update writes anew, with its page: remove it, or move it away", filepath.Join(dir, d.Page()), d.File())
			}
		}
	}
	return out, nil
}

// leftOut are the documents of a former state that the new one does not have.
func leftOut(old, fresh []Document) []Document {
	return slices.DeleteFunc(slices.Clone(old), func(d Document) bool {
		return slices.ContainsFunc(fresh, func(f Document) bool { return f.Name == d.Name })
	})
}

// mergeAll puts the fresh blocks of each document into what people may have made of
// it. A document that was not there is taken as it is.
func mergeAll(was, fresh []Document) ([]Document, Updated) {
	var all Updated
	out := slices.Clone(fresh)
	for i, d := range fresh {
		told := func(blocks []string) []string { return blocks }
		if len(fresh) > 1 {
			told = func(blocks []string) []string {
				for i, block := range blocks {
					blocks[i] = d.Name + "/" + block
				}
				return blocks
			}
		}
		at := slices.IndexFunc(was, func(w Document) bool { return w.Name == d.Name })
		if at < 0 {
			all.Added = append(all.Added, d.Name)
			continue
		}
		text, done := merge(was[at].Text, d.Text)
		out[i].Text = text
		all.Refreshed = append(all.Refreshed, told(done.Refreshed)...)
		all.Beside = append(all.Beside, told(done.Beside)...)
		all.Removed = append(all.Removed, told(done.Removed)...)
		all.Added = append(all.Added, told(done.Added)...)
		all.Ended = append(all.Ended, told(done.Ended)...)
	}
	return out, all
}
