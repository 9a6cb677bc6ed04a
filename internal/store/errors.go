package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// What can be wrong with a store. Errors of this package wrap these; their
// texts name the file and what to do about it.
var (
	ErrMissing = errors.New("there is no store")
	ErrCorrupt = errors.New("the store is damaged")
	ErrForeign = errors.New("the file is not a store of collector")
	ErrNewer   = errors.New("the store was written by a newer collector")
	ErrOlder   = errors.New("the store was written by an older collector")
	ErrLocked  = errors.New("another process writes this store")
	ErrFull    = errors.New("there is no space left for the store")
)

// explain adds to an error of SQLite what it means for the store at path and
// what a person can do.
func explain(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		return fmt.Errorf("%s %s: %w", doing, path, err)
	case errors.Is(err, syscall.ENOSPC), isFull(err):
		return fmt.Errorf("%s %s: %w: free space on its file system, or lower storage.max_size: %w", doing, path, ErrFull, err)
	case isDamaged(err):
		return fmt.Errorf("%s %s: %w: it was left as it is; restore it from a backup, or move it away and a new one will be made: %w", doing, path, ErrCorrupt, err)
	case errors.Is(err, fs.ErrPermission), code(err) == lib.SQLITE_READONLY, code(err) == lib.SQLITE_PERM:
		return fmt.Errorf("%s %s: no permission, run as the store's owner, or give it the file with chown: %w", doing, path, err)
	case code(err) == lib.SQLITE_CANTOPEN: // SQLite does not pass on why; unreadable files and directories are nearly all
		return fmt.Errorf("%s %s: may this user read it and its -wal and -shm files? run as the store's owner: %w", doing, path, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// code is the primary result code of an error of SQLite, 0 for others.
func code(err error) int { return extendedCode(err) & 0xff }

func extendedCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func isDamaged(err error) bool {
	c := code(err)
	return c == lib.SQLITE_CORRUPT || c == lib.SQLITE_NOTADB || c == lib.SQLITE_FORMAT
}

// isFull knows a full disk in its two guises: SQLITE_FULL where a write to the
// file failed with ENOSPC, and an I/O error where growing the -shm file did.
func isFull(err error) bool {
	return code(err) == lib.SQLITE_FULL || extendedCode(err) == lib.SQLITE_IOERR_SHMSIZE
}
