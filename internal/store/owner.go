package store

import (
	"os"
	"path/filepath"
	"syscall"
)

// handOver gives a file that root has just made to the owner of its directory, so that
// `sudo collector draft` leaves nothing that the daemon's account cannot write. SQLite gives
// the -wal and -shm files to the file's owner by itself. Whoever is not root owns what they
// make. Where root may not do it (no CAP_CHOWN, a network's file system) the file is of use to
// root all the same, and the error of the next who opens it says what to do.
func handOver(file *os.File) {
	if os.Geteuid() != 0 {
		return
	}
	info, err := os.Stat(filepath.Dir(file.Name()))
	if err != nil {
		return
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		_ = file.Chown(int(owner.Uid), int(owner.Gid))
	}
}
