package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// storeDir makes a store with some ticks and closes it.
func storeDir(t *testing.T) (dir, file string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "new", "collector")
	s, err := Open(t.Context(), Options{Path: dir, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, "db1", newWorkload(5, true, false).ticks(5))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, fileName)
}

func execute(t *testing.T, file, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, file string, offset int64, bytes string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(bytes), offset); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOpenBad opens what is no store of this version, for reading and for
// writing: a clear error, and not one byte of it is different afterwards.
func TestOpenBad(t *testing.T) {
	tests := map[string]struct {
		harm     func(t *testing.T, file string)
		want     error
		contains string
	}{
		"damaged header":   {func(t *testing.T, f string) { overwrite(t, f, 0, strings.Repeat("\x00garbage", 64)) }, ErrCorrupt, "it was left as it is"},
		"no database":      {func(t *testing.T, f string) { overwrite(t, f, 0, "name: collector\nmysql:\n") }, ErrCorrupt, "move it away"},
		"newer":            {func(t *testing.T, f string) { execute(t, f, "PRAGMA user_version = 9") }, ErrNewer, "schema 9, this one knows 1"},
		"older than first": {func(t *testing.T, f string) { execute(t, f, "PRAGMA user_version = 0") }, ErrCorrupt, "schema 0"},
		"foreign":          {func(t *testing.T, f string) { execute(t, f, "PRAGMA application_id = 7") }, ErrForeign, "point storage.path elsewhere"},
		"damaged schema":   {func(t *testing.T, f string) { overwrite(t, f, 100, strings.Repeat("\xff", 500)) }, ErrCorrupt, "it was left as it is"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir, file := storeDir(t)
			test.harm(t, file)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, reading := OpenReadOnly(t.Context(), dir)
			_, writing := Open(t.Context(), Options{Path: dir, Log: discard()})
			for _, err := range []error{reading, writing} {
				if !errors.Is(err, test.want) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), test.contains) {
					t.Errorf("got %v, want %v that names %s and says %q", err, test.want, file, test.contains)
				}
			}
			after, err := os.ReadFile(file)
			if err != nil || string(after) != string(before) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestOpenMissing(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenReadOnly(t.Context(), dir)
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), filepath.Join(dir, fileName)) || !strings.Contains(err.Error(), "collector serve") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a reader left %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReadOnly(t.Context(), dir); !errors.Is(err, ErrMissing) {
		t.Errorf("an empty file: got %v", err)
	}
	openStore(t, Options{Path: dir}) // it was made and its maker killed before the tables were
}

func TestOpenPathIsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Path: file, Log: discard()})
	if err == nil || !strings.Contains(err.Error(), "storage.path names a directory") {
		t.Errorf("got %v", err)
	}
}

func TestOpenTwice(t *testing.T) {
	s := openStore(t, Options{})
	_, err := Open(t.Context(), Options{Path: s.opt.Path, Log: discard()})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), s.opt.Path) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("got %v", err)
	}
	appendAll(t, s, "db1", newWorkload(1, true, false).ticks(1)) // the first one goes on
}

// TestMovedAway appends to a store whose directory is taken away, as somebody
// does who follows the advice to move a damaged one: no tick is lost in silence.
func TestMovedAway(t *testing.T) {
	for _, again := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "store")
		s := openStore(t, Options{Path: dir})
		w := newWorkload(1, true, false)
		appendAll(t, s, "db1", w.ticks(1))
		if err := os.Rename(dir, dir+".old"); err != nil {
			t.Fatal(err)
		}
		if again { // something else stands there now
			if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, fileName), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Append(t.Context(), "db1", w.tick())
		if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "restart collector serve") {
			t.Errorf("another file in its place %v: %v", again, err)
		}
	}
}

func TestModes(t *testing.T) {
	s := openStore(t, Options{Path: filepath.Join(t.TempDir(), "a", "b")})
	appendAll(t, s, "db1", newWorkload(1, true, false).ticks(1))
	want := map[string]fs.FileMode{".": fs.ModeDir | 0o700, fileName: 0o600, fileName + "-wal": 0o600, fileName + "-shm": 0o600, lockName: 0o600}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(s.opt.Path, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, mode)
		}
	}
}

// TestDamagedBlock reads a store with one flipped byte in a block: the reader
// says so, and the writer goes on.
func TestDamagedBlock(t *testing.T) {
	s := openStore(t, Options{CompactAfter: 1 << 30})
	fill(t, s, "db1", 64)
	if _, err := s.db.Exec(`UPDATE block SET body = CAST(substr(body, 1, 200) || x'00ff00' || substr(body, 204) AS BLOB) WHERE stream = 2`); err != nil {
		t.Fatal(err)
	}
	var got error
	for _, err := range s.Sessions(t.Context(), "db1", everything()) {
		got = err
	}
	if !errors.Is(got, ErrCorrupt) || !strings.Contains(got.Error(), s.path) {
		t.Errorf("got %v", got)
	}
	appendAll(t, s, "db1", newWorkload(1, true, false).ticks(1))
	if got := len(collect(t, s.Heartbeats(t.Context(), "db1", everything()), same)); got != 65 {
		t.Errorf("%d heartbeats", got)
	}
}

// TestFull appends to a store that cannot grow: the error says so and names the
// file, and what was recorded can be read.
func TestFull(t *testing.T) {
	s := openStore(t, Options{CompactAfter: 1 << 30})
	if _, err := s.db.Exec(`PRAGMA max_page_count = 64`); err != nil {
		t.Fatal(err)
	}
	w := newWorkload(50, true, false)
	var got error
	recorded := 0
	for got == nil {
		if got = s.Append(context.Background(), "db1", w.tick()); got == nil {
			recorded++
		}
	}
	if !errors.Is(got, ErrFull) || !strings.Contains(got.Error(), s.path) || !strings.Contains(got.Error(), "max_size") {
		t.Errorf("got %v", got)
	}
	if n := len(collect(t, s.Sessions(t.Context(), "db1", everything()), cloneSessions)); n != recorded || n == 0 {
		t.Errorf("%d looks can be read, %d were recorded", n, recorded)
	}
	if _, err := s.db.Exec(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, "db1", w.ticks(1)) // there is space again
}
