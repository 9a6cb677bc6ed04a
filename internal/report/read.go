package report

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"collector/internal/timeline"
)

const (
	maxRecord        = 64 << 20 // bytes of one file of evidence; a bigger one is no record
	maxArchived      = 1 << 30  // bytes of all records of evidence.tar.zst together
	maxArchiveWindow = 64 << 20 // bytes of memory that it may ask for to be unpacked
)

// errLargeArchive says that evidence.tar.zst unpacks to more than any draft has.
var errLargeArchive = fmt.Errorf("it holds more than %d records or %d MiB", maxPackedFiles, maxArchived>>20)

// Bundle is a draft read back from its directory.
type Bundle struct {
	Dir       string
	Document  string              // name of the main document's file
	Markdown  string              // its text, with what people wrote
	Documents []Document          // all of them, the main one first
	Timeline  timeline.Timeline   // as timeline.json tells it; its evidence has no bodies
	Records   []timeline.Evidence // by ID, with bodies
	Earlier   []timeline.Evidence // kept for people's text
	Request   timeline.Evidence   // the record of the draft's own request
}

// Read reads a draft's directory. It checks the form of every file but no sum:
// that is Verify's.
func Read(dir string) (Bundle, error) {
	b := Bundle{Dir: dir}
	data, err := os.ReadFile(filepath.Join(dir, timelineFile))
	if err != nil {
		return b, fmt.Errorf("%s is not a draft: %w", dir, err)
	}
	if err := ValidateTimeline(data); err != nil {
		return b, fmt.Errorf("reading %s: %w", filepath.Join(dir, timelineFile), err)
	}
	if err := json.Unmarshal(data, &b.Timeline); err != nil {
		return b, fmt.Errorf("reading %s: %w", filepath.Join(dir, timelineFile), err)
	}
	if b.Documents, err = readDocuments(dir); err != nil {
		return b, err
	}
	b.Document, b.Markdown = b.Documents[0].File(), b.Documents[0].Text
	if b.Records, err = readRecords(dir); err != nil {
		return b, err
	}
	if b.Earlier, err = readFolder(filepath.Join(dir, earlierDir)); err != nil {
		return b, err
	}
	i := slices.IndexFunc(b.Records, func(e timeline.Evidence) bool { return e.Source == RequestSource })
	if i < 0 {
		return b, fmt.Errorf("reading %s: %w", dir, errNoRequest)
	}
	b.Request = b.Records[i]
	return b, nil
}

func readRecords(dir string) ([]timeline.Evidence, error) {
	packed, err := os.ReadFile(filepath.Join(dir, evidenceArchive))
	if errors.Is(err, fs.ErrNotExist) {
		return readFolder(filepath.Join(dir, evidenceDir))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the draft: %w", err)
	}
	records, err := unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, evidenceArchive), err)
	}
	return records, nil
}

// readFolder reads the records of a folder, by ID; no folder has none. What is no regular
// file is no record.
func readFolder(dir string) ([]timeline.Evidence, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the draft: %w", err)
	}
	var out []timeline.Evidence
	for _, entry := range entries {
		// A pipe would be waited for, a device has no end, and a link leads elsewhere.
		if !entry.Type().IsRegular() || !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the draft: %w", err)
		}
		e, err := readRecord(entry.Name(), data)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// readRecord reads evidence/<id>.json; the name must be the record's ID.
func readRecord(name string, data []byte) (timeline.Evidence, error) {
	var e timeline.Evidence
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("reading evidence/%s: %w", name, err)
	}
	if e.ID+".json" != path.Base(name) {
		return e, fmt.Errorf("reading evidence/%s: the record calls itself %q", name, e.ID)
	}
	return e, nil
}

// unpack reads evidence.tar.zst.
func unpack(packed []byte) ([]timeline.Evidence, error) {
	var out []timeline.Evidence
	all := func(string) (read, more bool) { return true, true }
	err := walkArchive(bytes.NewReader(packed), all, func(e timeline.Evidence) { out = append(out, e) })
	return out, err
}

// walkArchive hands over the records of evidence.tar.zst that wants says it shall
// read, until it says that there is no more to look for.
func walkArchive(packed io.Reader, wants func(id string) (read, more bool), take func(timeline.Evidence)) error {
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxArchiveWindow))
	if err != nil {
		return err
	}
	defer z.Close()
	r := tar.NewReader(z)
	left := int64(maxArchived)
	for n := 0; ; n++ {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if left -= head.Size; left < 0 || n == maxPackedFiles {
			return errLargeArchive
		}
		read, more := wants(strings.TrimSuffix(path.Base(head.Name), ".json"))
		switch {
		case !more:
			return nil
		case !read:
			continue
		case head.Size > maxRecord:
			return fmt.Errorf("%s has %d bytes, more than any record", head.Name, head.Size)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		e, err := readRecord(head.Name, data)
		if err != nil {
			return err
		}
		take(e)
	}
}
