package deployline

import (
	"regexp"
	"strings"
)

// patternSyntax reads lines by a regular expression with named groups.
type patternSyntax struct{ re *regexp.Regexp }

func newPatternSyntax(pattern string) (patternSyntax, error) {
	re, err := regexp.Compile(pattern)
	return patternSyntax{re}, err
}

func (p patternSyntax) parse(line string) (map[string]string, error) {
	m := p.re.FindStringSubmatch(line)
	if m == nil {
		return nil, ErrUnmatched
	}
	fields := map[string]string{}
	for i, name := range p.re.SubexpNames() {
		// Of several groups of one name (alternatives), the one that matched counts.
		if name != "" && m[i] != "" {
			fields[name] = m[i]
		}
	}
	return fields, nil
}

// rewrite changes the values of the named groups in place, and what stands
// between them as a text without a key. The result need not match the pattern any more.
func (p patternSyntax) rewrite(line string, change func(key, value string) string) (string, error) {
	m := p.re.FindStringSubmatchIndex(line)
	if m == nil {
		return "", ErrUnmatched
	}
	var out strings.Builder
	done := 0
	for i, name := range p.re.SubexpNames() {
		from, to := m[2*i], m[2*i+1]
		if name == "" || from < done || from == to { // unset, nested in the last one, or empty
			continue
		}
		out.WriteString(change("", line[done:from]))
		out.WriteString(change(name, line[from:to]))
		done = to
	}
	out.WriteString(change("", line[done:]))
	return out.String(), nil
}
