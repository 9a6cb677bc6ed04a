package grafana

import (
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
)

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		token   string
		version string
		change  func(*Config)
		uid     string
		vars    map[string]string
		want    []string // a line each, in order
		fix     string   // somewhere
	}{
		"a viewer, nothing to write": {viewerToken, "", func(c *Config) { c.Annotate = false }, "snapdemo", nil,
			[]string{"ok version 9.4.0-pre", "ok the token is good", "ok snapshots can be made", "ok dashboard snapdemo: Snap demo, 3 panels"}, ""},
		"a viewer who should write": {viewerToken, "", nil, "snapdemo", nil,
			[]string{"ok version", "ok the token", "failed the token may not write annotations", "ok snapshots", "ok dashboard"}, "role Editor"},
		"an editor":         {editorToken, "", nil, "snapdemo", nil, []string{"ok version", "ok the token", "ok annotations can be written", "ok snapshots", "ok dashboard"}, ""},
		"snapshots:create":  {editorToken, "12.1.0", nil, "snapdemo", nil, []string{"ok version 12.1.0", "ok the token", "ok annotations", "failed the token may not make snapshots", "ok dashboard"}, "snapshots:create"},
		"a wrong token":     {"glsa_wrong", "", nil, "snapdemo", nil, []string{"ok version", "failed refuses the token"}, "Service accounts"},
		"no such dashboard": {editorToken, "", nil, "nope", nil, []string{"ok version", "ok the token", "ok annotations", "ok snapshots", "failed there is no dashboard with the UID nope"}, "/d/"},
		"no such variable":  {editorToken, "", nil, "snapdemo", map[string]string{"instanc": "{{target}}"}, []string{"ok version", "ok the token", "ok annotations", "ok snapshots", "ok dashboard", "degraded dashboard snapdemo has no variable instanc"}, "correct its name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if tt.version != "" {
				f.Version = tt.version
			}
			s := over(t, sourcetest.Serve(t, f), tt.token, tt.change, DashboardConfig{UID: tt.uid, Vars: tt.vars})
			lines := s.Check(t.Context())
			fixes := ""
			for i, d := range lines {
				line := d.Level.String() + " " + d.Text
				if i >= len(tt.want) || !strings.HasPrefix(line, tt.want[i]) {
					t.Errorf("line %d: %s", i, line)
				}
				if d.Level == sources.Failed && len(d.Fix) == 0 {
					t.Errorf("no fix for %s", line)
				}
				fixes += strings.Join(d.Fix, "\n")
			}
			if len(lines) != len(tt.want) || !strings.Contains(fixes, tt.fix) {
				t.Errorf("%d lines, want %d; fixes %q, want %q", len(lines), len(tt.want), fixes, tt.fix)
			}
			if len(f.Posted()) > 0 || f.Count("POST") > 0 {
				t.Error("a check created something")
			}
		})
	}
}
