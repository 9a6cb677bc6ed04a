package deployline

import (
	"maps"
	"testing"
)

// TestGateFields: a line's gates are kept as attributes, nested in JSON or dotted in
// logfmt, and survive masking; docs/dea.md has what they mean.
func TestGateFields(t *testing.T) {
	for name, c := range map[string]struct{ format, line string }{
		"json":   {FormatJSON, `{"time":"2024-07-12T09:12:10Z","service":"shop","event":"deploy_finished","commit_time":"2024-07-11T14:20:00Z","pull_request":128,"gates":{"review":"passed 2024-07-11T15:00:00Z","staging":"skipped"},"dba_review":"missing"}`},
		"logfmt": {FormatLogfmt, `time=2024-07-12T09:12:10Z service=shop event=deploy_finished commit_time=2024-07-11T14:20:00Z pull_request=128 gates.review="passed 2024-07-11T15:00:00Z" gates.staging=skipped dba_review=missing`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Grammar{Format: c.format, Timezone: "UTC"}.Reader()
			if err != nil {
				t.Fatal(err)
			}
			m := NewMasker(r, roles(t))
			m.Ready()
			line, err := m.Line(Line{File: "deploy.log", Text: c.line})
			if err != nil {
				t.Fatal(err)
			}
			ep, err := r.Episode(Lines{Lines: []Line{line}})
			if err != nil {
				t.Fatal(err)
			}
			got := ep.Event("deploylog", "deploylog-00000001").Attributes
			want := map[string]string{
				"outcome": finished, FieldService: "shop", "start_logged": "no", "commit_time": "2024-07-11T14:20:00Z", "pull_request": "128",
				"gates.review": "passed 2024-07-11T15:00:00Z", "gates.staging": "skipped", "dba_review": "missing",
			}
			if !maps.Equal(got, want) {
				t.Errorf("%v\nwant %v", got, want)
			}
		})
	}
}
