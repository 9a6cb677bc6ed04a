package report

import (
	"errors"
	"fmt"
	"text/template"
)

// How long a text may be that a template makes without writing it: templates need no
// long ones, and variables that double at each line would fill the memory.
const (
	maxPrinted = 64 << 10 // bytes
	maxFormat  = 1 << 10  // bytes of the format of printf
)

var errPrinted = errors.New("a template makes a text that is too long")

// boundedPrint are the functions of text/template that make texts, with bounds.
func boundedPrint() template.FuncMap {
	return template.FuncMap{
		"print":    func(args ...any) (string, error) { return bounded(fmt.Sprint(args...)) },
		"println":  func(args ...any) (string, error) { return bounded(fmt.Sprintln(args...)) },
		"html":     func(args ...any) (string, error) { return bounded(template.HTMLEscaper(args...)) },
		"js":       func(args ...any) (string, error) { return bounded(template.JSEscaper(args...)) },
		"urlquery": func(args ...any) (string, error) { return bounded(template.URLQueryEscaper(args...)) },
		"printf": func(format string, args ...any) (string, error) {
			if len(format) > maxFormat {
				return "", errPrinted
			}
			return bounded(fmt.Sprintf(format, args...))
		},
	}
}

func bounded(text string) (string, error) {
	if len(text) > maxPrinted {
		return "", errPrinted
	}
	return text, nil
}
