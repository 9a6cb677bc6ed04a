package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// lock takes the one writer's place. The lock dies with its process; the file
// stays and holds the number of the process that took it last.
func lock(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, lockName)
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, explain("locking", path, err)
	}
	if !ok {
		return nil, fmt.Errorf("opening the store %s for writing: %w%s: stop it first, or give this one another storage.path",
			dir, ErrLocked, holder(path))
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, explain("locking", path, unlockAfter(l, err))
	}
	return l, nil
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(text)) == "" {
		return ""
	}
	return " (process " + strings.TrimSpace(string(text)) + ")"
}

// unlockAfter gives the lock up because of err, which is what matters.
func unlockAfter(l *flock.Flock, err error) error {
	if closing := l.Close(); closing != nil {
		return fmt.Errorf("%w; giving up the lock: %w", err, closing)
	}
	return err
}
