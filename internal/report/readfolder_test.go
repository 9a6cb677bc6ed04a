package report

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestReadOpensRegularFilesOnly: a pipe among the records is not waited for, and what a
// link leads to is no record.
func TestReadOpensRegularFilesOnly(t *testing.T) {
	dir := write(t, rich(t))
	want, err := Read(dir)
	must(t, err)
	must(t, syscall.Mkfifo(filepath.Join(dir, evidenceDir, "pipe.json"), 0o600))
	must(t, os.Symlink("/dev/zero", filepath.Join(dir, evidenceDir, "zero.json")))
	read := make(chan Bundle, 1)
	go func() {
		b, err := Read(dir)
		if err != nil {
			t.Error(err)
		}
		read <- b
	}()
	select {
	case got := <-read:
		if len(got.Records) != len(want.Records) {
			t.Errorf("%d records, want %d", len(got.Records), len(want.Records))
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for a pipe")
	}
}
