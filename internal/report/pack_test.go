package report

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"collector/internal/timeline"
)

func packed(t testing.TB, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Pack(t.Context(), &b, dir); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entries are the members of a packed draft.
func entries(t testing.TB, data []byte) (heads []*tar.Header, bodies map[string][]byte) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	bodies = map[string][]byte{}
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return heads, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		if bodies[head.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, head)
	}
}

// unpacked writes a packed draft below a new directory and returns where it is.
func unpacked(t testing.TB, data []byte, folder string) string {
	t.Helper()
	out := t.TempDir()
	_, bodies := entries(t, data)
	for name, body := range bodies {
		file := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(out, folder)
}

// TestPack: what is unpacked is the draft, and verifies.
func TestPack(t *testing.T) {
	draft := rich(t)
	dir := write(t, draft)
	if err := os.WriteFile(filepath.Join(dir, "what I saw.txt"), []byte("a person's"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := packed(t, dir)
	copied := unpacked(t, data, filepath.Base(dir))
	found, err := Verify(copied, func(records []timeline.Evidence) (Draft, error) {
		d := draft
		d.Timeline.Evidence = records
		return d, nil
	})
	if err != nil || len(found) > 0 {
		t.Errorf("the copy: %v %v", found, err)
	}
	if text, err := os.ReadFile(filepath.Join(copied, "what I saw.txt")); string(text) != "a person's" {
		t.Errorf("what a person put there is %q (%v)", text, err)
	}
	heads, _ := entries(t, data)
	var names []string
	for _, h := range heads {
		names = append(names, h.Name)
		if h.Typeflag != tar.TypeReg || h.Mode != 0o640 || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || !h.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%+v", h)
		}
	}
	if !slices.IsSorted(names) || len(names) < 10 {
		t.Errorf("the names are %q", names)
	}
}

// TestPackIsTheSame for the same files, whenever and by whomever they were written.
func TestPackIsTheSame(t *testing.T) {
	first, second := write(t, rich(t)), write(t, rich(t))
	err := filepath.WalkDir(second, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return errors.Join(os.Chtimes(path, time.Now(), time.Now().Add(-time.Hour)), os.Chmod(path, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(packed(t, first), packed(t, second)) {
		t.Error("the same draft gives other bytes")
	}
}

// TestPackOnlyPlainFiles: no link is followed, and nothing is waited for that is no file.
func TestPackOnlyPlainFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "draft")
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o750); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	for _, name := range []string{filepath.Join(outside, "secret"), filepath.Join(dir, "a", "b"), filepath.Join(dir, "a.txt"), filepath.Join(dir, strings.Repeat("ä", 120))} {
		if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link": filepath.Join(outside, "secret"), "folder": outside, "up": "..", "inside": "a.txt"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	heads, _ := entries(t, packed(t, dir))
	var names []string
	for _, h := range heads {
		names = append(names, h.Name)
	}
	if want := []string{"draft/a.txt", "draft/a/b", "draft/" + strings.Repeat("ä", 120)}; !slices.Equal(names, want) {
		t.Errorf("it holds %q, want %q", names, want)
	}
}

// writerFunc is a writer that does something first.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestPackFails(t *testing.T) {
	full := errors.New("the disk is full")
	for _, tt := range []struct {
		name string
		pack func(t *testing.T, dir string) error
		want error
	}{
		{"no draft", func(t *testing.T, dir string) error { return Pack(t.Context(), io.Discard, dir+"x") }, fs.ErrNotExist},
		{"nobody waits for it", func(t *testing.T, dir string) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return Pack(ctx, io.Discard, dir)
		}, context.Canceled},
		{"it cannot be written", func(t *testing.T, dir string) error {
			return Pack(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full }), dir)
		}, full},
		{"it is refreshed meanwhile", func(t *testing.T, dir string) error {
			done := false
			return Pack(t.Context(), writerFunc(func(p []byte) (int, error) {
				if !done {
					done = true
					if _, err := Update(dir, later(t)); err != nil {
						t.Error(err)
					}
				}
				return len(p), nil
			}), dir)
		}, ErrChanged},
		{"it is moved away meanwhile", func(t *testing.T, dir string) error {
			return Pack(t.Context(), writerFunc(func(p []byte) (int, error) {
				_ = os.Rename(dir, dir+".away")
				return len(p), nil
			}), dir)
		}, ErrChanged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.pack(t, write(t, rich(t))); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// TestPackBesideRefreshes packs a draft that is refreshed all the time: what is not
// refused is one draft, each of its files that of its sums.
func TestPackBesideRefreshes(t *testing.T) {
	dir := write(t, rich(t))
	states := []Draft{later(t), rich(t)}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := Update(dir, states[n%2]); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	whole := 0
	for limit := time.Now().Add(10 * time.Second); whole < 10 && time.Now().Before(limit); {
		var b bytes.Buffer
		err := Pack(t.Context(), &b, dir)
		if errors.Is(err, ErrChanged) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		whole++
		sumsHold(t, b.Bytes(), filepath.Base(dir)+"/")
	}
	close(stop)
	<-stopped
	t.Logf("%d packed", whole)
}

func sumsHold(t *testing.T, data []byte, folder string) {
	t.Helper()
	_, bodies := entries(t, data)
	list, err := readSums(bodies[folder+sumsFile])
	if err != nil || len(list) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	for _, s := range list {
		if got := sumOf(bodies[folder+s.name]); got != s.hex {
			t.Errorf("%s has not the sum that is told of it", s.name)
		}
	}
}
