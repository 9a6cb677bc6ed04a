// Package forgetest is what the tests of GitHub and GitLab have in common: a configuration
// with a token, parts of a mock's answers, and the tests that differ in nothing but the
// forge.
package forgetest

import (
	"os"
	"path/filepath"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/forge"
)

// Bench opens one kind of forge over a server.
type Bench struct {
	// Interpret is the kind's.
	Interpret sources.Interpreter
	// Open makes a source of a forge with the repository acme/shop.
	Open func(t testing.TB, s Setup) *forge.Source
	// Token is what the mock wants to see; it must be seen nowhere else.
	Token string
}

// Setup is what differs from test to test.
type Setup struct {
	URL        string
	MaxBody    int64    // bytes of an answer; 0: forge.MaxBody
	Gates      bool     // ask what a commit went through before
	Repository string   // another one than acme/shop
	Further    []string // repositories beside it
	TokenEnv   string   // where a token stands; "": in a file, the right one
}

// Entry is the configuration of a forge with a token.
func (s Setup) Entry(t testing.TB, token string) forge.Entry {
	t.Helper()
	if s.TokenEnv != "" {
		return forge.Entry{URL: s.URL, TokenEnv: s.TokenEnv}
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return forge.Entry{URL: s.URL, TokenFile: file}
}

// Places calls add for each repository and what is deployed from it.
func (s Setup) Places(add func(repository string, p forge.Place)) {
	name := s.Repository
	if name == "" {
		name = "acme/shop"
	}
	add(name, forge.Place{Service: "checkout", Cluster: "shop", Gates: s.Gates})
	for _, further := range s.Further {
		add(further, forge.Place{})
	}
}

// config is a forge's configuration.
type config interface {
	SetDefaults()
	Validate() []sources.Problem
}

// Opened is the source of a configuration that is in order.
func Opened(t testing.TB, s Setup, c config, open func(maxBody int64) (*forge.Source, error)) *forge.Source {
	t.Helper()
	c.SetDefaults()
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.MaxBody == 0 {
		s.MaxBody = forge.MaxBody
	}
	source, err := open(s.MaxBody)
	if err != nil {
		t.Fatal(err)
	}
	return source
}
