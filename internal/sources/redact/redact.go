// Package redact removes from free text what must reach no disk: passwords, tokens and
// other secrets, and the literals and comments of SQL statements. It would rather
// remove too much: a reader of a postmortem misses a word, a reader of a leaked password
// does not.
package redact

import (
	"regexp"
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// Mark stands where a secret was.
const Mark = "<redacted>"

// secretNames are the words that make the value beside them a secret.
const secretNames = `passw(?:or)?d|passwd|passphrase|\bpwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature|\bsig\b|authorization|cookie|session[_-]?id`

var secretKey = regexp.MustCompile(`(?i)(?:` + secretNames + `)s?$|^(?:auth|credentials?|dsn|connection_string)$`)

// rule replaces a part of a text.
type rule struct {
	find    *regexp.Regexp
	replace string
}

// secretRules are applied in order.
var secretRules = [...]rule{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), Mark},
	{regexp.MustCompile(`(?i)(\bauthorization\b["']?\s*[:=]\s*["']?)\w+\s+[^\s"']+`), `${1}` + Mark},
	{regexp.MustCompile(`(?i)\bbearer\s+[\w+/.~=-]{8,}`), `Bearer ` + Mark},
	// Credentials of a URL; also those with a slash in them, where no path can be meant.
	{regexp.MustCompile(`(?i)\b((?:mysql|mariadb|postgres\w*|redis\w*|amqps?|mongodb[\w+]*|ldaps?|s?ftp)://)[^\s"'<>]*@`), `${1}` + Mark + `@`},
	{regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^\s"'<>/?#]*@`), `${1}` + Mark + `@`},
	// user:password@tcp(host:3306), as Go's MySQL driver writes it.
	{regexp.MustCompile(`[^\s"'=]+:[^\s"']+@((?:tcp|unix|udp)?\()`), Mark + `@${1}`},
	{regexp.MustCompile(`(?i)(identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?)(?:'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.)*"?|\S+)`), `${1}` + Mark},
	{regexp.MustCompile(`(?i)([\w.-]*(?:` + secretNames + `)[\w.-]*\\?["']?\s*(?:=>|:=|[=:])\s*)(?:\\"[^"]*"?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&]+)`), `${1}` + Mark},
	{regexp.MustCompile(`(?i)(--?[\w-]*(?:` + secretNames + `)[\w-]*\s+)(?:"[^"]*"?|'[^']*'?|[^\s-]\S*)`), `${1}` + Mark},
	{regexp.MustCompile(`(?i)(\b(?:mysql|mariadb)\S*\s(?:.*?\s)?-p)[^\s]+`), `${1}` + Mark},
	{regexp.MustCompile(`(?i)(\b(?:password|passphrase)\s+(?:is|was|to|of\s+\S+\s+is)\s+|\bwith\s+password\s+)\S+`), `${1}` + Mark},
	// Tokens that are known by their shape, wherever they stand.
	{regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|npm_[A-Za-z0-9]{20,}|hv[sb]\.[\w-]{20,}|sk[-_](?:live[-_]|test[-_]|ant[-_]|proj[-_])?[A-Za-z0-9_-]{16,}|glsa_\w{20,}|dop_v1_\w{20,})`), Mark},
	{regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?`), Mark},
	{regexp.MustCompile(`(?i)https://hooks\.slack\.com/\S+`), `https://hooks.slack.com/` + Mark},
}

// Error messages of the server quote literals verbatim (errors 1062, 1064, 1366, 1292 ...).
var errorRules = [...]rule{
	{regexp.MustCompile(`(?is)(duplicate entry\s+)'.*?'(\s+for key\b)`), `${1}'?'${2}`},
	{regexp.MustCompile(`(?i)(duplicate entry\s+)'[^?].*$`), `${1}'?'`},
	{regexp.MustCompile(`(?is)(\bvalue:?\s+)'.*?'(\s+for (?:column|function)\b)`), `${1}'?'${2}`},
	{regexp.MustCompile(`(?i)(\bincorrect \S+ value:?\s+)'[^?].*$`), `${1}'?'`},
	{regexp.MustCompile(`(?is)(\bto use near\s+)'.*'(\s+at line\b)`), `${1}'?'${2}`},
	{regexp.MustCompile(`(?is)(\bto use near\s+)'[^?].*$`), `${1}'?'`},
}

// statement finds where SQL begins in a text.
var statement = regexp.MustCompile(`(?i)\b(?:insert\s+(?:\w+\s+)?into\b|replace\s+into\b|update\s+\S+\s+set\b|delete\s+from\b|select\s.*\sfrom\b|select\s+['"@\d]|values\s*\(|where\s+\S+\s*(?:=|<|>|!=|in\b|like\b|between\b)|set\s+(?:global|session|password|@)|(?:create|alter|drop)\s+(?:user|table|database|schema|event|procedure|view|index)\b|call\s+\S+\(|load\s+data\b|grant\s+\S+.*\son\b)`)

// Key reports whether the whole value of a field of this name is a secret.
func Key(name string) bool { return secretKey.MatchString(name) }

// Secrets removes passwords, tokens and the like from a text.
func Secrets(s string) string {
	for _, r := range secretRules {
		s = r.find.ReplaceAllString(s, r.replace)
	}
	return s
}

// Text removes secrets, and the literals and comments of SQL, from a text.
func Text(s string) string {
	s = Secrets(s)
	for _, r := range errorRules {
		s = r.find.ReplaceAllString(s, r.replace)
	}
	if at := statement.FindStringIndex(s); at != nil {
		s = s[:at[0]] + withoutLiterals(s[at[0]:])
	}
	return s
}

// withoutLiterals replaces the literals of a statement by ? and drops its comments.
func withoutLiterals(sql string) string {
	var out strings.Builder
	lexer := sqllexer.New(sql, sqllexer.WithDBMS(sqllexer.DBMSMySQL))
	for {
		token := lexer.Scan()
		if token == nil || token.Type == sqllexer.EOF {
			return out.String()
		}
		switch token.Type {
		case sqllexer.NUMBER, sqllexer.STRING, sqllexer.INCOMPLETE_STRING, sqllexer.DOLLAR_QUOTED_STRING, sqllexer.ERROR:
			out.WriteByte('?')
		case sqllexer.QUOTED_IDENT:
			// With MySQL's default sql_mode only backticks quote a name.
			if strings.HasPrefix(token.Value, "`") {
				out.WriteString(token.Value)
			} else {
				out.WriteByte('?')
			}
		case sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
			out.WriteByte(' ')
		default:
			out.WriteString(token.Value)
		}
	}
}
