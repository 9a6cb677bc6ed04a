package report

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"collector/internal/timeline"
)

// Where the records of a draft are.
const (
	evidenceDir     = "evidence/"
	earlierDir      = "evidence/earlier/" // kept for people's text, not part of the derivation
	evidenceArchive = "evidence.tar.zst"

	// maxEvidenceFiles is how many records stand as files of their own; more go
	// into one archive.
	maxEvidenceFiles = 2000
)

// evidenceFile is evidence/<id>.json.
func evidenceFile(e timeline.Evidence) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("writing evidence %s: %w", e.ID, err)
	}
	return buf.Bytes(), nil
}

// evidenceFiles are the records as files, or as one archive.
func evidenceFiles(records []timeline.Evidence) ([]File, error) {
	var files []File
	for _, e := range records {
		data, err := evidenceFile(e)
		if err != nil {
			return nil, err
		}
		files = append(files, File{evidenceDir + e.ID + ".json", data})
	}
	if len(files) <= maxEvidenceFiles {
		return files, nil
	}
	data, err := archive(files)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", evidenceArchive, err)
	}
	return []File{{evidenceArchive, data}}, nil
}

// archive packs files; equal files give equal bytes.
func archive(files []File) ([]byte, error) {
	var buf bytes.Buffer
	z, err := zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	for _, f := range files {
		head := &tar.Header{Name: f.Name, Mode: 0o640, Size: int64(len(f.Data)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(head); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
