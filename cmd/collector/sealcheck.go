package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"

	"collector/internal/report"
	"collector/internal/seal"
)

// sealCheck says what is asked of a draft's seal.
type sealCheck struct {
	allowed *seal.Allowed // nil when nobody gave a list: then any key may have sealed
	revoked seal.Revoked  // keys that are not believed, whatever the list allows
	at      time.Time     // when the key must be allowed
	asked   bool          // somebody asked for that time
}

// sealVerdict is what was found of a draft's seal.
type sealVerdict struct {
	Sealed   bool     `json:"sealed"`
	Identity string   `json:"identity,omitempty"`   // as the statement claims it
	At       string   `json:"claimed_at,omitempty"` // by the signer's own clock
	Key      string   `json:"key,omitempty"`        // its fingerprint; of a signature that holds
	Version  string   `json:"collector,omitempty"`
	Allowed  bool     `json:"allowed"`  // the list of allowed signers has this key under this identity
	Problems []string `json:"problems"` // each a reason not to believe the seal
	Notes    []string `json:"notes"`    // what the seal does not show
}

func (v *sealVerdict) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

func (v *sealVerdict) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

// run checks the seal of a draft's directory. An error means that the directory
// could not be read.
func (c sealCheck) run(ctx context.Context, dir string) (sealVerdict, error) {
	v := sealVerdict{Problems: []string{}, Notes: []string{}}
	text, err := readSealFile(dir, report.SealFile)
	if errors.Is(err, fs.ErrNotExist) {
		switch {
		case c.allowed != nil:
			v.problem("the draft is not sealed: nobody vouches for it")
		case exists(filepath.Join(dir, report.SealSignatureFile)):
			v.problem("%s is there without %s: somebody removed the seal", report.SealSignatureFile, report.SealFile)
		}
		return v, nil
	}
	v.Sealed = true
	if err != nil {
		v.problem("%v", err)
		return v, nil
	}
	statement, err := seal.Parse(text)
	if err != nil {
		v.problem("%v", err)
		return v, nil
	}
	v.Identity, v.At, v.Version = statement.Identity, statement.At.UTC().Format(time.RFC3339), statement.Version
	if err := v.compare(ctx, dir, statement); err != nil {
		return v, err
	}
	signature, err := readSealFile(dir, report.SealSignatureFile)
	if err != nil {
		v.problem("the seal has no signature that can be read: %v", err)
		return v, nil
	}
	key, err := seal.Verify(text, signature)
	if err != nil {
		v.problem("%v", err)
		return v, nil
	}
	v.Key = seal.Fingerprint(key)
	c.judge(&v, statement, key)
	return v, nil
}

// compare names each file that is not as it was sealed.
func (v *sealVerdict) compare(ctx context.Context, dir string, statement seal.Statement) error {
	sums, err := report.FileSums(ctx, dir)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v.problem("the seal cannot be compared with the files: %v", err)
		return nil
	}
	for _, change := range statement.Changes(sealedFiles(sums)) {
		v.problem("the seal no longer fits: %s: %s", printable(change.Name), change.Text)
	}
	return nil
}

func sealedFiles(sums []report.FileSum) []seal.File {
	files := make([]seal.File, len(sums))
	for i, s := range sums {
		files[i] = seal.File{Name: s.Name, SHA256: s.SHA256}
	}
	return files
}

// judge compares the key with the list of allowed signers, and the claimed time with
// what is known.
func (c sealCheck) judge(v *sealVerdict, s seal.Statement, key ssh.PublicKey) {
	if c.allowed == nil {
		v.note("whose key this is was not checked: give --allowed-signers")
		return
	}
	if err := c.revoked.Check(key); err != nil {
		v.problem("%v", err)
		return
	}
	err := c.allowed.Check(key, s.Identity, c.at)
	switch {
	case err == nil:
		v.Allowed = true
	case errors.Is(err, seal.ErrNotThen) && !c.asked && c.allowed.Check(key, s.Identity, s.At) == nil:
		v.problem("%v; it was allowed at the time that the signer claims. Whoever got hold of the key later can claim that too: if you know by other means when the seal existed, give that time with --at", err)
		return
	default:
		v.problem("%v", err)
		return
	}
	if err := c.allowed.Check(key, s.Identity, s.At); err != nil {
		v.Allowed = false
		v.problem("at the time that the signer claims, %s: %v", v.At, err)
	}
	if s.At.After(c.at.Add(clockSlack)) {
		v.problem("the signer claims to have sealed it at %s, which was still to come at %s", v.At, c.at.UTC().Format(time.RFC3339))
	}
}

// clockSlack is how far a signer's clock may be ahead of ours.
const clockSlack = 5 * time.Minute

// write tells of the seal in a line or two.
func (v sealVerdict) write(w io.Writer) {
	switch {
	case !v.Sealed && len(v.Problems) == 0:
		fmt.Fprintln(w, "not sealed: the sums show damage, not whether somebody changed files and sums together")
	case v.Allowed && len(v.Problems) == 0:
		fmt.Fprintf(w, "sealed by %s with the key %s, which the allowed signers have under that name; at %s by the signer's own word\n", v.Identity, v.Key, v.At)
	case v.Identity != "":
		fmt.Fprintf(w, "a seal says: sealed by %s at %s (claims of the signer)", v.Identity, v.At)
		if v.Key != "" {
			fmt.Fprintf(w, ", key %s", v.Key)
		}
		fmt.Fprintln(w)
	}
	for _, p := range v.Problems {
		fmt.Fprintln(w, "seal: "+printable(p))
	}
	for _, n := range v.Notes {
		fmt.Fprintln(w, "seal: "+printable(n))
	}
}

const maxSealFile = 16 << 20

// readSealFile reads a file of the seal; it follows no link.
func readSealFile(dir, name string) ([]byte, error) {
	return readBounded(filepath.Join(dir, name), maxSealFile, os.Lstat)
}

// readAllowed reads a list of allowed signers; times in it without a Z are in this
// system's time zone, as ssh-keygen has it.
func readAllowed(file string) (seal.Allowed, error) {
	text, err := readBounded(file, maxSealFile, os.Stat)
	if err != nil {
		return seal.Allowed{}, fmt.Errorf("reading the allowed signers: %w", err)
	}
	allowed, err := seal.ParseAllowed(text, time.Local)
	if err != nil {
		return seal.Allowed{}, fmt.Errorf("%s: %w", file, err)
	}
	return allowed, nil
}

// readRevoked reads a list of revoked keys.
func readRevoked(file string) (seal.Revoked, error) {
	text, err := readBounded(file, maxSealFile, os.Stat)
	if err != nil {
		return seal.Revoked{}, fmt.Errorf("reading the revoked keys: %w", err)
	}
	revoked, err := seal.ParseRevoked(text)
	if err != nil {
		return seal.Revoked{}, fmt.Errorf("%s: %w", file, err)
	}
	return revoked, nil
}

func readBounded(file string, limit int64, stat func(string) (os.FileInfo, error)) ([]byte, error) {
	info, err := stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s is no plain file of a usual size", file)
	}
	return os.ReadFile(file) //nolint:gosec // a file of the draft, or one that the user named
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
