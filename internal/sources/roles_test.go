package sources

import (
	"strings"
	"testing"
)

func TestRoles(t *testing.T) {
	roles, err := NewRoles([]RoleRule{{`^shop_`, "the shop application"}, {`^shop_admin$`, "never reached"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ got, want string }{
		"a rule":                  {roles.Account("shop_app"), "the shop application"},
		"the first rule wins":     {roles.Account("shop_admin"), "the shop application"},
		"an account":              {roles.Account("bob"), "account-81b6"},
		"the same without a rule": {Roles{}.Account("bob"), "account-81b6"},
		"a host":                  {roles.Host("bob"), "host-81b6"},
		"nobody":                  {roles.Account(""), ""},
		"unmasked":                {roles.Unmasked().Account("bob"), "bob"},
		"unmasked beats a rule":   {roles.Unmasked().Host("shop_app"), "shop_app"},
		"unmasked, hostile":       {roles.Unmasked().Account("b\u202eo\x00b\xff"), "bob"},
		"unmasked, endless":       {roles.Unmasked().Account(strings.Repeat("ü", 5000)), strings.Repeat("ü", longestName) + "…"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
	if _, err := NewRoles([]RoleRule{{"(", "x"}}); err == nil || !strings.Contains(err.Error(), "report.roles[0].match") {
		t.Errorf("a rule that is no expression: %v", err)
	}
}
