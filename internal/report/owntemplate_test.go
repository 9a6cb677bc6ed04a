package report

import (
	"strings"
	"testing"
)

const ownText = `{{template "title" .}}

## What we tell the board

{{begin "board"}}
{{template "say" .Summary}}{{range .RecoveryRows}}{{row .}}
{{end}}{{end_ "board"}}

<!-- Ask: Who presents this? -->

## Searched and unseen

{{template "absence" .}}
`

func TestOwnTemplate(t *testing.T) {
	draft := several(rich(t), "board", "postmortem")
	draft.Own = map[string]string{"board": ownText}
	dir := write(t, draft)
	b, err := Read(dir)
	must(t, err)
	if len(b.Documents) != 2 || !strings.HasPrefix(b.Documents[1].Text, "<!-- collector:begin id=title ") || !strings.Contains(b.Documents[1].Text, "# Board: db2: replication stopped") {
		t.Errorf("%d documents", len(b.Documents))
	}
	found, err := Verify(dir, deriver(draft))
	if err != nil || len(found) > 0 {
		t.Errorf("Verify = %v, %v", found, err)
	}
	draft.Own["board"] = strings.Replace(ownText, "the board", "everybody", 1)
	if found, err = Verify(dir, deriver(draft)); err != nil || len(found) == 0 {
		t.Errorf("another template gives the same draft: %v, %v", found, err)
	}
}

func TestOwnTemplateInPlaceOfAnEmbeddedOne(t *testing.T) {
	draft := rich(t)
	draft.Own = map[string]string{DefaultTemplate: ownText}
	text, err := markdown(draft.normal(), DefaultTemplate)
	if err != nil || !strings.Contains(text, "What we tell the board") || strings.Contains(text, "14. Lessons learned") {
		t.Errorf("%v: %.200q", err, text)
	}
}

// TestEmbeddedTemplatesAsOwn: who copies an embedded document to change it gets no error.
func TestEmbeddedTemplatesAsOwn(t *testing.T) {
	for _, name := range Templates() {
		text, err := templates.ReadFile("templates/" + name + ".md.tmpl")
		must(t, err)
		if err := CheckTemplate(name+".md.tmpl", name, string(text)); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckTemplate(t *testing.T) {
	for name, x := range map[string]struct{ text, want string }{
		"fine":                {ownText, ""},
		"own block":           {`{{define "summary"}}{{begin "summary"}}` + "\n" + `{{end_ "summary"}}{{end}}{{template "summary" .}}`, ""},
		"not closed":          {"a\n{{range .Summary}}", "/etc/own.md.tmpl:2"},
		"no such function":    {"a\nb\n{{shout .Title}}", `/etc/own.md.tmpl:3: function "shout" not defined`},
		"no such name":        {"a\n\n{{.Titel}}", "/etc/own.md.tmpl:3:2: the data model has no .Titel"},
		"in a branch":         {"{{if .UTC}}\n{{.Wrong}}{{end}}", "/etc/own.md.tmpl:2:2: the data model has no .Wrong"},
		"in an else":          {"{{with .Summary}}{{else}}\n{{$.Wrong}}{{end}}", "the data model has no .Wrong"},
		"in a chain":          {"{{(index .Charts 0).Wrong}}", "the data model has no .Wrong"},
		"a bare fact":         {"{{range .Summary}}\n{{.Text}}{{end}}", "/etc/own.md.tmpl:2:2: .Text prints a fact without its evidence"},
		"a bare cell":         {"{{range .RecoveryRows}}{{index .Cells 0}}{{end}}", ".Cells prints a fact without its evidence"},
		"no such block":       {"a\n{{template \"nowhere\" .}}", `/etc/own.md.tmpl:2`},
		"a bad name of block": {`{{begin "A b"}}`, "a block is named by small letters"},
		"text behind begin":   {`{{begin "x"}}text` + "\n" + `{{end_ "x"}}`, `the block "x" would never be refreshed`},
		"no end_":             {`{{begin "x"}}` + "\ntext", `the block "x" would never be refreshed`},
		"a block twice":       {"{{template \"title\" .}}\n{{template \"title\" .}}", `the block "title" would never be refreshed`},
		"blocks on one line":  {"{{template \"title\" .}}{{template \"scope\" .}}", "begin and end_ have lines of their own"},
		"endless":             {`{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}`, "exceeded maximum template depth"},
		"huge":                {`{{range 1000000}}{{range 1000}}` + strings.Repeat("a", 1000) + `{{end}}{{end}}`, "writes more than 32 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckTemplate("/etc/own.md.tmpl", "own", x.text)
			if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
				t.Errorf("err = %v, want %q", err, x.want)
			}
		})
	}
	if err := CheckTemplate("/etc/Own.md.tmpl", "Own", ownText); err == nil {
		t.Error("a name with a capital was taken")
	}
}

// FuzzCheckTemplate: whatever people write, it is checked without a panic.
func FuzzCheckTemplate(f *testing.F) {
	f.Add(ownText)
	f.Add("{{range $i, $s := .Summary}}{{if gt $i 1}}{{break}}{{end}}{{say $s}}{{end}}")
	f.Add("{{(index .Charts 0).Caption | say}}{{/* c */}}{{with $x := .Zone}}{{$x}}{{end}}")
	for _, name := range Templates() {
		text, err := templates.ReadFile("templates/" + name + ".md.tmpl")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "range") && strings.ContainsAny(text, "0123456789") {
			return // it may count for long
		}
		_ = CheckTemplate("own.md.tmpl", "own", text)
	})
}
