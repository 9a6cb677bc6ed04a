package report

import (
	"strings"
	"testing"
)

// TestTemplateMemory: a template that comes with a draft cannot fill the memory by texts
// that it never writes.
func TestTemplateMemory(t *testing.T) {
	double := `{{$x := "aaaaaaaaaaaaaaaa"}}` + strings.Repeat(`{{$x = PRINT $x $x}}`, 40)
	for name, text := range map[string]string{
		"print":         strings.ReplaceAll(double, "PRINT", "print"),
		"printf":        strings.ReplaceAll(double, "PRINT", `printf "%s%s"`),
		"html":          strings.ReplaceAll(double, "PRINT", "html"),
		"a long format": `{{$x := "%[1]s"}}` + strings.Repeat(`{{$x = print $x $x}}`, 11) + `{{printf $x "a"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := CheckTemplate("own.md.tmpl", "own", text); err == nil || !strings.Contains(err.Error(), errPrinted.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
	if err := CheckTemplate("own.md.tmpl", "own", `{{printf "%s, %d" .Zone 3 | print | html}}{{"a b" | urlquery}}{{js "a"}}{{println "b"}}`); err != nil {
		t.Errorf("what templates need is refused: %v", err)
	}
}

// TestTemplatePrintsNoBareFact: however a template prints a fact, it is refused.
func TestTemplatePrintsNoBareFact(t *testing.T) {
	draft := rich(t).normal()
	for _, text := range []string{
		`{{range .Summary}}{{.}}{{end}}`, `{{.Summary}}`, `{{index .Summary 0}}`, `{{range .RecoveryRows}}{{.}}{{end}}`, `{{.Charts}}`,
		`{{range .Summary}}{{print .}}{{end}}`, `{{printf "%s" .Summary}}`, `{{printf "%+v" (index .RecoveryRows 0)}}`, `{{html .Summary}}`, `{{js .Summary}}`, `{{urlquery .Summary}}`,
		`{{with $x := index .Summary 0}}{{$x}}{{end}}`, `{{(index .Charts 0).Caption}}`,
	} {
		draft.Own = map[string]string{"own": text}
		if doc, err := markdown(several(draft, "own"), "own"); err == nil {
			t.Errorf("%s gives %.200q", text, doc)
		}
	}
	draft.Own = map[string]string{"own": `{{.Title}}{{with .Zone}}{{.}}{{end}}{{range .Summary}}{{say .}}{{end}}{{(index .Charts 0).Alt | html}}{{len .Summary}}`}
	if _, err := markdown(several(draft, "own"), "own"); err != nil {
		t.Errorf("what is allowed is refused: %v", err)
	}
}
