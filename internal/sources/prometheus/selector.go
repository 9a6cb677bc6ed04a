package prometheus

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

// matcher is one label matcher of a PromQL selector.
type matcher struct{ name, op, value string }

func (m matcher) String() string { return m.name + m.op + strconv.Quote(m.value) }

// parseSelector reads the matchers of a selector such as {team="dba",severity!~"info|none"}.
// The braces may be left out. Escapes are those of PromQL's double-quoted strings.
func parseSelector(text string) ([]matcher, error) {
	rest := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(rest, "{"); ok {
		if rest, ok = strings.CutSuffix(inner, "}"); !ok {
			return nil, fmt.Errorf("%q has no closing brace", text)
		}
	}
	var ms []matcher
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		m, after, err := parseMatcher(rest)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		ms = append(ms, m)
		after = strings.TrimSpace(after)
		if rest = strings.TrimPrefix(after, ","); rest == after && after != "" {
			return nil, fmt.Errorf("%q: a comma is missing before %q", text, after)
		}
	}
	return ms, nil
}

func parseMatcher(text string) (m matcher, rest string, err error) {
	end := strings.IndexAny(text, "=!")
	if end < 0 {
		return m, "", errors.New("a matcher has no operator")
	}
	m.name = strings.TrimSpace(text[:end])
	if !model.LegacyValidation.IsValidLabelName(m.name) {
		return m, "", fmt.Errorf("%q is not a label name", m.name)
	}
	for _, op := range []string{"=~", "!~", "!=", "="} {
		if strings.HasPrefix(text[end:], op) {
			m.op = op
			break
		}
	}
	if m.op == "" {
		return m, "", fmt.Errorf("the operator after %s is none of = != =~ !~", m.name)
	}
	text = strings.TrimSpace(text[end+len(m.op):])
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil || quoted[0] != '"' {
		return m, "", fmt.Errorf("the value of %s is not in double quotes", m.name)
	}
	if m.value, err = strconv.Unquote(quoted); err != nil {
		return m, "", fmt.Errorf("the value of %s: %w", m.name, err)
	}
	if strings.HasSuffix(m.op, "~") {
		if _, err := regexp.Compile("^(?:" + m.value + ")$"); err != nil {
			return m, "", fmt.Errorf("the value of %s is not a regular expression", m.name)
		}
	}
	return m, text[len(quoted):], nil
}

// selector writes matchers as PromQL.
func selector(metric string, ms ...matcher) string {
	if len(ms) == 0 {
		return metric
	}
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.String()
	}
	return metric + "{" + strings.Join(parts, ",") + "}"
}

// scopeMatchers restrict a query to the scope's clusters on the server's side. A
// series without the label is let through: it is decided by its target.
func scopeMatchers(clusterLabel string, scope timeline.Scope) []matcher {
	if len(scope.Clusters) == 0 {
		return nil
	}
	names := make([]string, 0, len(scope.Clusters)+1)
	for _, c := range scope.Clusters {
		names = append(names, regexp.QuoteMeta(c))
	}
	return []matcher{{clusterLabel, "=~", strings.Join(append(names, ""), "|")}}
}
