package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// RoleRule maps accounts, client hosts and commit authors to a role.
type RoleRule struct {
	Match string `yaml:"match"` // regular expression on the account's name
	Role  string `yaml:"role"`  // "the shop application"
}

// Roles names roles instead of people. The zero value knows no role and gives
// every name a stable alias.
type Roles struct {
	rules    []compiledRule
	unmasked bool
}

type compiledRule struct {
	match *regexp.Regexp
	role  string
}

// NewRoles compiles the rules of `report.roles`; the first that matches wins.
func NewRoles(rules []RoleRule) (Roles, error) {
	var r Roles
	for i, rule := range rules {
		re, err := regexp.Compile(rule.Match)
		if err != nil {
			return Roles{}, fmt.Errorf("report.roles[%d].match: %w", i, err)
		}
		r.rules = append(r.rules, compiledRule{re, rule.Role})
	}
	return r, nil
}

// Unmasked gives every name as it is. A document that is made with it says so.
func (r Roles) Unmasked() Roles { return Roles{unmasked: true} }

// Account is the role of a database account or a commit author, or an alias
// such as account-1f3c that is the same wherever the same name stands.
func (r Roles) Account(name string) string { return r.name("account", name) }

// Host is the role of a client host, or an alias such as host-9a01.
func (r Roles) Host(name string) string { return r.name("host", name) }

// longestName is how many characters of a name are written.
const longestName = 200

// written is a name as a record may hold it: names come from anywhere.
func written(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > longestName {
		return string(runes[:longestName]) + "…"
	}
	return name
}

func (r Roles) name(prefix, name string) string {
	if r.unmasked {
		return written(name)
	}
	if name == "" {
		return ""
	}
	for _, rule := range r.rules {
		if rule.match.MatchString(name) {
			return rule.role
		}
	}
	sum := sha256.Sum256([]byte(name))
	return prefix + "-" + hex.EncodeToString(sum[:2])
}
