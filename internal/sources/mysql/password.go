package mysql

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// secret prints as <secret> in every format.
type secret struct{ value string }

const hidden = "<secret>"

func (s secret) String() string               { return hidden }
func (s secret) GoString() string             { return hidden }
func (s secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// scrub removes the secret from an error's text. The driver puts no password
// into its errors; a server or a proxy that echoes one must not get it logged.
func (s secret) scrub(err error) error {
	if err == nil || s.value == "" || !strings.Contains(err.Error(), s.value) {
		return err
	}
	return &scrubbed{text: strings.ReplaceAll(err.Error(), s.value, hidden), err: err}
}

// scrubbed is an error that reads differently; errors.Is and errors.As still see
// what it was.
type scrubbed struct {
	text string
	err  error
}

func (e *scrubbed) Error() string { return e.text }

// Is compares with what was wrapped, without handing its text out as Unwrap would.
func (e *scrubbed) Is(target error) bool { return errors.Is(e.err, target) }

// As finds an error of a type in what was wrapped.
func (e *scrubbed) As(target any) bool { return errors.As(e.err, target) }

// password reads the account's password: the first line of the file, or the
// environment variable. Without either it is empty.
func (c *Config) password() (secret, error) {
	switch {
	case c.PasswordFile != "":
		text, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return secret{}, fmt.Errorf("reading password_file: %w", err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		return secret{strings.TrimSuffix(line, "\r")}, nil
	case c.PasswordEnv != "":
		value, ok := os.LookupEnv(c.PasswordEnv)
		if !ok {
			return secret{}, fmt.Errorf("password_env: the environment has no %s: export it, or use password_file", c.PasswordEnv)
		}
		return secret{value}, nil
	}
	return secret{}, nil
}

// passwordWarning says that everybody on the machine can read the password file.
func (c *Config) passwordWarning() (warning, fix string) {
	if c.PasswordFile == "" {
		return "", ""
	}
	info, err := os.Stat(c.PasswordFile)
	if err != nil || info.Mode().Perm()&otherRead == 0 {
		return "", ""
	}
	return fmt.Sprintf("every user of this machine can read %s (mode %04o)", c.PasswordFile, info.Mode().Perm()),
		"chmod o-rwx " + c.PasswordFile
}

// otherRead is the permission bit that lets everybody read a file.
const otherRead fs.FileMode = 0o004
