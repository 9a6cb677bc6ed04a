package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"collector/internal/timeline"
)

// Records reads some records of a draft's directory, in the order of the IDs. Those
// that are not there are left out.
func Records(dir string, ids []string) ([]timeline.Evidence, error) {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = !strings.ContainsAny(id, `/\`) && id != ""
	}
	found, err := pickPacked(dir, wanted)
	if errors.Is(err, fs.ErrNotExist) {
		found, err = pickFiles(dir, wanted)
	}
	if err != nil {
		return nil, err
	}
	var out []timeline.Evidence
	for _, id := range ids {
		if e, ok := found[id]; ok {
			out = append(out, e)
			delete(found, id)
		}
	}
	return out, nil
}

func pickFiles(dir string, wanted map[string]bool) (map[string]timeline.Evidence, error) {
	found := map[string]timeline.Evidence{}
	for id, ok := range wanted {
		if !ok {
			continue
		}
		name := id + ".json"
		data, err := os.ReadFile(filepath.Join(dir, evidenceDir, name)) //nolint:gosec // a name without separators, below the draft
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the draft: %w", err)
		}
		if found[id], err = readRecord(name, data); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func pickPacked(dir string, wanted map[string]bool) (map[string]timeline.Evidence, error) {
	file, err := os.Open(filepath.Join(dir, evidenceArchive))
	if err != nil {
		return nil, fmt.Errorf("reading the draft: %w", err)
	}
	defer func() { _ = file.Close() }()
	left := 0
	for _, ok := range wanted {
		if ok {
			left++
		}
	}
	found := map[string]timeline.Evidence{}
	err = walkArchive(file, func(id string) (read, more bool) { return wanted[id], left > 0 }, func(e timeline.Evidence) {
		found[e.ID] = e
		left--
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, evidenceArchive), err)
	}
	return found, nil
}

// maxHead is how far into timeline.json its title stands.
const maxHead = 1 << 20

// ReadTitle is the title of a draft, without reading more than the beginning of its
// timeline.json.
func ReadTitle(dir string) (string, error) {
	file, err := os.Open(filepath.Join(dir, timelineFile))
	if err != nil {
		return "", fmt.Errorf("%s is not a draft: %w", dir, err)
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(io.LimitReader(file, maxHead))
	if _, err := decoder.Token(); err != nil {
		return "", fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", file.Name(), err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return "", fmt.Errorf("reading %s: %w", file.Name(), err)
		}
		if key == "title" {
			var title string
			err := json.Unmarshal(value, &title)
			return title, err
		}
	}
	return "", fmt.Errorf("reading %s: it has no title", file.Name())
}
