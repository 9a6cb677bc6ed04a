package sqltext

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/DataDog/go-sqllexer"
)

// MaxInput is how many bytes of a statement are looked at; a server is asked for
// no more than as many characters. MaxOutput is how many bytes of a normalised statement are
// kept.
const (
	MaxInput  = 8 << 10
	MaxOutput = 2 << 10
)

// cut ends a statement that was longer than MaxOutput.
const cut = " …"

// A Normalizer is safe for concurrent use.
type Normalizer struct {
	lexer *sqllexer.Normalizer
	rows  *regexp.Regexp
}

// NewNormalizer returns a normaliser of MySQL and MariaDB statements.
func NewNormalizer() *Normalizer {
	return &Normalizer{
		lexer: sqllexer.NewNormalizer(
			sqllexer.WithKeepSQLAlias(true),
			sqllexer.WithUppercaseKeywords(true),
			sqllexer.WithKeepIdentifierQuotation(true),
			sqllexer.WithRemoveSpaceBetweenParentheses(true),
		),
		rows: regexp.MustCompile(`(\( ?\? ?\))(?:, ?\( ?\? ?\))+`),
	}
}

// Normalize returns the statement's shape: every literal is ?, comments are gone,
// lists of literals and rows of lists are one, white space is single. The text
// may end anywhere and need not be valid SQL or UTF-8; whatever is in doubt
// becomes ?. The result is valid UTF-8 of at most MaxOutput bytes.
func (n *Normalizer) Normalize(statement string) string {
	if len(statement) > MaxInput {
		statement = statement[:MaxInput]
	}
	masked := mask(statement)
	shaped, _, err := n.lexer.Normalize(masked, sqllexer.WithDBMS(sqllexer.DBMSMySQL))
	if err != nil || (shaped == "" && strings.TrimSpace(masked) != "") {
		shaped = strings.Join(strings.Fields(masked), " ")
	}
	shaped = strings.ToValidUTF8(shaped, "?") // the lexer may cut within a character
	return shorten(n.rows.ReplaceAllString(shaped, "$1"))
}

// mask replaces each stretch that holds a literal by ? and each other comment by
// a space. A sign that belongs to a number goes with it.
func mask(statement string) string {
	var out strings.Builder
	out.Grow(len(statement))
	classes := classify(statement)
	for i := 0; i < len(statement); {
		worst, end := code, i
		for end < len(statement) && classes[end] != code {
			worst = max(worst, classes[end])
			end++
		}
		switch {
		case end == i:
			if !foldsSign(statement, classes, i) {
				out.WriteByte(statement[i])
			}
			i++
			continue
		case worst == literal:
			placeholder(&out)
		default:
			out.WriteByte(' ')
		}
		i = end
	}
	return strings.ToValidUTF8(out.String(), "?")
}

// placeholder writes one ? apart from its neighbours; 'a' 'b' is one string, and
// so is what two readings tear apart.
func placeholder(out *strings.Builder) {
	written := strings.TrimRight(out.String(), " \t\r\n")
	if !strings.HasSuffix(written, "?") {
		out.WriteString(" ?")
	}
	out.WriteByte(' ')
}

// foldsSign reports whether the byte at i is the sign of a literal right after
// it: in "= -5" and "(-5" it is, in "a -5" it is an operator.
func foldsSign(statement string, classes []class, i int) bool {
	if c := statement[i]; c != '-' && c != '+' {
		return false
	}
	if i+1 >= len(statement) || classes[i+1] != literal {
		return false
	}
	for before := i - 1; before >= 0; before-- {
		if c := statement[before]; !isSpace(c) {
			return classes[before] == code && strings.IndexByte("=(,<>", c) >= 0
		}
	}
	return true
}

// shorten cuts at a rune's boundary.
func shorten(statement string) string {
	if len(statement) <= MaxOutput {
		return strings.Clone(statement)
	}
	end := MaxOutput - len(cut)
	for end > 0 && !utf8.RuneStart(statement[end]) {
		end--
	}
	return strings.TrimRight(statement[:end], " ") + cut
}
