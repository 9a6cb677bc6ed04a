package install

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFirstMirror(t *testing.T) {
	list := filepath.Join(t.TempDir(), "debian.list")
	if err := os.WriteFile(list, []byte("https://deb.example.org/debian\tpriority:1\nhttps://other.example.org/debian\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		list:       "https://deb.example.org/debian",
		list + "/": "https://deb.example.org/debian", // as apt prints it
		"/nowhere": "",
	} {
		if got := firstMirror(path); got != want {
			t.Errorf("firstMirror(%s) = %q, want %q", path, got, want)
		}
	}
}

func TestWantedMirrorWins(t *testing.T) {
	const wanted = "https://mirror.example.org/debian"
	if got, err := chooseMirror(t.Context(), wanted); err != nil || got != wanted {
		t.Errorf("got %q, %v", got, err)
	}
}
