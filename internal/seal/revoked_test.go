package seal

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestRevokedAsKeygen: for every list of revoked keys, we say what ssh-keygen says.
func TestRevokedAsKeygen(t *testing.T) {
	file, otherFile := newKey(t, "ed25519", ""), newKey(t, "ecdsa", "")
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
	fields := strings.Fields(key)
	for _, tt := range []struct {
		name, list string
		accepted   bool
	}{
		{"an empty list", "", true},
		{"comments and blanks", "# nobody yet\n\n  \t\n", true},
		{"another's key", other + "\n", true},
		{"the key", key + "\n", false},
		{"the key without a comment and a line's end", fields[0] + " " + fields[1], false},
		{"the key after another and a comment", "# left in May\n" + other + "\n \t" + key + "\n", false},
		{"a line that is no key", "anna left\n", false},
		{"half a key", fields[0] + " " + fields[1][:20] + "\n", false},
		{"a list of allowed signers", who + " " + key + "\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := accepts(t, who+" "+key, who, data, signature, "-r", writeFile(t, "revoked", tt.list))
			if (err == nil) != tt.accepted {
				t.Errorf("ssh-keygen says %v: %s", err, out)
			}
			list, err := ParseRevoked([]byte(tt.list))
			if err == nil {
				err = list.Check(signer.PublicKey())
			}
			if (err == nil) != tt.accepted {
				t.Errorf("we say %v", err)
			}
		})
	}
}

// TestRevokedCertificates: a certificate ends with its key and with its authority's.
func TestRevokedCertificates(t *testing.T) {
	authority, file, stranger := newKey(t, "ed25519", ""), newKey(t, "ed25519", ""), newKey(t, "ed25519", "")
	if out, err := keygen(t, nil, "-q", "-s", authority, "-I", "anna", "-n", "anna@example.org", file+".pub"); err != nil {
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
	for name, tt := range map[string]struct {
		revoked string
		want    error
	}{
		"a stranger":      {stranger + ".pub", nil},
		"its key":         {file + ".pub", ErrRevoked},
		"the certificate": {file + "-cert.pub", ErrRevoked},
		"its authority":   {authority + ".pub", ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := accepts(t, line, "anna@example.org", data, signature, "-r", tt.revoked)
			if (err == nil) != (tt.want == nil) {
				t.Errorf("ssh-keygen says %v: %s", err, out)
			}
			list, err := ParseRevoked(readFile(t, tt.revoked))
			if err != nil {
				t.Fatal(err)
			}
			if err := list.Check(key); !errors.Is(err, tt.want) {
				t.Errorf("we say %v", err)
			}
		})
	}
	allowed, err := ParseAllowed([]byte(line), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if err := allowed.Check(key, "anna@example.org", time.Now()); err != nil {
		t.Errorf("without a list of revoked keys: %v", err)
	}
}

// TestBinaryKRL: what ssh-keygen -k writes is refused by name, and not taken for an
// empty list.
func TestBinaryKRL(t *testing.T) {
	file := newKey(t, "ed25519", "")
	krl := writeFile(t, "krl", "")
	if out, err := keygen(t, nil, "-q", "-k", "-f", krl, file+".pub"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := ParseRevoked(readFile(t, krl)); !errors.Is(err, ErrBinaryKRL) {
		t.Errorf("%v", err)
	}
}

// FuzzParseRevoked: any list is read or refused, and what was read revokes itself.
func FuzzParseRevoked(f *testing.F) {
	f.Add([]byte("# nobody\n\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS a comment\n"))
	f.Add([]byte(krlMagic + "\x00\x00\x00\x01"))
	f.Add([]byte("cert-authority ssh-ed25519 AAAA"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseRevoked(text)
		if err != nil {
			return
		}
		for _, k := range list.keys {
			if err := list.Check(k.key); !errors.Is(err, ErrRevoked) {
				t.Errorf("line %d: %v", k.line, err)
			}
		}
	})
}
