package seal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Allowed is a list of allowed signers: whose keys these are, what for and when
// (ALLOWED SIGNERS in ssh-keygen(1)).
type Allowed struct{ entries []entry }

// entry is one line of the list.
type entry struct {
	line          int
	principals    string // a list of patterns
	key           ssh.PublicKey
	authority     bool   // the key signs certificates
	namespaces    string // a list of patterns; "" is every namespace
	after, before time.Time
}

const (
	maxAllowed     = 4 << 20 // bytes of a list
	maxAllowedLine = 64 << 10
)

// ParseAllowed reads a list of allowed signers. Times without a Z are in zone, as
// ssh-keygen reads them in the zone of its system. A line that is not understood is
// an error that names it: leaving it out could allow what it forbids, or the other
// way round. Keys of a type that this program does not know are left out.
func ParseAllowed(text []byte, zone *time.Location) (Allowed, error) {
	var a Allowed
	if len(text) > maxAllowed {
		return a, fmt.Errorf("the list of allowed signers has more than %d MiB", maxAllowed>>20)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseEntry(line, zone)
		if errors.Is(err, errUnknownKey) {
			continue
		}
		if err != nil {
			return Allowed{}, fmt.Errorf("line %d of the allowed signers: %w", i+1, err)
		}
		e.line = i + 1
		a.entries = append(a.entries, e)
	}
	return a, nil
}

// parseEntry reads “principals [options] keytype key [comment]”.
func parseEntry(line string, zone *time.Location) (entry, error) {
	var e entry
	if len(line) > maxAllowedLine {
		return e, errors.New("it is too long")
	}
	var err error
	if e.principals, line, err = cutPrincipals(line); err != nil {
		return e, err
	}
	if e.key, err = parseKey(line); !errors.Is(err, errNoForm) { // a key at once, no options
		return e, err
	}
	options, rest, err := cutOptions(line)
	if err != nil {
		return e, err
	}
	if err := e.parseOptions(options, zone); err != nil {
		return e, err
	}
	e.key, err = parseKey(rest)
	return e, err
}

var errNoForm = errors.New("it is not “name key” or “name options key”")

// cutPrincipals takes the first word, which may stand in quotes.
func cutPrincipals(line string) (principals, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		if principals, rest, ok = strings.Cut(quoted, `"`); !ok {
			return "", "", errors.New("a quote does not end")
		}
	} else {
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			return "", "", errNoForm
		}
		principals, rest = line[:end], line[end:]
	}
	if principals == "" || strings.Contains(principals, `"`) {
		return "", "", errNoForm
	}
	return principals, strings.TrimLeft(rest, " \t"), nil
}

// errUnknownKey says that a key is well-formed and of a type that we do not know.
var errUnknownKey = errors.New("the key is of a type that is not known here")

// keyTypes begin the names of types of keys.
var keyTypes = []string{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "webauthn-"}

// parseKey reads “keytype key [comment]”.
func parseKey(text string) (ssh.PublicKey, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 || !slices.ContainsFunc(keyTypes, func(t string) bool { return strings.HasPrefix(fields[0], t) }) {
		return nil, errNoForm
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(fields[0] + " " + fields[1]))
	if err != nil || len(options) > 0 {
		if !slices.Contains(knownKeys, fields[0]) {
			return nil, errUnknownKey
		}
		return nil, errors.New("the key cannot be read")
	}
	return key, nil
}

var knownKeys = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoRSA, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// cutOptions takes the options: up to a blank that is not in quotes.
func cutOptions(line string) (options, rest string, err error) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			return line[:i], strings.TrimLeft(line[i:], " \t"), nil
		}
	}
	return "", "", errNoForm
}

// parseOptions reads “cert-authority,namespaces="…",valid-after="…"”.
func (e *entry) parseOptions(text string, zone *time.Location) error {
	seen := map[string]bool{}
	for {
		name, value, rest, err := cutOption(text)
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("the option %s stands there twice", name)
		}
		seen[name] = true
		switch {
		case name == "cert-authority" && value == "":
			e.authority = true
		case name == "namespaces" && value != "":
			e.namespaces = value
		case name == "valid-after" && value != "":
			e.after, err = parseTime(value, zone)
		case name == "valid-before" && value != "":
			e.before, err = parseTime(value, zone)
		default:
			return fmt.Errorf("the option %q is not known", name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if rest == "" {
			break
		}
		text = rest
	}
	if !e.after.IsZero() && !e.before.IsZero() && !e.after.Before(e.before) {
		return errors.New("valid-before is not after valid-after")
	}
	return nil
}

// cutOption takes the first option and its value without quotes.
func cutOption(text string) (name, value, rest string, err error) {
	end := strings.IndexAny(text, ",=")
	if end < 0 {
		return strings.ToLower(text), "", "", nil
	}
	name, rest = strings.ToLower(text[:end]), text[end+1:]
	if text[end] == ',' {
		if rest == "" {
			return "", "", "", errors.New("the options end in a comma")
		}
		return name, "", rest, nil
	}
	quoted, ok := strings.CutPrefix(rest, `"`)
	if !ok {
		return "", "", "", fmt.Errorf("the value of %s does not stand in quotes", name)
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch {
		case quoted[i] == '\\' && i+1 < len(quoted) && quoted[i+1] == '"':
			b.WriteByte('"')
			i++
		case quoted[i] == '"':
			rest = quoted[i+1:]
			if after, more := strings.CutPrefix(rest, ","); more && after != "" {
				return name, b.String(), after, nil
			}
			if rest != "" {
				return "", "", "", fmt.Errorf("something stands behind the value of %s", name)
			}
			return name, b.String(), "", nil
		default:
			b.WriteByte(quoted[i])
		}
	}
	return "", "", "", fmt.Errorf("the value of %s does not end", name)
}

// parseTime reads YYYYMMDD or YYYYMMDDHHMM[SS], in UTC when a Z follows.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	digits := text
	if utc, ok := strings.CutSuffix(strings.ToUpper(text), "Z"); ok {
		digits, zone = utc, time.UTC
	}
	layout, ok := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}[len(digits)]
	if !ok {
		return time.Time{}, fmt.Errorf("the time %q is not YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC", text)
	}
	at, err := time.ParseInLocation(layout, digits, zone)
	if err != nil || at.Unix() <= 0 {
		return time.Time{}, fmt.Errorf("the time %q is none", text)
	}
	return at, nil
}

// same reports whether two keys are one.
func same(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
