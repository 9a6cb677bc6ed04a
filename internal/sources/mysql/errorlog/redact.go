package errorlog

import (
	"regexp"
	"strings"
	"sync"

	"collector/internal/sources"
	"collector/internal/sources/mysql/sqltext"
)

// masker makes messages fit for a record.
type masker struct {
	roles    sources.Roles
	redactor *sqltext.Redactor
}

var redactor = sync.OnceValue(sqltext.NewRedactor)

func newMasker(roles sources.Roles) masker { return masker{roles, redactor()} }

// maxMessage is how much of a message is kept, in bytes.
const maxMessage = 240

var (
	// statementAt finds where a message begins to quote a statement without quotes.
	statementAt = regexp.MustCompile(`(?i)\b(?:statement|query)(?: was)?\s*(?:\([^)]*\))?\s*:` +
		`|\bselect\b.*\bfrom\b|\bselect\s+['"@\d(*]|\binsert\s+(?:\w+\s+)*into\b|\breplace\s+(?:\w+\s+)?into\b|\bupdate\s+\S+\s+set\b|\bdelete\s+(?:\w+\s+)?from\b` +
		`|\b(?:create|alter|drop|truncate|rename|check|repair|analyze|optimize)\s+(?:\w+\s+){0,3}(?:table|database|schema|view|index|user|role|procedure|function|trigger|event|server)\b` +
		`|\bset\s+(?:global|session|persist|password|@)|\bcall\s+\S+\s*\(|\b(?:grant|revoke)\s.*\son\b|\bload\s+(?:data|xml)\b|\bvalues\s*\(|\bwhere\s+\S+\s*(?:=|<|>|!=|in\b|like\b|between\b)|\bexecute\s+immediate\b|\bprepare\s+\S+\s+from\b|/\*`)
	// namedAt finds a name that a word announces: user: bob, host: db1.
	namedAt   = regexp.MustCompile(`(?i)\b(user|users|account|login|host|hostname|client|host_or_ip)(\s*[:=]\s*)[^\s,;)]+`)
	address   = regexp.MustCompile(`\S*@\S*`)
	ipv4      = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?`)
	ipv6      = regexp.MustCompile(`(?i)\[?\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b\]?(?::\d+)?`)
	hostName  = regexp.MustCompile(`(?i)\b(?:[a-z0-9_-]+\.){2,}[a-z]{2,}\b(?::\d+)?`)
	hexNumber = regexp.MustCompile(`(?i)\b0x[0-9a-f]+\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b`)
	number    = regexp.MustCompile(`(?i)(\b(?:error|errno|errcode|code|signal|MY-0*)[ :=]*#?)?(\d[\d.]*)`)
	spaces    = regexp.MustCompile(`\s+`)
)

// message is what is kept of a message that no category knows: its own words. What
// it quotes becomes ?, every other number than an error's N, statements, addresses
// and hosts go. Equal messages about different things are then equal.
func (m masker) message(code int, text string) string {
	return m.without(m.redactor.RedactError(uint16(min(code, 1<<16-1)), withoutStatement(spaces.ReplaceAllString(text, " "))))
}

// without removes what stands outside quotes.
func (m masker) without(text string) string {
	const replicated = "Error on query: " // the redactor's own words
	text, own := strings.CutPrefix(text, replicated)
	text = namedAt.ReplaceAllString(withoutStatement(text), "$1$2?")
	if own {
		text = replicated + text
	}
	for _, find := range []*regexp.Regexp{address, ipv4, ipv6, hostName, hexNumber} {
		text = find.ReplaceAllString(text, "?")
	}
	text = number.ReplaceAllStringFunc(text, func(found string) string {
		parts := number.FindStringSubmatch(found)
		if parts[1] != "" && len(parts[2]) <= 5 {
			return found
		}
		return parts[1] + "N"
	})
	return cut(strings.TrimSpace(text))
}

// withoutStatement cuts a message off where it begins to quote a statement. What
// looks like one may stand in a value, whose end is then lost: nothing that was
// quoted before it is kept.
func withoutStatement(text string) string {
	if at := statementAt.FindStringIndex(text); at != nil {
		return strings.TrimSpace(sqltext.BeforeQuotes(text[:at[0]])) + " ?"
	}
	return text
}

func cut(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + " …"
}

// replication is the reason in a replication message, without the values in it.
func (m masker) replication(number int, text string) string {
	if at := channelPrefix.FindStringIndex(text); at != nil {
		text = text[at[1]:]
	}
	if at := codeSuffix.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return m.without(m.redactor.RedactError(uint16(min(number, 1<<16-1)), text)) // it knows how replication quotes a query
}

var (
	channelPrefix = regexp.MustCompile(`^(?:Slave|Replica)(?: SQL| I/O)?(?: for channel '[^']*')?: `)
	codeSuffix    = regexp.MustCompile(`(?:, Gtid [\d-]+)?(?:,? Internal MariaDB error code: \d+|,? Error_code: (?:MY-)?\d+)$`)
)

// who masks an account of a message, and says when nobody is meant.
func (m masker) who(account string) string {
	switch account = strings.TrimSpace(account); account {
	case "", "unknown", "<via user signal>", "unauthenticated", "<replication_slave>", "<unauthenticated>":
		return ""
	case "event_scheduler", "system user":
		return account
	}
	return m.roles.Account(account)
}

func (m masker) host(host string) string {
	switch host {
	case "", "%", "localhost", "connecting host":
		return ""
	}
	return m.roles.Host(host)
}
