package store

import (
	"fmt"
	"os"
)

// inPlace says when the file that is open does not stand at its path any more.
// A file that was deleted or moved away takes ticks without complaint, and
// nobody ever reads them.
func (s *Store) inPlace() error {
	info, err := os.Stat(s.path)
	if err == nil && os.SameFile(info, s.file) {
		return nil
	}
	return fmt.Errorf("%w at %s any more: it was deleted or moved while it was open; restart collector serve", ErrMissing, s.path)
}
