package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"collector/internal/timeline"
)

func write(t *testing.T, text string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestOpenNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, ErrDirectory) {
		t.Error(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(pipe); !errors.Is(err, ErrSpecial) { // and does not wait for a writer
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
}

func TestUnpack(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "one\ntwo\n")
	z.Close()
	for content, text := range map[Content]string{Plain: "one\ntwo\n", gzipped: packed.String(), utf16le: "\xff\xfeo\x00n\x00e\x00\n\x00t\x00w\x00o\x00\n\x00"} {
		f := write(t, text)
		if f.Content != content {
			t.Errorf("%q is %s, want %s", text, f.Content, content)
		}
		stream, done, err := f.Unpack(NewMeter(t.Context(), f, 0))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(stream)
		done()
		if err != nil || string(got) != "one\ntwo\n" {
			t.Errorf("%s: %q, %v", content, got, err)
		}
	}
}

func TestLines(t *testing.T) {
	text := "first\r\n\nlong " + strings.Repeat("x", MaxLine) + "\nno end"
	lines := NewLines(strings.NewReader(text), 0, 16)
	for i, want := range []Line{
		{Text: []byte("first"), Offset: 0, Whole: true, Next: 7},
		{Text: nil, Offset: 7, Whole: true, Next: 8},
		{Text: []byte(text[8 : 8+MaxLine]), Offset: 8, Whole: true, TooLong: true, Next: 8 + 5 + MaxLine + 1},
		{Text: []byte("no end"), Offset: 8 + 5 + MaxLine + 1, Next: int64(len(text))},
	} {
		got, err := lines.Next()
		if err != nil || !bytes.Equal(got.Text, want.Text) || got.Offset != want.Offset || got.Whole != want.Whole || got.TooLong != want.TooLong || got.Next != want.Next {
			t.Errorf("line %d: %.20q at %d, next %d, whole %v, too long %v, %v", i, got.Text, got.Offset, got.Next, got.Whole, got.TooLong, err)
		}
	}
	if _, err := lines.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestSeek finds a time without reading all of the file, and refuses a disorder.
func TestSeek(t *testing.T) {
	begin := time.Date(2024, 7, 12, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintln(&b, begin.Add(time.Duration(i)*time.Second).Format(time.RFC3339), "some text")
		fmt.Fprintln(&b, "that goes on without a time")
	}
	when := func(text []byte) (timeline.Instant, bool) {
		at, err := time.Parse(time.RFC3339, string(text[:min(20, len(text))]))
		return timeline.Exactly(at), err == nil
	}
	find := func(text string) (int64, *Meter, error) {
		f := write(t, text)
		m := NewMeter(t.Context(), f, 0)
		at, err := Seeker{File: m, Size: f.Info.Size(), When: when, Reach: ProbeReach, Near: 4 << 10}.Find(t.Context(), begin.Add(4*time.Hour))
		return at, m, err
	}
	at, m, err := find(b.String())
	if err != nil || m.BytesRead() > int64(b.Len())/2 {
		t.Errorf("%d bytes read of %d, %v", m.BytesRead(), b.Len(), err)
	}
	found, ok := when([]byte(b.String()[at:]))
	if wanted := begin.Add(4*time.Hour - Slack); !ok || found.At.After(wanted) || found.At.Before(wanted.Add(-5*time.Minute)) {
		t.Errorf("found %s, want a little before %s", found.At, wanted)
	}
	half := b.Len() / 2
	if _, _, err := find(b.String()[half:] + b.String()[:half]); !errors.Is(err, ErrDisorder) {
		t.Errorf("two logs in the wrong order: %v", err)
	}
}
