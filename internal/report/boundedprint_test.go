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
