package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxStatement = 16 << 20 // bytes
	maxIdentity  = 256      // bytes of a name
)

// Statement is what a seal says. Equal statements give equal bytes.
type Statement struct {
	Draft    string    // name of the draft's directory when it was sealed
	Identity string    // who seals, as a list of allowed signers names them
	At       time.Time // when, by the signer's own clock, in whole seconds
	Version  string    // of the collector that wrote the statement
	Files    []File    // every file of the draft, sorted by name
}

// File is one file of a sealed draft.
type File struct {
	Name   string // relative to the draft's directory, with slashes
	SHA256 string // lower-case hex
}

// The lines of a statement that hold a value; sha256sum takes all of them for
// comments.
const (
	firstLine    = "# collector seal v1"
	draftKey     = "# draft: "
	identityKey  = "# sealed by (claimed): "
	atKey        = "# sealed at (claimed): "
	versionKey   = "# collector: "
	verifyLine   = "# ssh-keygen -Y verify -f allowed_signers -I NAME -n " + Namespace + " -s SEAL.sig < SEAL"
	checkLine    = "# sha256sum --check SEAL"
	headerLength = 7
)

// Marshal writes the statement. It fails on a value that cannot stand in it.
func (s Statement) Marshal() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("writing the seal: %w", err)
	}
	var b bytes.Buffer
	for _, line := range []string{
		firstLine, draftKey + s.Draft, identityKey + s.Identity, atKey + s.At.UTC().Format(time.RFC3339),
		versionKey + s.Version, verifyLine, checkLine,
	} {
		b.WriteString(line + "\n")
	}
	for _, f := range s.Files {
		b.WriteString(f.SHA256 + "  " + f.Name + "\n")
	}
	if b.Len() > maxStatement {
		return nil, errors.New("writing the seal: the draft has too many files")
	}
	return b.Bytes(), nil
}

func (s Statement) validate() error {
	for _, v := range []struct{ what, value string }{{"the draft's name", s.Draft}, {"the identity", s.Identity}, {"the version", s.Version}} {
		if v.value == "" || len(v.value) > maxIdentity || v.value != strings.TrimSpace(v.value) || !printable(v.value) {
			return fmt.Errorf("%s %q is empty, too long or not printable", v.what, v.value)
		}
	}
	if y := s.At.UTC().Year(); s.At.IsZero() || y < 1970 || y > 9999 {
		return fmt.Errorf("the time %s cannot be that of a seal", s.At)
	}
	if len(s.Files) == 0 {
		return errors.New("there is no file to seal")
	}
	for i, f := range s.Files {
		if !printable(f.Name) || f.Name == "" || path.IsAbs(f.Name) || path.Clean(f.Name) != f.Name || strings.HasPrefix(f.Name, "..") {
			return fmt.Errorf("the file name %q cannot stand in a list of sums: rename it", f.Name)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 || strings.ToLower(f.SHA256) != f.SHA256 {
			return fmt.Errorf("the sum of %q is no SHA-256", f.Name)
		}
		if i > 0 && s.Files[i-1].Name >= f.Name {
			return fmt.Errorf("the file names are not sorted: %q", f.Name)
		}
	}
	return nil
}

// printable reports whether a text is valid and without control characters; a
// backslash means something to sha256sum at the start of a line, so it is out too.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' })
}

var errNoStatement = errors.New("it is not a seal of collector, or not of a version that this collector knows")

// Parse reads a statement. Only what Marshal writes is one, byte for byte, so that
// nobody reads something else into what was signed.
func Parse(text []byte) (Statement, error) {
	var s Statement
	if len(text) > maxStatement {
		return s, fmt.Errorf("reading the seal: %w", errNoStatement)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) <= headerLength || lines[0] != firstLine {
		return s, fmt.Errorf("reading the seal: %w", errNoStatement)
	}
	var at string
	for i, v := range []struct {
		key   string
		value *string
	}{{draftKey, &s.Draft}, {identityKey, &s.Identity}, {atKey, &at}, {versionKey, &s.Version}} {
		var ok bool
		if *v.value, ok = strings.CutPrefix(lines[i+1], v.key); !ok {
			return s, fmt.Errorf("reading the seal: line %d: %w", i+2, errNoStatement)
		}
	}
	var err error
	if s.At, err = time.Parse(time.RFC3339, at); err != nil {
		return s, fmt.Errorf("reading the seal: %w", err)
	}
	for _, line := range lines[headerLength:] {
		sum, name, _ := strings.Cut(line, "  ")
		s.Files = append(s.Files, File{name, sum})
	}
	again, err := s.Marshal()
	if err != nil {
		return Statement{}, fmt.Errorf("reading the seal: %w", err)
	}
	if !bytes.Equal(again, text) {
		return Statement{}, fmt.Errorf("reading the seal: %w", errNoStatement)
	}
	return s, nil
}

// Change is a file that is not as it was when the draft was sealed.
type Change struct{ Name, Text string }

// Changes compares the sealed files with those that are there now, which must be
// sorted by name.
func (s Statement) Changes(now []File) []Change {
	var out []Change
	byName := func(f File, name string) int { return strings.Compare(f.Name, name) }
	for _, f := range s.Files {
		i, found := slices.BinarySearchFunc(now, f.Name, byName)
		switch {
		case !found:
			out = append(out, Change{f.Name, "it was there when the draft was sealed, and is gone"})
		case now[i].SHA256 != f.SHA256:
			out = append(out, Change{f.Name, "it was changed since the draft was sealed"})
		}
	}
	for _, f := range now {
		if _, found := slices.BinarySearchFunc(s.Files, f.Name, byName); !found {
			out = append(out, Change{f.Name, "it was put there since the draft was sealed"})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return out
}
