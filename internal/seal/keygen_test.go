package seal

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"collector/lab/servers"
)

// keygen runs the real ssh-keygen (Debian: openssh-client).
func keygen(t testing.TB, stdin []byte, args ...string) (string, error) {
	t.Helper()
	servers.Need(t, servers.KindSSHKeygen)
	cmd := exec.CommandContext(t.Context(), "ssh-keygen", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// newKey is a new key in a file.
func newKey(t testing.TB, kind, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "id")
	if out, err := keygen(t, nil, "-q", "-t", kind, "-N", passphrase, "-C", "anna@example.org", "-f", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// statement is a seal of two files.
func statement() Statement {
	return Statement{
		Draft: "2024-07-12T0900Z-db1-down", Identity: "anna@example.org", At: time.Date(2024, 7, 15, 9, 0, 0, 0, time.UTC), Version: "1.2.3",
		Files: []File{{"SHA256SUMS", strings.Repeat("ab", 32)}, {"postmortem.md", strings.Repeat("01", 32)}},
	}
}

func text(t testing.TB, s Statement) []byte {
	t.Helper()
	data, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// accepts asks ssh-keygen whether a signature is one of an allowed signer.
func accepts(t testing.TB, list, who string, statement, signature []byte, more ...string) (string, error) {
	t.Helper()
	args := append([]string{"-Y", "verify", "-f", writeFile(t, "allowed", list), "-I", who, "-n", Namespace, "-s", writeFile(t, "SEAL.sig", string(signature))}, more...)
	return keygen(t, statement, args...)
}

// TestKeygenAcceptsOurs: what we sign, ssh-keygen verifies, and we do.
func TestKeygenAcceptsOurs(t *testing.T) {
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			file := newKey(t, kind, "")
			signer, comment, done, err := Keys{File: file}.Signer()
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			if comment != "anna@example.org" {
				t.Errorf("the comment is %q", comment)
			}
			data := text(t, statement())
			signature, err := Sign(data, signer)
			if err != nil {
				t.Fatal(err)
			}
			list := "anna@example.org " + string(readFile(t, file+".pub"))
			if out, err := accepts(t, list, "anna@example.org", data, signature); err != nil {
				t.Errorf("ssh-keygen: %v: %s", err, out)
			}
			if key, err := Verify(data, signature); err != nil || !same(key, signer.PublicKey()) {
				t.Errorf("%v", err)
			}
			changed := bytes.Replace(data, []byte("0101"), []byte("0102"), 1)
			if out, err := accepts(t, list, "anna@example.org", changed, signature); err == nil {
				t.Errorf("ssh-keygen accepts a changed seal: %s", out)
			}
			if _, err := Verify(changed, signature); err == nil {
				t.Error("a changed seal is accepted")
			}
		})
	}
}

// TestWeAcceptKeygens: what ssh-keygen signs, we verify, but not what it signed for
// something else.
func TestWeAcceptKeygens(t *testing.T) {
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			key := newKey(t, kind, "")
			data := text(t, statement())
			for _, hash := range []string{"sha512", "sha256"} {
				file := writeFile(t, "SEAL", string(data))
				if out, err := keygen(t, nil, "-Y", "sign", "-f", key, "-n", Namespace, "-O", "hashalg="+hash, file); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if _, err := Verify(data, readFile(t, file+".sig")); err != nil {
					t.Errorf("%s: %v", hash, err)
				}
			}
			other := writeFile(t, "SEAL", string(data))
			if out, err := keygen(t, nil, "-Y", "sign", "-f", key, "-n", "git", other); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if _, err := Verify(data, readFile(t, other+".sig")); err == nil || !strings.Contains(err.Error(), `for "git"`) {
				t.Errorf("a signature for git: %v", err)
			}
		})
	}
}

// TestAllowedAsKeygen: for every list, we say what ssh-keygen says.
func TestAllowedAsKeygen(t *testing.T) {
	file, otherFile := newKey(t, "ed25519", ""), newKey(t, "ed25519", "")
	key, other := strings.TrimSpace(string(readFile(t, file+".pub"))), strings.TrimSpace(string(readFile(t, otherFile+".pub")))
	signer, _, done, err := Keys{File: file}.Signer()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	data := text(t, statement())
	signature, err := Sign(data, signer)
	if err != nil {
		t.Fatal(err)
	}
	const who = "anna@example.org"
	at := time.Date(2024, 7, 15, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, list string
		want       bool
	}{
		{"plain", who + " " + key, true},
		{"comments and blanks", "# a comment\n\n  \t" + who + "\t " + key + "\n", true},
		{"another's key", who + " " + other, false},
		{"another's name", "bob@example.org " + key, false},
		{"the second line", "bob@example.org " + key + "\n" + who + " " + key, true},
		{"several names", "bob@example.org,anna@example.org " + key, true},
		{"a pattern", "*@example.org " + key, true},
		{"a pattern of letters", "ann?@example.org " + key, true},
		{"a pattern that is too short", "*@example " + key, false},
		{"everybody but her", "*,!anna@example.org " + key, false},
		{"quoted", `"anna@example.org" ` + key, true},
		{"our namespace", who + ` namespaces="collector" ` + key, true},
		{"one of some", who + ` namespaces="git,coll*" ` + key, true},
		{"another namespace", who + ` namespaces="git" ` + key, false},
		{"every other namespace", who + ` namespaces="*,!collector" ` + key, false},
		{"capitals", who + ` NameSpaces="collector" ` + key, true},
		{"valid then", who + ` valid-after="20240701Z",valid-before="20240801Z" ` + key, true},
		{"not yet", who + ` valid-after="20240716Z" ` + key, false},
		{"no more", who + ` valid-before="20240714Z" ` + key, false},
		{"to the minute", who + ` valid-after="202407150901Z" ` + key, false},
		{"to the second", who + ` valid-after="20240715085959Z",namespaces="collector" ` + key, true},
		{"an authority's key is no signer's", who + " cert-authority " + key, false},
		{"an unknown option", who + ` trusted="yes" ` + key, false},
		{"an option without quotes", who + " namespaces=collector " + key, false},
		{"a bad time", who + ` valid-after="2024" ` + key, false},
		{"no key", who, false},
		{"half a key", who + " ssh-ed25519 AAAAC3Nza", false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := accepts(t, tt.list, who, data, signature, "-O", "verify-time="+at.Format("20060102150405Z"))
			if (err == nil) != tt.want {
				t.Errorf("ssh-keygen says %v: %s", err, out)
			}
			list, err := ParseAllowed([]byte(tt.list), time.UTC)
			if err == nil {
				err = list.Check(signer.PublicKey(), who, at)
			}
			if (err == nil) != tt.want {
				t.Errorf("we say %v", err)
			}
		})
	}
}

// TestCertificates: an authority vouches for the key, as long and for whom it says.
func TestCertificates(t *testing.T) {
	authority, file := newKey(t, "ed25519", ""), newKey(t, "ed25519", "")
	if out, err := keygen(t, nil, "-q", "-s", authority, "-I", "anna", "-n", "anna@example.org", "-V", "20240701Z:20240801Z", file+".pub"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data := text(t, statement())
	sealed := writeFile(t, "SEAL", string(data))
	if out, err := keygen(t, nil, "-Y", "sign", "-f", file+"-cert.pub", "-n", Namespace, sealed); err != nil {
		t.Fatalf("signing with a certificate: %v: %s", err, out)
	}
	signature := readFile(t, sealed+".sig")
	key, err := Verify(data, signature)
	if err != nil {
		t.Fatal(err)
	}
	line := "*@example.org cert-authority " + string(readFile(t, authority+".pub"))
	for _, tt := range []struct {
		name, who, at string
		want          bool
	}{
		{"as it says", "anna@example.org", "20240715090000Z", true},
		{"another person", "bob@example.org", "20240715090000Z", false},
		{"too late", "anna@example.org", "20240901090000Z", false},
		{"too early", "anna@example.org", "20240601090000Z", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse("20060102150405Z", tt.at)
			if err != nil {
				t.Fatal(err)
			}
			out, err := accepts(t, line, tt.who, data, signature, "-O", "verify-time="+tt.at)
			if (err == nil) != tt.want {
				t.Errorf("ssh-keygen says %v: %s", err, out)
			}
			if print := Fingerprint(key); tt.want && !strings.Contains(out, print) {
				t.Errorf("ssh-keygen does not call the key %s: %s", print, out)
			}
			list, err := ParseAllowed([]byte(line), time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			if err := list.Check(key, tt.who, at); (err == nil) != tt.want {
				t.Errorf("we say %v", err)
			}
		})
	}
}

func TestPassphrase(t *testing.T) {
	file := newKey(t, "ed25519", "open sesame")
	say := func(phrase string) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(phrase), nil }
	}
	if signer, _, _, err := (Keys{File: file, Passphrase: say("open sesame")}).Signer(); err != nil || signer == nil {
		t.Errorf("%v", err)
	}
	if _, _, _, err := (Keys{File: file, Passphrase: say("wrong")}).Signer(); err == nil {
		t.Error("a wrong passphrase opens it")
	}
	if _, _, _, err := (Keys{File: file}).Signer(); err == nil || !strings.Contains(err.Error(), "ssh-add") {
		t.Errorf("nobody to ask: %v", err)
	}
}

// TestAgent: an agent holds the key; the file is its public half, or the private one
// that nobody types the passphrase of.
func TestAgent(t *testing.T) {
	for _, kind := range []string{"ed25519", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			file := newKey(t, kind, "")
			private, err := ssh.ParseRawPrivateKey(readFile(t, file))
			if err != nil {
				t.Fatal(err)
			}
			socket := serveAgent(t, agent.AddedKey{PrivateKey: private, Comment: "anna of the agent"})
			if out, err := keygen(t, nil, "-q", "-p", "-P", "", "-N", "locked", "-f", file); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, name := range []string{file, file + ".pub"} {
				signer, comment, done, err := Keys{File: name, Agent: socket}.Signer()
				if err != nil {
					t.Fatal(err)
				}
				data := text(t, statement())
				signature, err := Sign(data, signer)
				done()
				if err != nil {
					t.Fatal(err)
				}
				if out, err := accepts(t, "anna "+string(readFile(t, file+".pub")), "anna", data, signature); err != nil || comment != "anna@example.org" {
					t.Errorf("%v: %s (comment %q)", err, out, comment)
				}
			}
			stranger := newKey(t, "ed25519", "")
			if _, _, _, err := (Keys{File: stranger + ".pub", Agent: socket}).Signer(); err == nil || !strings.Contains(err.Error(), "does not hold") {
				t.Errorf("a key that the agent does not hold: %v", err)
			}
			if _, _, _, err := (Keys{File: stranger + ".pub"}).Signer(); err == nil || !strings.Contains(err.Error(), "SSH_AUTH_SOCK") {
				t.Errorf("no agent: %v", err)
			}
		})
	}
}

// serveAgent is an agent that holds a key, and its socket.
func serveAgent(t *testing.T, key agent.AddedKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	if err := ring.Add(key); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(ring, connection)
				_ = connection.Close()
			}()
		}
	}()
	return socket
}

// TestChecksWithoutCollector: sha256sum reads the statement as a list of sums.
func TestChecksWithoutCollector(t *testing.T) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := statement()
	s.Files = []File{{"postmortem.md", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}}
	if err := os.WriteFile(filepath.Join(dir, "SEAL"), text(t, s), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--check", "--strict", "SEAL")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "postmortem.md: OK") {
		t.Errorf("%v: %s", err, out)
	}
}
