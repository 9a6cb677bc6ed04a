package seal

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

var (
	// ErrUnknownSigner says that no line of the list allows this key.
	ErrUnknownSigner = errors.New("the key is none of the allowed signers'")
	// ErrOtherIdentity says that the list knows the key under another name.
	ErrOtherIdentity = errors.New("the allowed signers know the key under another name")
	// ErrNotThen says that the key is not allowed at the time in question.
	ErrNotThen = errors.New("the key is not allowed at that time")
	// ErrNotForSeals says that the key may sign, but no seals.
	ErrNotForSeals = errors.New("the key is not allowed to seal: its namespaces do not have " + Namespace)
)

// Check reports whether the list allows a key to seal as identity at a time. The
// error is one of those above, with the reason, or says what is wrong with the
// certificate.
func (a Allowed) Check(key ssh.PublicKey, identity string, at time.Time) error {
	err := ErrUnknownSigner
	for _, e := range a.entries {
		problem := e.check(key, identity, at)
		if problem == nil {
			return nil
		}
		if !errors.Is(problem, ErrUnknownSigner) && (errors.Is(err, ErrUnknownSigner) || errors.Is(err, ErrOtherIdentity)) {
			err = fmt.Errorf("line %d: %w", e.line, problem)
		}
	}
	return err
}

func (e entry) check(key ssh.PublicKey, identity string, at time.Time) error {
	cert, certified := key.(*ssh.Certificate)
	switch {
	case !e.authority && !same(e.key, key), e.authority && (!certified || !same(e.key, cert.SignatureKey)):
		return ErrUnknownSigner
	case !matchList(identity, e.principals):
		return fmt.Errorf("%w: %s", ErrOtherIdentity, e.principals)
	case e.namespaces != "" && !matchList(Namespace, e.namespaces):
		return ErrNotForSeals
	case !e.after.IsZero() && at.Before(e.after):
		return fmt.Errorf("%w: only from %s on", ErrNotThen, e.after.UTC().Format(time.RFC3339))
	case !e.before.IsZero() && at.After(e.before):
		return fmt.Errorf("%w: only until %s", ErrNotThen, e.before.UTC().Format(time.RFC3339))
	case e.authority:
		return checkCertificate(cert, identity, at)
	}
	return nil
}

// checkCertificate checks what an authority said of a key: that it belongs to this
// identity, at this time, to sign for a person.
func checkCertificate(cert *ssh.Certificate, identity string, at time.Time) error {
	if cert.CertType != ssh.UserCert || len(cert.ValidPrincipals) == 0 {
		return errors.New("the certificate is not one of a person")
	}
	checker := ssh.CertChecker{Clock: func() time.Time { return at }}
	if err := checker.CheckCert(identity, cert); err != nil {
		return fmt.Errorf("the certificate does not hold: %w", err)
	}
	return nil
}

// Fingerprint is the fingerprint of a key as ssh-keygen prints it: of a certificate that
// of the key that it certifies.
func Fingerprint(key ssh.PublicKey) string {
	if cert, certified := key.(*ssh.Certificate); certified {
		key = cert.Key
	}
	return ssh.FingerprintSHA256(key)
}

// matchList reports whether a text matches a list of patterns: PATTERNS in
// ssh_config(5). A pattern with an exclamation mark that matches refuses the text.
func matchList(text, list string) bool {
	found := false
	for pattern := range strings.SplitSeq(list, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !match(text, pattern) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// match reports whether a text matches a pattern: * is any text, ? any byte. It
// takes at most len(text)·len(pattern) steps.
func match(text, pattern string) bool {
	t, p, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
