package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// ErrRevoked says that a key is on the list of revoked keys, whoever it was allowed to.
var ErrRevoked = errors.New("the key is revoked")

// ErrBinaryKRL says that a list of revoked keys is one that only ssh-keygen reads.
var ErrBinaryKRL = errors.New("it is a binary key revocation list (ssh-keygen -k), which collector does not read: " +
	"give the revoked public keys as text, one on a line, or ask ssh-keygen -Q -f FILE KEY.pub")

// krlMagic begins a binary list (PROTOCOL.krl of OpenSSH).
const krlMagic = "SSHKRL\n\x00"

// Revoked is a list of revoked keys, as `ssh-keygen -Y verify -r` reads it when it is
// text: public keys, one on a line.
type Revoked struct {
	keys []revokedKey
}

type revokedKey struct {
	line int
	key  ssh.PublicKey // never a certificate
}

// ParseRevoked reads a list of revoked keys. A line that is not understood is an error
// that names it: leaving it out could accept what it revokes. Errors: [ErrBinaryKRL].
func ParseRevoked(text []byte) (Revoked, error) {
	var r Revoked
	if bytes.HasPrefix(text, []byte(krlMagic)) {
		return r, ErrBinaryKRL
	}
	if len(text) > maxAllowed {
		return r, fmt.Errorf("the list of revoked keys has more than %d MiB", maxAllowed>>20)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		if len(line) > maxAllowedLine {
			return Revoked{}, fmt.Errorf("line %d of the revoked keys: it is too long", i+1)
		}
		key, err := parseKey(line)
		if errors.Is(err, errNoForm) {
			err = errors.New("it is not “keytype key [comment]”")
		}
		if err != nil {
			return Revoked{}, fmt.Errorf("line %d of the revoked keys: %w", i+1, err)
		}
		r.keys = append(r.keys, revokedKey{i + 1, uncertified(key)})
	}
	return r, nil
}

// Check returns ErrRevoked, with the line, for a key of the list, and for a certificate
// whose key or whose authority's key is there.
func (r Revoked) Check(key ssh.PublicKey) error {
	about := []ssh.PublicKey{uncertified(key)}
	if cert, ok := key.(*ssh.Certificate); ok {
		about = append(about, uncertified(cert.SignatureKey))
	}
	for _, k := range r.keys {
		for i, one := range about {
			if same(k.key, one) && i == 0 {
				return fmt.Errorf("%w: line %d of the revoked keys", ErrRevoked, k.line)
			} else if same(k.key, one) {
				return fmt.Errorf("%w with its authority: line %d of the revoked keys", ErrRevoked, k.line)
			}
		}
	}
	return nil
}

// uncertified is the key that a certificate is about.
func uncertified(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}
