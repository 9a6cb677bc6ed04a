package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNumbersMadeByRoot: the file of the numbers that root makes belongs to the owner of
// the store, as do the files that SQLite puts beside it; so the daemon's account can give the
// next number. Who is not root cannot make files for others and tests their own; in CI it is
// root.
func TestNumbersMadeByRoot(t *testing.T) {
	daemon, group := uint32(65534), uint32(65534)
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI=true, and only root can make files for others")
		}
		daemon, group = uint32(os.Getuid()), uint32(os.Getgid()) //nolint:gosec // they are 32 bits wide
	}
	dir := t.TempDir()
	if err := os.Chown(dir, int(daemon), int(group)); err != nil {
		t.Fatal(err)
	}
	give(t, dir, 2026, "incident a")
	db, err := numbersFormat().Open(t.Context(), filepath.Join(dir, numbersName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO given VALUES ('DEA', 2026, 2, x'00', 0)`); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 { // with -wal and -shm, while it is open
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != daemon || s.Gid != group {
			t.Errorf("%s belongs to %+v", e.Name(), info.Sys())
		}
	}
}

// TestFilesOfOneself: in a directory of root's root's files stay root's; others' files are
// their own anyway.
func TestFilesOfOneself(t *testing.T) {
	dir := t.TempDir()
	give(t, dir, 2026, "incident a")
	info, err := os.Stat(filepath.Join(dir, numbersName))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Geteuid() {
		t.Errorf("it belongs to %+v", info.Sys())
	}
}
