package loki

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"collector/internal/sources/redact"
)

// maxPattern is how long a pattern is at most, in bytes.
const maxPattern = 200

// patternOf is what stays of a message when everything is replaced that differs from line
// to line or must not be kept: quoted values, numbers, identifiers, addresses, names,
// secrets, literals and comments of SQL. No digit stays.
func patternOf(message string) string { return polished(folded(message)) }

// folded is the cheap half, which is done for every line: messages that differ only in
// values become the same text.
func folded(message string) string {
	if len(message) > maxLine {
		message = message[:maxLine]
	}
	message = strings.ToValidUTF8(message, "\uFFFD")
	if strings.ContainsRune(message, '@') {
		message = mailForm.ReplaceAllString(message, mailMark)
	}
	message = withoutQuoted(message)
	if strings.Count(message, ":") > 1 {
		message = addrForm.ReplaceAllStringFunc(message, func(found string) string {
			if strings.ContainsFunc(found, unicode.IsLetter) && strings.ContainsFunc(found, unicode.IsNumber) {
				return addrMark
			}
			return found
		})
	}
	return withoutNumbers(message)
}

var (
	mailForm = regexp.MustCompile(`[^\s<>"'(),;:=@]+@[^\s<>"'(),;:=@]+`)
	// addrForm finds what may be an IPv6 address; times and namespaces are let go again.
	addrForm = regexp.MustCompile(`(?i)\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b|::[0-9a-f]{1,4}\b`)
)

// withoutNumbers replaces numbers and what is made of them, word by word.
func withoutNumbers(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isWord(r) {
			b.WriteRune(r)
			i += size
			continue
		}
		end := wordEnd(s, i)
		b.WriteString(withoutNumber(s[i:end]))
		i = end
	}
	return b.String()
}

// wordEnd is where the word ends that begins at i. A hyphen joins what stands on both its
// sides, and a point, a comma, a colon or a slash joins numbers.
func wordEnd(s string, i int) int {
	number := false
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case isWord(r):
			number = unicode.IsNumber(r)
		case r == '-' && wordAt(s, i+size):
			number = false
		case number && strings.ContainsRune(".,:/", r) && numberAt(s, i+size):
		default:
			return i
		}
		i += size
	}
	return i
}

func numberAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsNumber(r)
}

var (
	hexWord   = regexp.MustCompile(`^[0-9A-Fa-f-]+$`)
	hexNumber = regexp.MustCompile(`^0[xX][0-9A-Fa-f]+$`)
	duration  = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h|d))+$`)
	numbers   = regexp.MustCompile(`\p{N}+(?:[-.,:/]\p{N}+)*`)
)

// longWord is from when on a word that nobody can read is taken for an identifier, in bytes.
const longWord = 48

func withoutNumber(word string) string {
	letters, turns := shape(word)
	hex := hexWord.MatchString(word)
	switch {
	case len(word) > longWord:
		return idMark
	case !strings.ContainsFunc(word, unicode.IsNumber):
		if hex && letters >= 12 {
			return idMark
		}
		return word
	case letters == 0:
		return numbers.ReplaceAllString(word, numberMark)
	case hexNumber.MatchString(word), duration.MatchString(word):
		return numberMark
	case hex && len(word) >= 8, turns > 3, turns > 1 && len(word) >= 20 && !strings.ContainsAny(word, ".:/"):
		return idMark
	}
	return numbers.ReplaceAllString(word, numberMark)
}

// shape counts the letters of a word, and how often letters and numbers take turns.
func shape(word string) (letters, turns int) {
	var last rune // n: number, l: letter
	for _, r := range word {
		kind := 'l'
		switch {
		case r == '_' || unicode.IsPunct(r): // a hyphen is punctuation too
			continue
		case unicode.IsNumber(r):
			kind = 'n'
		default:
			letters++
		}
		if last != 0 && kind != last {
			turns++
		}
		last = kind
	}
	return letters, turns
}

var (
	// namedPerson finds the value of a key that names a person, as far as it is not quoted.
	namedPerson = regexp.MustCompile(`(?i)\b((?:user|account|login|author|owner|customer|e?mail)(?:_?(?:name|id))?\s*(?:=>|[=:])\s*)[^\s,;)\]}<>]+`)
	forPerson   = regexp.MustCompile(`(?i)\b((?:for|of|as|from|by)\s+(?:user|account|customer|client)\s+)[^\s,;:)\]}<>]+`)
	leading     = regexp.MustCompile(`^(?:[\[(]?<n>[TZ]?[\s,:.\])+-]*)+`)
)

// polished is the dear half, which is done once for each pattern: names, secrets and SQL
// go, and the time with which many lines begin.
func polished(text string) string {
	text = namedPerson.ReplaceAllString(text, "${1}"+nameMark)
	text = forPerson.ReplaceAllString(text, "${1}"+nameMark)
	text = redact.Text(text)
	text = oneLine(text, 4*maxPattern)
	if rest := leading.ReplaceAllString(text, ""); rest != "" {
		text = rest
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsNumber(r) {
			return '#'
		}
		return r
	}, text)
	text = strings.TrimRight(oneLine(text, maxPattern), ". ")
	if text == "" {
		return "an empty line"
	}
	return text
}
