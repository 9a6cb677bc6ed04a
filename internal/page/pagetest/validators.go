package pagetest

import (
	_ "embed"
	"encoding/json"
	"testing"
)

//go:embed testdata/html-validate.min.js
var htmlValidate string

//go:embed testdata/markdownlint.min.js
var markdownlint string

// Validators judge texts in an empty tab: their code may do what our pages forbid.
type Validators struct{ tab *Tab }

// Validators loads the validators.
func (c Chromium) Validators(t testing.TB) Validators {
	t.Helper()
	tab := c.Tab(t, "about:blank")
	Eval[bool](tab, htmlValidate+"\n;true")
	Eval[bool](tab, markdownlint+"\n;true")
	return Validators{tab}
}

// HTML is what html-validate's standard rules, those of the WHATWG's text, find wrong.
func (v Validators) HTML(text string) []string {
	v.tab.t.Helper()
	return Eval[[]string](v.tab, "validateHTML("+quoted(text)+")")
}

// Markdown is what markdownlint finds wrong with all of its rules but one: a generated
// line is a statement or a row of a table, and as long as it is (MD013).
func (v Validators) Markdown(text string) []string {
	v.tab.t.Helper()
	return Eval[[]string](v.tab, "lintMarkdown("+quoted(text)+", {default: true, MD013: false})")
}

// quoted is a text as JavaScript writes it, of which JSON is a part.
func quoted(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string has a form
	}
	return string(data)
}
