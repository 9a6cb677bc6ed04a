package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// aside is where a draft stands for the moment in which it is replaced, to be found
// by people if we die in between.
func aside(dir string) string { return filepath.Clean(dir) + ".before-update" }

// swap is the replacement of a draft's directory while it goes on: by it what an update
// left that was interrupted is told from what others made. It stands beside the directory.
type swap struct {
	was, is string // the SHA-256 of SHA256SUMS before and after
}

// swapHead begins the file of a swap.
const swapHead = "collector update"

// swapFile is the file of a directory's swap.
func swapFile(dir string) string {
	parent, name := filepath.Split(filepath.Clean(dir))
	return filepath.Join(parent, "."+name+".updating")
}

// maxSwap is how many bytes the file of a swap has at most.
const maxSwap = 256

// sumOfSums tells the states of a draft apart; people's changes do not count.
func sumOfSums(dir string) string {
	data, err := readPlain(dir, sumsFile)
	if err != nil {
		return sumOf(nil)
	}
	return sumOf(data)
}

// beginSwap notes that staged is about to take the place of dir. What others put where the
// update needs room is left as it is, and is an error.
func beginSwap(dir, staged string) error {
	if _, err := os.Lstat(aside(dir)); err == nil {
		return fmt.Errorf("%s is in the way and is not from an update of collector's: move it away, or give it another name", aside(dir))
	}
	file, err := os.OpenFile(swapFile(dir), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is in the way: another update may be going on; if none is, remove it", swapFile(dir))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s %s\n", swapHead, sumOfSums(dir), sumOfSums(staged))
	return errors.Join(err, file.Close())
}

// swapBegun reads the swap of a directory, if there is one.
func swapBegun(dir string) (s swap, ok bool) {
	info, err := os.Lstat(swapFile(dir))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSwap {
		return swap{}, false
	}
	data, err := os.ReadFile(swapFile(dir))
	if err != nil {
		return swap{}, false
	}
	rest, ok := strings.CutPrefix(string(data), swapHead+" ")
	if !ok {
		return swap{}, false
	}
	s.was, s.is, ok = strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	return s, ok
}

// FinishUpdate ends an update of a draft's directory that was interrupted, if one was, so
// that the draft can be read. Its errors name the directory and what to do.
func FinishUpdate(dir string) error {
	if err := finishUpdate(dir); err != nil {
		return fmt.Errorf("finishing an update that was interrupted: %w", err)
	}
	return nil
}

// finishUpdate ends an update in which the process died: before the new state was
// in its place the old one is put back, after it the old one is removed. A directory that
// no update left is not touched, whatever its name is.
func finishUpdate(dir string) error {
	s, ok := swapBegun(dir)
	_, missing := os.Lstat(dir)
	_, none := os.Lstat(aside(dir))
	switch {
	case none != nil:
	case ok && missing == nil && sumOfSums(aside(dir)) == s.was && sumOfSums(dir) == s.is:
		if err := discard(dir); err != nil {
			return err
		}
	case missing == nil || !errors.Is(missing, fs.ErrNotExist):
		return nil // somebody's own: an update says so
	case ok && sumOfSums(aside(dir)) == s.was:
		if err := os.Rename(aside(dir), dir); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s is not there, and nothing shows that an update put %s aside: rename it to %s if that is your draft", dir, aside(dir), dir)
	}
	if !ok {
		return nil
	}
	return os.Remove(swapFile(dir))
}

// discard removes the state that was put aside. Its name is free at once, also when we die
// while it is removed.
func discard(dir string) error {
	place, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), stagedPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(place) }()
	return os.Rename(aside(dir), filepath.Join(place, "before"))
}
