package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSealByARevokedKey: a key on the list of revoked keys is not believed, at no time,
// and a list that cannot be read is an error, not an empty list.
func TestSealByARevokedKey(t *testing.T) {
	dir, key, list := sealedDemo(t)
	other, _ := signerKey(t)
	krl := filepath.Join(t.TempDir(), "krl")
	sshKeygen(t, "", "-q", "-k", "-f", krl, key+".pub")
	for _, tt := range []struct {
		name, revoked string
		code          int
		says          string
	}{
		{"another key", other + ".pub", exitOK, "sealed by anna@example.org"},
		{"the key", key + ".pub", exitFailed, "seal: the key is revoked: line 1 of the revoked keys"},
		{"a binary list", krl, exitFailed, "binary key revocation list"},
		{"no list", filepath.Join(dir, "nothing"), exitFailed, "reading the revoked keys"},
		{"no list of keys", list, exitFailed, "line 1 of the revoked keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := collectorAt(t, sealTime, "verify", dir, "--allowed-signers", list, "--revoked-keys", tt.revoked, "--at", "2024-07-15")
			if code != tt.code || !strings.Contains(stdout+stderr, tt.says) {
				t.Errorf("code %d, want %d and %q: %s%s", code, tt.code, tt.says, stdout, stderr)
			}
		})
	}
	text, err := os.ReadFile(filepath.Join(dir, "SEAL"))
	if err != nil || len(text) == 0 {
		t.Fatalf("the seal is touched: %v", err)
	}
}
