package forge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"collector/internal/sources"
)

func TestMasked(t *testing.T) {
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: `@example\.com$`, Role: "a developer"}})
	if err != nil {
		t.Fatal(err)
	}
	m := masker{roles: roles, repository: "mallory/shop"}
	mallory := Person{"mallory-doe", "Mallory Doe"}
	alias := m.person(mallory)
	people := []Person{mallory, {"eve@example.com", "Eve"}, {"root"}}
	tests := []struct{ name, text, want string }{
		{"nothing to hide", "Deployment finished successfully.", "Deployment finished successfully."},
		{"a name in any case", "MALLORY DOE's fix", alias + "'s fix"},
		{"a login in a branch", "mallory-doe/fix-checkout", alias + "/fix-checkout"},
		{"a role by any form of the name", "reviewed by Eve", "reviewed by a developer"},
		{"a part of a word", "every evening", "every evening"},
		{"a common word", "chown root /srv", "chown root /srv"},
		{"a stranger's address", "ask zoe@elsewhere.org", "ask " + m.person(Person{"zoe@elsewhere.org"})},
		{"a password", "password=hunter2 did not work", "password=<redacted> did not work"},
		{"a literal", "UPDATE users SET name = 'hunter2'", "UPDATE users SET name = ?"},
		{"controls and directions", "a\x00b\n\u202ec\u2028d", "a b c d"},
		{"not UTF-8", "a\xff", "a\uFFFD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := m.text(tt.text, m.names(people), maxText); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	m := masker{repository: "mallory/shop"}
	names := m.names([]Person{{"mallory"}})
	tests := []struct{ name, link, want string }{
		{"a run", "https://github.com/acme/shop/actions/runs/7/job/8", "https://github.com/acme/shop/actions/runs/7/job/8"},
		{"a query", "https://ci.example/7?token=abc#top", "https://ci.example/7"},
		{"a user", "https://bot:hunter2@ci.example/7", "https://ci.example/7"},
		{"a script", "javascript:alert(1)", ""},
		{"no host", "https:///7", ""},
		{"a path", "/etc/passwd", ""},
		{"a person", "https://ci.example/users/mallory/7", ""},
		{"the configured repository", "https://github.com/mallory/shop/actions/runs/7", "https://github.com/mallory/shop/actions/runs/7"},
		{"a secret in the path", "https://ci.example/token=abcdefgh/7", ""},
		{"endless", "https://ci.example/" + strings.Repeat("7", 600), ""},
		{"a line break", "https://ci.example/\n7", ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := m.link(tt.link, names); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestWords: a state is never taken for somebody of that name.
func TestWords(t *testing.T) {
	told := Told{
		Deployment: Deployment{ID: 1, Environment: "production", CreatedAt: at("09:00:00"), Task: "Deploy it, Mallory!", Status: "success",
			Statuses: []Status{{State: "success", At: at("09:01:00")}, {State: "in_progress", At: at("09:00:30")}, {State: "", At: at("09:00:40")}, {State: "success"}}},
		People: []Person{{"success"}, {"production-admin"}},
	}
	d := masker{}.deployment(told)
	if d.Status != "success" || d.Task != "other" || len(d.Statuses) != 2 || d.Statuses[0].State != "in_progress" || d.Statuses[1].State != "success" {
		t.Errorf("%+v", d)
	}
	if told.Statuses[0].State != "success" {
		t.Error("what was told was changed")
	}
}

func TestLine(t *testing.T) {
	for _, limit := range []int{10, 11, 12, 13} {
		if got := line(strings.Repeat("é", 500), limit); len(got) > limit || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("limit %d: %q", limit, got)
		}
	}
}
