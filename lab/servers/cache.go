package servers

import (
	"os"
	"path/filepath"
)

// CacheDir is where the lab keeps what takes long to make: the Debian sid
// directory and freshly initialised data directories. It is
// $COLLECTOR_LAB_CACHE, else collector-lab in the user's cache directory.
func CacheDir() string {
	if dir := os.Getenv("COLLECTOR_LAB_CACHE"); dir != "" {
		return dir
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "collector-lab")
	}
	return filepath.Join(os.TempDir(), "collector-lab")
}

// SidRoot is the directory that holds a minimal Debian sid.
func SidRoot() string { return filepath.Join(CacheDir(), "sid") }

// sidPath is a path inside the Debian sid directory.
func sidPath(elem ...string) string {
	return filepath.Join(append([]string{SidRoot()}, elem...)...)
}
