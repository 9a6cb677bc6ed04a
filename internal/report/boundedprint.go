package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
)

// How long a text may be that a template makes without writing it: templates need no
// long ones, and variables that double at each line would fill the memory.
const (
	maxPrinted = 64 << 10 // bytes
	maxFormat  = 1 << 10  // bytes of the format of printf
)

var errPrinted = errors.New("a template makes a text that is too long")

// bareMark stands where a template prints a fact without say or row. No text has it:
// foreign text is printed without control characters.
const bareMark = "\x01fact without its evidence\x01"

// Format keeps a template from printing a statement by other ways than say.
func (s Statement) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, bareMark) }

// Format keeps a template from printing a row by other ways than row.
func (r Row) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, bareMark) }

// boundedPrint are the functions of text/template that make texts, with bounds.
func boundedPrint() template.FuncMap {
	bounded := func(make func(...any) string) func(...any) (string, error) {
		return func(args ...any) (string, error) { return checkPrinted(args, make) }
	}
	return template.FuncMap{
		"print":    bounded(fmt.Sprint),
		"println":  bounded(fmt.Sprintln),
		"html":     bounded(template.HTMLEscaper),
		"js":       bounded(template.JSEscaper),
		"urlquery": bounded(template.URLQueryEscaper),
		"printf": func(format string, args ...any) (string, error) {
			if len(format) > maxFormat {
				return "", errPrinted
			}
			return checkPrinted(args, func(args ...any) string { return fmt.Sprintf(format, args...) })
		},
	}
}

// checkPrinted makes a text of arguments, none of which is a bare fact.
func checkPrinted(args []any, make func(...any) string) (string, error) {
	if strings.Contains(fmt.Sprint(args...), bareMark) {
		return "", fmt.Errorf("a template %w", errBare)
	}
	text := make(args...)
	if len(text) > maxPrinted {
		return "", errPrinted
	}
	return text, nil
}
