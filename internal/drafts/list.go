package drafts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	timelineFile = "timeline.json"
	// maxListed is how many drafts are listed below one directory.
	maxListed = 10_000
)

// List returns the directories of the drafts in a directory, sorted by name; of a
// directory that is a draft itself, that one. A directory that does not exist holds
// none. Links are not followed, and what collector has half made is no draft.
func List(out string) ([]string, error) {
	if isDraft(out) {
		return []string{filepath.Clean(out)}, nil
	}
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for drafts: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		dir := filepath.Join(out, e.Name())
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), ".before-update") && isDraft(dir) {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) > maxListed { // names begin with a time: the latest count
		dirs = dirs[len(dirs)-maxListed:]
	}
	return dirs, nil
}

// isDraft reports whether a directory has a timeline.json, whatever is in it.
func isDraft(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, timelineFile))
	return err == nil && info.Mode().IsRegular()
}

// maxDocuments is how many documents of one draft are looked at.
const maxDocuments = 20

// Documents returns the names of the Markdown files of a draft in the order of Order, of
// many the first.
func Documents(dir string) ([]string, error) {
	names, err := documents(dir)
	return names[:min(len(names), maxDocuments)], err
}

func documents(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for the documents of a draft: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".md") {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return Order(nameOf(a), nameOf(b)) })
	return names, nil
}
