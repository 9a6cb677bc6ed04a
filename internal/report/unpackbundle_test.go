package report

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// tarball is an archive of these entries, ended and compressed.
func tarball(t testing.TB, end bool, heads ...tar.Header) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, h := range heads {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeReg && h.Size == 0 {
			h.Size = 4
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.CopyN(w, filler{}, h.Size); err != nil {
				t.Fatal(err)
			}
		}
	}
	if end {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	} else if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return compressed(t, plain.Bytes())
}

// filler is endless.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func compressed(t testing.TB, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decompressed(t testing.TB, packed []byte) []byte {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestUnpack: what Pack wrote comes back, and packs to the same bytes.
func TestUnpack(t *testing.T) {
	dir := write(t, rich(t))
	if err := os.WriteFile(filepath.Join(dir, "Notiz über db2.txt"), []byte("a person's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Packable(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	data := packed(t, dir)
	back, err := Unpack(t.Context(), bytes.NewReader(data), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(back) != filepath.Base(dir) || !bytes.Equal(packed(t, back), data) {
		t.Errorf("%s is not %s", back, dir)
	}
}

// TestUnpackWhatTarPacked: other programs write folders, and more zeros at the end.
func TestUnpackWhatTarPacked(t *testing.T) {
	plain := decompressed(t, tarball(t, true, tar.Header{Name: "d/", Typeflag: tar.TypeDir}, tar.Header{Name: "d/a/", Typeflag: tar.TypeDir}, tar.Header{Name: "d/a/f"}))
	data := compressed(t, append(plain, make([]byte, 10240)...))
	back, err := Unpack(t.Context(), bytes.NewReader(data), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(back, "a", "f")); string(text) != "xxxx" {
		t.Errorf("%q %v", text, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	whole := packed(t, write(t, quiet(t)))
	plain := decompressed(t, whole)
	file := tar.Header{Name: "d/f"}
	for _, tt := range []struct {
		name string
		data []byte
		says string
	}{
		{"nothing", nil, ""},
		{"no archive", []byte("postmortem"), ""},
		{"an empty archive", tarball(t, true), "empty"},
		{"an absolute name", tarball(t, true, tar.Header{Name: "/etc/passwd"}), "leaves the folder"},
		{"a name that goes up", tarball(t, true, tar.Header{Name: "d/../../evil"}), "leaves the folder"},
		{"a folder that goes up", tarball(t, true, tar.Header{Name: "../d/", Typeflag: tar.TypeDir}), "leaves the folder"},
		{"a name with dots", tarball(t, true, tar.Header{Name: "./d/f"}), "leaves the folder"},
		{"a name for Windows", tarball(t, true, tar.Header{Name: `d\..\..\f`}), "characters"},
		{"a name for a terminal", tarball(t, true, tar.Header{Name: "d/\x1b[2J"}), "characters"},
		{"a name that is no text", tarball(t, true, tar.Header{Name: "d/\xff\xfe", Format: tar.FormatGNU}), "characters"},
		{"a long name", tarball(t, true, tar.Header{Name: "d/" + strings.Repeat("x", 4000)}), "length"},
		{"a deep name", tarball(t, true, tar.Header{Name: strings.Repeat("d/", 100) + "f"}), "length"},
		{"two folders", tarball(t, true, file, tar.Header{Name: "e/f"}), "outside of the folder"},
		{"no folder", tarball(t, true, tar.Header{Name: "f"}), "not in a folder"},
		{"a name twice", tarball(t, true, file, file), "twice"},
		{"a file below a file", tarball(t, true, file, tar.Header{Name: "d/f/g"}), ""},
		{"a symbolic link", tarball(t, true, tar.Header{Name: "d/f", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "links"},
		{"a hard link", tarball(t, true, file, tar.Header{Name: "d/g", Typeflag: tar.TypeLink, Linkname: "d/f"}), "links"},
		{"a link, then a file through it", tarball(t, true, tar.Header{Name: "d/l", Typeflag: tar.TypeSymlink, Linkname: ".."}, tar.Header{Name: "d/l/f"}), "links"},
		{"a device", tarball(t, true, tar.Header{Name: "d/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}), "devices"},
		{"a pipe", tarball(t, true, tar.Header{Name: "d/pipe", Typeflag: tar.TypeFifo}), "devices"},
		{"a second archive behind the first", compressed(t, append(bytes.Clone(plain), plain...)), "behind its end"},
		{"garbage behind the stream", append(bytes.Clone(whole), "garbage"...), ""},
		{"no end", tarball(t, false, file), "cut off"},
		{"a stream that was cut off", whole[:len(whole)/2], ""},
		{"an archive that was cut off", compressed(t, plain[:len(plain)/2]), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			into := t.TempDir()
			_, err := Unpack(t.Context(), bytes.NewReader(tt.data), into)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			if tt.name != "a file below a file" && !errors.Is(err, ErrHostile) {
				t.Errorf("%v is not ErrHostile", err)
			}
			if strings.ContainsRune(fmt.Sprint(err), '\x1b') {
				t.Errorf("the error holds control characters: %q", err)
			}
		})
	}
}

// TestUnpackIsBounded: a bomb ends at the limits, and nothing more is written.
func TestUnpackIsBounded(t *testing.T) {
	var many []tar.Header
	for i := range 50 {
		many = append(many, tar.Header{Name: fmt.Sprintf("d/%d", i)})
	}
	var deep []tar.Header
	for i := range 10 {
		deep = append(deep, tar.Header{Name: fmt.Sprintf("d/%d/a/b/c/f", i)})
	}
	for name, data := range map[string][]byte{
		"many files":   tarball(t, true, many...),
		"many folders": tarball(t, true, deep...),
		"many bytes":   tarball(t, true, tar.Header{Name: "d/f", Size: 900 << 10}, tar.Header{Name: "d/g", Size: 900 << 10}),
	} {
		t.Run(name, func(t *testing.T) {
			into := t.TempDir()
			_, err := unpackWithin(t.Context(), bytes.NewReader(data), into, unpackLimits{files: 20, bytes: 1 << 20})
			if !errors.Is(err, ErrHostile) || !strings.Contains(err.Error(), "more than") {
				t.Errorf("%v", err)
			}
			var written int64
			err = filepath.WalkDir(into, func(_ string, e fs.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() {
					info, _ := e.Info()
					written += info.Size()
				}
				return err
			})
			if err != nil || written > 1<<20 {
				t.Errorf("%d bytes were written (%v)", written, err)
			}
		})
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Unpack(stopped, bytes.NewReader(tarball(t, true, many...)), t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestRestore(t *testing.T) {
	dir := write(t, rich(t))
	data := packed(t, dir)
	out := filepath.Join(t.TempDir(), "restored")
	back, err := Restore(t.Context(), bytes.NewReader(data), out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(packed(t, back), data) {
		t.Error("the restored draft is not the draft")
	}
	if _, err := Restore(t.Context(), bytes.NewReader(data), out); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v", err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(tarball(t, true, tar.Header{Name: "d/f"})), out); err == nil {
		t.Error("what is no draft was restored")
	}
	if _, err := Restore(t.Context(), bytes.NewReader(data[:len(data)/2]), out); !errors.Is(err, ErrHostile) {
		t.Errorf("cut off: %v", err)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestPackableRefuses(t *testing.T) {
	if err := Packable(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder is a draft")
	}
	dir := write(t, quiet(t))
	if err := os.WriteFile(filepath.Join(dir, "a\nb"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Packable(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "rename it") {
		t.Errorf("%v", err)
	}
}

// FuzzUnpackBundle: no archive writes outside of its folder, or more than it may.
func FuzzUnpackBundle(f *testing.F) {
	f.Add(tarball(f, true, tar.Header{Name: "d/f"}))
	f.Add(tarball(f, true, tar.Header{Name: "d/../../f"}, tar.Header{Name: "d/l", Typeflag: tar.TypeSymlink, Linkname: "/"}))
	f.Add(packed(f, write(f, quiet(f))))
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		into := filepath.Join(parent, "into")
		if err := os.Mkdir(into, 0o750); err != nil {
			t.Fatal(err)
		}
		folder, err := unpackWithin(t.Context(), bytes.NewReader(data), into, unpackLimits{files: 100, bytes: 1 << 20})
		if beside, _ := os.ReadDir(parent); len(beside) != 1 {
			t.Fatalf("something was written outside: %v", beside)
		}
		if err == nil {
			if names, err := Irregular(filepath.Join(into, folder)); err != nil || len(names) > 0 {
				t.Errorf("%v %v", names, err)
			}
		}
	})
}

// TestVerifyIsBounded: lists that make a program read for hours are refused.
func TestVerifyIsBounded(t *testing.T) {
	dir := write(t, quiet(t))
	sums := filepath.Join(dir, sumsFile)
	data, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sums, append(data, data...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir, passing(quiet(t))); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v", err)
	}
}
