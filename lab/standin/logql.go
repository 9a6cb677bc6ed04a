package standin

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// logQuery is a selector of streams with line filters.
type logQuery struct {
	matchers []labelMatcher
	filters  []lineFilter
	metric   bool // it computes numbers; nothing else is known of it
}

type labelMatcher struct {
	name, op, value string
	re              *regexp.Regexp
}

type lineFilter struct {
	op, value string
	re        *regexp.Regexp
}

// logqlParser goes through a query.
type logqlParser struct{ text, rest string }

// parseLogQL reads a query. Its errors are in Loki's form.
func parseLogQL(text string) (logQuery, error) {
	p := &logqlParser{text: text, rest: text}
	var q logQuery
	p.blank()
	if metricStart.MatchString(p.rest) {
		q.metric = true
		return q, nil
	}
	if !p.take("{") {
		return q, p.fail("expecting {")
	}
	for p.blank(); !p.take("}"); p.blank() {
		m, err := p.matcher()
		if err != nil {
			return q, err
		}
		q.matchers = append(q.matchers, m)
		if p.blank(); !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return q, p.fail("expecting } or ,")
		}
	}
	if !q.positive() {
		return q, errors.New(`parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will`)
	}
	for p.blank(); p.rest != ""; p.blank() {
		f, err := p.filter()
		if err != nil {
			return q, err
		}
		q.filters = append(q.filters, f)
	}
	return q, nil
}

var (
	metricStart = regexp.MustCompile(`^[a-z_]+\s*(?:\(|by\b|without\b)`)
	labelName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
)

func (p *logqlParser) blank() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *logqlParser) take(what string) bool {
	rest, found := strings.CutPrefix(p.rest, what)
	p.rest = rest
	return found
}

func (p *logqlParser) fail(why string) error {
	return fmt.Errorf("parse error at line 1, col %d: syntax error: %s", len(p.text)-len(p.rest)+1, why)
}

// one takes the first of several operators that is there.
func (p *logqlParser) one(operators ...string) string {
	for _, op := range operators {
		if p.take(op) {
			return op
		}
	}
	return ""
}

func (p *logqlParser) quoted() (string, error) {
	p.blank()
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		return "", p.fail("expecting STRING")
	}
	p.rest = p.rest[len(quoted):]
	return strconv.Unquote(quoted)
}

func (p *logqlParser) matcher() (m labelMatcher, err error) {
	if m.name = labelName.FindString(p.rest); m.name == "" {
		return m, p.fail("expecting IDENTIFIER")
	}
	p.take(m.name)
	p.blank()
	if m.op = p.one("=~", "!~", "!=", "="); m.op == "" {
		return m, p.fail("expecting an operator")
	}
	if m.value, err = p.quoted(); err != nil {
		return m, err
	}
	m.re, err = pattern(m.op, "^(?:"+m.value+")$")
	return m, err
}

func (p *logqlParser) filter() (f lineFilter, err error) {
	if f.op = p.one("|=", "|~", "!=", "!~"); f.op == "" {
		return f, p.fail("the stand-in knows line filters only")
	}
	if f.value, err = p.quoted(); err != nil {
		return f, err
	}
	f.re, err = pattern(f.op, f.value)
	return f, err
}

// pattern compiles what follows an operator with a tilde.
func pattern(op, text string) (*regexp.Regexp, error) {
	if !strings.HasSuffix(op, "~") {
		return nil, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("parse error : %w", err)
	}
	return re, nil
}

func (m labelMatcher) matches(value string) bool {
	switch m.op {
	case "=":
		return value == m.value
	case "!=":
		return value != m.value
	case "=~":
		return m.re.MatchString(value)
	}
	return !m.re.MatchString(value)
}

// positive reports whether a matcher asks for something: Loki refuses to read all.
func (q logQuery) positive() bool {
	for _, m := range q.matchers {
		if !m.matches("") {
			return true
		}
	}
	return false
}

func (q logQuery) selects(labels map[string]string) bool {
	for _, m := range q.matchers {
		if !m.matches(labels[m.name]) {
			return false
		}
	}
	return true
}

func (q logQuery) passes(line string) bool {
	for _, f := range q.filters {
		found := f.re == nil && strings.Contains(line, f.value) || f.re != nil && f.re.MatchString(line)
		if found == strings.HasPrefix(f.op, "!") {
			return false
		}
	}
	return true
}
