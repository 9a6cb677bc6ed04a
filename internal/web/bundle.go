package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
)

const (
	bundlesAtOnce   = 4
	bundleTries     = 5
	bundlePause     = 200 * time.Millisecond // a refresh takes a moment to put the new draft in its place
	longestDownload = 15 * time.Minute
)

// bundles serves drafts, each as one file.
type bundles struct {
	drafts draftFiles
	places chan struct{}
	stall  time.Duration
}

func newBundles(drafts draftFiles, limits Limits) bundles {
	return bundles{drafts, make(chan struct{}, bundlesAtOnce), limits.Stall}
}

// ServeHTTP answers with everything in the draft's directory. The draft is packed
// before the first byte is sent: a slow client does not see two drafts in one, and one
// that was cut off may ask for the rest.
func (b bundles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, found := b.drafts.find(w, r)
	if !found {
		return
	}
	select {
	case b.places <- struct{}{}:
		defer func() { <-b.places }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "others are downloading drafts: ask again in a moment", http.StatusServiceUnavailable)
		return
	}
	out := newPatientWriter(w, b.stall)
	defer out.finish()
	packed, sum, err := packedDraft(r.Context(), i.Draft.Dir)
	if err != nil {
		b.refuse(w, i, err)
		return
	}
	defer func() { _ = packed.Close() }()
	head := w.Header()
	head.Set("Content-Type", "application/zstd")
	head.Set("Content-Disposition", `attachment; filename="`+fileName(filepath.Base(i.Draft.Dir))+`"`)
	head.Set("Content-Security-Policy", draftPolicy)
	head.Set("ETag", `"`+sum+`"`)
	out.until = time.Now().Add(longestDownload)
	http.ServeContent(out, r, "", time.Time{}, packed)
}

func (b bundles) refuse(w http.ResponseWriter, i incident.Incident, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, "the draft of incident "+i.ID+" is not where it was written: somebody has moved it away", http.StatusNotFound)
	case errors.Is(err, report.ErrChanged):
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the draft changes all the time: ask again in a moment", http.StatusServiceUnavailable)
	case errors.Is(err, report.ErrLarge):
		http.Error(w, "the draft's directory is too large for one file: copy it", http.StatusInternalServerError)
	default:
		b.drafts.log.Error("a draft cannot be packed", "incident", i.ID, "err", err)
		http.Error(w, "the draft cannot be packed; collector's log says why", http.StatusInternalServerError)
	}
}

// packedDraft packs a draft into a file that has no name any more, and returns its
// SHA-256. It begins again when the draft is refreshed in the meantime.
func packedDraft(ctx context.Context, dir string) (file *os.File, sum string, err error) {
	for try := range bundleTries {
		if try > 0 {
			select {
			case <-time.After(bundlePause):
			case <-ctx.Done():
				return nil, "", ctx.Err()
			}
		}
		if file, sum, err = packOnce(ctx, dir); err == nil || !errors.Is(err, report.ErrChanged) && !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return file, sum, err
}

func packOnce(ctx context.Context, dir string) (file *os.File, sum string, err error) {
	if file, err = nameless(filepath.Dir(dir)); err != nil {
		return nil, "", err
	}
	whole := sha256.New()
	err = report.Pack(ctx, io.MultiWriter(file, whole), dir)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, "", errors.Join(err, file.Close())
	}
	return file, hex.EncodeToString(whole.Sum(nil)), nil
}

// nameless is a temporary file that is gone with the process: where drafts are
// written, because there a container can write, else where the system wants it.
func nameless(beside string) (*os.File, error) {
	file, err := os.CreateTemp(beside, ".collector-bundle-")
	if err != nil {
		if file, err = os.CreateTemp("", "collector-bundle-"); err != nil {
			return nil, err
		}
	}
	return file, os.Remove(file.Name())
}

// longestFileName is in bytes; file systems allow 255.
const longestFileName = 150

// fileName is a name that means the same to every browser and file system.
func fileName(draft string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, draft)
	name = strings.TrimLeft(name, ".-")
	return name[:min(len(name), longestFileName)] + report.PackedEnding
}
