package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/lab/servers"
)

// signerKey makes a key with the real ssh-keygen, and a list that allows it.
func signerKey(t testing.TB) (key, list string) {
	t.Helper()
	servers.Need(t, servers.KindSSHKeygen)
	dir := t.TempDir()
	key, list = filepath.Join(dir, "id_ed25519"), filepath.Join(dir, "allowed_signers")
	sshKeygen(t, "", "-q", "-t", "ed25519", "-N", "", "-C", "anna@example.org", "-f", key)
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, []byte(`anna@example.org namespaces="collector" `+string(public)), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, list
}

func sshKeygen(t testing.TB, stdin string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ssh-keygen", args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %q: %v: %s", args, err, out)
	}
}

// sealTime is when the tests seal.
var sealTime = time.Date(2024, 7, 15, 9, 0, 0, 0, time.UTC)

func collectorAt(t *testing.T, at time.Time, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return (&bench{dir: t.TempDir(), now: at}).collector(t, args...)
}

// sealedDemo is the demo draft, sealed.
func sealedDemo(t *testing.T) (dir, key, list string) {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	key, list = signerKey(t)
	dir = demoDraft(t)
	code, _, stderr := collectorAt(t, sealTime, "seal", dir, "--key", key)
	if code != exitOK || !strings.Contains(stderr, "as anna@example.org") {
		t.Fatalf("seal: code %d: %s", code, stderr)
	}
	return dir, key, list
}

// TestSeal: the seal is checked by us, by us in a bundle, and by ssh-keygen and
// sha256sum without us.
func TestSeal(t *testing.T) {
	dir, _, list := sealedDemo(t)
	for _, name := range []string{dir, bundled(t, dir)} {
		code, stdout, stderr := collectorAt(t, sealTime, "verify", name, "--allowed-signers", list)
		if code != exitOK || !strings.Contains(stdout, "sealed by anna@example.org") || !strings.Contains(stdout, "2024-07-15T09:00:00Z by the signer's own word") {
			t.Errorf("code %d: %s%s", code, stdout, stderr)
		}
		if code, stdout, _ := collectorAt(t, sealTime, "verify", name); code != exitOK || !strings.Contains(stdout, "give --allowed-signers") {
			t.Errorf("without a list: code %d: %s", code, stdout)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "SEAL"))
	if err != nil {
		t.Fatal(err)
	}
	sshKeygen(t, string(text), "-Y", "verify", "-f", list, "-I", "anna@example.org", "-n", "collector", "-s", filepath.Join(dir, "SEAL.sig"))
	if program, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.CommandContext(t.Context(), program, "--check", "--strict", "--quiet", "SEAL")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("sha256sum: %v: %s", err, out)
		}
	}
}

// TestSealedByKeygen: --unsigned leaves the signing to ssh-keygen.
func TestSealedByKeygen(t *testing.T) {
	key, list := signerKey(t)
	dir := demoDraft(t)
	code, file, stderr := collectorAt(t, sealTime, "seal", dir, "--unsigned", "--identity", "anna@example.org")
	if code != exitOK || !strings.Contains(stderr, "ssh-keygen -Y sign") {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if code, stdout, _ := collectorAt(t, sealTime, "verify", dir); code != exitFailed || !strings.Contains(stdout, "no signature") {
		t.Errorf("unsigned: code %d: %s", code, stdout)
	}
	sshKeygen(t, "", "-Y", "sign", "-f", key, "-n", "collector", file)
	if code, stdout, stderr := collectorAt(t, sealTime, "verify", dir, "--allowed-signers", list); code != exitOK || !strings.Contains(stdout, "sealed by anna@example.org") {
		t.Errorf("code %d: %s%s", code, stdout, stderr)
	}
}

// TestSealShowsTampering: whatever is changed after sealing, the seal says so, also
// where the sums were changed with it.
func TestSealShowsTampering(t *testing.T) {
	sealed, key, list := sealedDemo(t)
	other, _ := signerKey(t)
	resum := func(t *testing.T, dir, name string) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(sums), "\n")
		for i, line := range lines {
			if strings.HasSuffix(line, "  "+name+"\n") {
				sum := sha256.Sum256(data)
				lines[i] = hex.EncodeToString(sum[:]) + "  " + name + "\n"
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		tamper func(t *testing.T, dir string)
		says   string
		only   bool // nothing but the seal shows it
	}{
		{"a person edits the document", func(t *testing.T, dir string) {
			replaceIn(t, filepath.Join(dir, "postmortem.md"), "<!-- collector:begin id=summary", "It was Bob.\n\n<!-- collector:begin id=summary")
		}, "postmortem.md: it was changed", true},
		{"the document and its sum", func(t *testing.T, dir string) {
			replaceIn(t, filepath.Join(dir, "postmortem.md"), "<!-- collector:begin id=summary", "It was Bob.\n\n<!-- collector:begin id=summary")
			resum(t, dir, "postmortem.md")
		}, "SHA256SUMS: it was changed", false},
		{"a file is put beside", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "approval.txt"), []byte("approved"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "approval.txt: it was put there", true},
		{"a chart is removed", func(t *testing.T, dir string) {
			charts, err := filepath.Glob(filepath.Join(dir, "charts", "*.svg"))
			if err != nil || len(charts) == 0 {
				t.Fatal("no chart")
			}
			if err := os.Remove(charts[0]); err != nil {
				t.Fatal(err)
			}
		}, "and is gone", false},
		{"the seal is removed", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "SEAL")); err != nil {
				t.Fatal(err)
			}
		}, "not sealed", true},
		{"the signature is removed", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "SEAL.sig")); err != nil {
				t.Fatal(err)
			}
		}, "no signature", true},
		{"the seal names another time", func(t *testing.T, dir string) {
			replaceIn(t, filepath.Join(dir, "SEAL"), "2024-07-15T09", "2024-07-13T09")
		}, "not one of this seal", true},
		{"sealed again by a stranger", func(t *testing.T, dir string) {
			if code, _, stderr := collectorAt(t, sealTime, "seal", dir, "--key", other, "--replace"); code != exitOK {
				t.Fatal(stderr)
			}
		}, "none of the allowed signers", true},
		{"sealed again in another name", func(t *testing.T, dir string) {
			if code, _, stderr := collectorAt(t, sealTime, "seal", dir, "--key", key, "--replace", "--identity", "bob@example.org"); code != exitOK {
				t.Fatal(stderr)
			}
		}, "under another name", true},
		{"signed for something else", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "SEAL.sig")); err != nil {
				t.Fatal(err)
			}
			sshKeygen(t, "", "-Y", "sign", "-f", key, "-n", "git", filepath.Join(dir, "SEAL"))
		}, `for "git"`, true},
		{"a link is put beside", func(t *testing.T, dir string) {
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "notes.txt")); err != nil {
				t.Fatal(err)
			}
		}, "cannot be compared", true},
		{"sealed tomorrow", func(t *testing.T, dir string) {
			if code, _, stderr := collectorAt(t, sealTime.Add(24*time.Hour), "seal", dir, "--key", key, "--replace"); code != exitOK {
				t.Fatal(stderr)
			}
		}, "still to come", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "draft")
			if err := os.CopyFS(dir, os.DirFS(sealed)); err != nil {
				t.Fatal(err)
			}
			tt.tamper(t, dir)
			code, stdout, stderr := collectorAt(t, sealTime, "verify", dir, "--allowed-signers", list)
			if code != exitFailed || !strings.Contains(stdout, tt.says) {
				t.Errorf("code %d, it does not say %q: %s%s", code, tt.says, stdout, stderr)
			}
			for line := range strings.SplitSeq(stdout, "\n") {
				if fault := strings.Contains(line, "SHA-256 is not") || strings.Contains(line, "missing"); tt.only && fault {
					t.Errorf("more than the seal shows it: %s", line)
				}
			}
		})
	}
}

// TestSealLater: a key that is no longer allowed counts only for somebody who knows
// when the seal was there.
func TestSealLater(t *testing.T) {
	dir, _, list := sealedDemo(t)
	replaceIn(t, list, `namespaces="collector"`, `namespaces="collector",valid-before="20241231Z"`)
	later := sealTime.AddDate(2, 0, 0)
	if code, stdout, _ := collectorAt(t, later, "verify", dir, "--allowed-signers", list); code != exitFailed || !strings.Contains(stdout, "--at") {
		t.Errorf("code %d: %s", code, stdout)
	}
	if code, stdout, stderr := collectorAt(t, later, "verify", dir, "--allowed-signers", list, "--at", "2024-07-15"); code != exitOK {
		t.Errorf("at the time: code %d: %s%s", code, stdout, stderr)
	}
	if code, _, _ := collectorAt(t, later, "verify", dir, "--at", "2024-07-15"); code != exitUsage {
		t.Errorf("--at without a list: code %d", code)
	}
}

func TestSealRefuses(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	dir, key, _ := sealedDemo(t)
	broken := demoDraft(t)
	replaceIn(t, filepath.Join(broken, "timeline.json"), `"severity": "`, `"severity":  "`)
	nobody := filepath.Join(t.TempDir(), "key")
	sshKeygen(t, "", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", nobody)
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no key", []string{"seal", demoDraft(t)}, exitUsage, "--key"},
		{"sealed already", []string{"seal", dir, "--key", key}, exitFailed, "--replace"},
		{"not intact", []string{"seal", broken, "--key", key}, exitFailed, "not intact"},
		{"no draft", []string{"seal", t.TempDir(), "--key", key}, exitFailed, "is not a draft"},
		{"no such key", []string{"seal", demoDraft(t), "--key", key + "x"}, exitFailed, "reading the key"},
		{"a public key without an agent", []string{"seal", demoDraft(t), "--key", key + ".pub"}, exitFailed, "SSH_AUTH_SOCK"},
		{"no identity", []string{"seal", demoDraft(t), "--key", nobody}, exitUsage, "--identity"},
		{"an identity that is none", []string{"seal", demoDraft(t), "--key", key, "--identity", "a\nb"}, exitFailed, "identity"},
		{"unsigned with a key", []string{"seal", demoDraft(t), "--key", key, "--unsigned"}, exitUsage, "--unsigned"},
		{"revoked keys without a list", []string{"verify", dir, "--revoked-keys", key + ".pub"}, exitUsage, "--allowed-signers"},
		{"a list that is none", []string{"verify", dir, "--allowed-signers", key}, exitFailed, "line 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := collectorAt(t, sealTime, tt.args...)
			if code != tt.code || !strings.Contains(stderr, tt.says) {
				t.Errorf("code %d, want %d and %q: %s", code, tt.code, tt.says, stderr)
			}
		})
	}
}

// TestUpdateOfASealedDraft is refused, and ends the seal when somebody insists.
func TestUpdateOfASealedDraft(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	key, _ := signerKey(t)
	b := newBench(t)
	dir, _, _ := b.draft(t)
	if code, _, stderr := b.collector(t, "seal", dir, "--key", key); code != exitOK {
		t.Fatal(stderr)
	}
	config := b.config(t)
	if code, _, stderr := b.collector(t, "draft", "--config", config, "--update", dir); code != exitFailed || !strings.Contains(stderr, "--unseal") {
		t.Errorf("code %d: %s", code, stderr)
	}
	code, _, stderr := b.collector(t, "draft", "--config", config, "--update", dir, "--unseal")
	if code != exitOK || !strings.Contains(stderr, "the seal was removed") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "SEAL*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if code, stdout, stderr := b.collector(t, "verify", dir); code != exitOK {
		t.Errorf("verify: code %d: %s%s", code, stdout, stderr)
	}
}
