package loki

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPattern(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"numbers":             {"order 4711 failed after 3.5 s, 40% done", "order <n> failed after <n> s, <n>% done"},
		"duration":            {"request took 1h30m5s, then 250ms and 1.5s", "request took <n>, then <n> and <n>"},
		"time first":          {"2024-07-12 09:10:00,123 ERROR payment failed", "ERROR payment failed"},
		"RFC 3339 first":      {"2024-07-12T09:10:00.123Z payment failed", "payment failed"},
		"in brackets":         {"[2024-07-12 09:10:00] [error] payment failed", "[error] payment failed"},
		"single quotes":       {"Duplicate entry 'a-b' for key 'orders.mail'", "Duplicate entry <str> for key <str>"},
		"double quotes":       {`lookup "db1.example" failed`, "lookup <str> failed"},
		"typographic":         {"the name “Alice” and ‘Bob’", "the name <str> and <str>"},
		"escaped":             {`said "a \"quoted\" word" and 'it''s'`, "said <str> and <str>"},
		"apostrophes":         {"can't read the user's cart: it's gone", "can't read the user's cart: it's gone"},
		"many users":          {"the users' carts are gone", "the users' carts are gone"},
		"a name like a quote": {"'O'hunter' is taken", "<str> is taken"},
		"open quote":          {"value 'secret and more", "value <str>"},
		"odd quotes":          {`a "b" c "d`, "a <str>"},
		"introduced":          {"got _utf8'secret' and x'DEAD'", "got _utf<n><str>"},
		"quotes in quotes":    {`near "select 'secret'" at`, "near <str> at"},
		"uuid":                {"cart 4bf92f35-77b3-4da6-a3ce-929d0e0e4736 lost", "cart <id> lost"},
		"trace":               {"trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace <id>"},
		"hex letters only":    {"object deadbeefcafebabe", "object <id>"},
		"pod":                 {"pod checkout-7d9f8b6c5-x2xkq evicted", "pod <id> evicted"},
		"version":             {"checkout v1.4.2 on db1", "checkout v<n> on db<n>"},
		"pointer":             {"fault at 0x7ffe3a", "fault at <n>"},
		"address":             {"dial tcp 192.0.2.7:3306: connection refused", "dial tcp <n>: connection refused"},
		"IPv6":                {"dial tcp [2001:db8::1]:3306: refused", "dial tcp [<addr>]:<n>: refused"},
		"namespaces":          {"std::fmt::Error in core::ops", "std::fmt::Error in core::ops"},
		"mail":                {"no cart for alice.smith@example.com.", "no cart for <mail>"},
		"user":                {"login failed: user=alice, account: bob", "login failed: user=<name>, account: <name>"},
		"for user":            {"login failed for user alice", "login failed for user <name>"},
		"password":            {"connect with password=swordfish failed", "connect with password=<redacted> failed"},
		"SQL":                 {"failed: UPDATE carts SET name = 'alice' WHERE id = 7 /* alice */", "failed: UPDATE carts SET name = <str> WHERE id = <n>"},
		"SQL, no quotes":      {"failed: SELECT a FROM t WHERE b = 0xDEADBEEF -- alice", "failed: SELECT a FROM t WHERE b = <n>"},
		"control":             {"a\x1b[31mred\x00\u202eb", "a [<n>mred b"},
		"several lines":       {"first\nsecond", "first second"},
		"empty":               {" \t", "an empty line"},
		"long":                {strings.Repeat("word ", 100), strings.Repeat("word ", 39) + "wo…"},
		"blob":                {"key " + strings.Repeat("QWxhZGRpbjpvcGVu", 4), "key <id>"},
		"full stop":           {"It failed.", "It failed"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := patternOf(c.line); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestWords: of structured lines only the level, the message and the error count.
func TestWords(t *testing.T) {
	for name, c := range map[string]struct{ line, level, message string }{
		"plain":                    {"payment failed", "", "payment failed"},
		"plain with a level":       {"2024-07-12 ERROR payment failed", "error", "2024-07-12 ERROR payment failed"},
		"stack trace":              {"java.lang.Error: boom\n\tat a.b(C.java:7)", "", "java.lang.Error: boom"},
		"python":                   {"Traceback (most recent call last):\n  File \"x.py\", line 3\nKeyError: 'alice'\n", "", "KeyError: 'alice'"},
		"JSON":                     {`{"level":"WARN","msg":"payment failed","customer":"alice","order":7}`, "warning", "payment failed"},
		"JSON with an error":       {`{"severity":"error","message":"payment failed","error":"no money"}`, "error", "payment failed: no money"},
		"JSON, nested error":       {`{"message":"payment failed","error":{"type":"x","message":"no money"}}`, "", "payment failed: no money"},
		"JSON, docker":             {`{"log":"payment failed\n","stream":"stderr"}`, "", "payment failed"},
		"JSON, error in both":      {`{"msg":"failed: no money","err":"no money"}`, "", "failed: no money"},
		"JSON, no message":         {`{"customer":"alice","order":7}`, "", "JSON with customer, order"},
		"JSON, message is no text": {`{"msg":7,"err":"x"}`, "", "x"},
		"cut JSON":                 {`{"msg":"payment`, "", `{"msg":"payment`},
		"logfmt":                   {`ts=2024 level=error msg="payment \"x\" failed" customer=alice`, "error", `payment "x" failed`},
		"logfmt, an error":         {`level=error err="no money"`, "error", "no money"},
		"logfmt, plain value":      {`level=error msg=failed customer=alice`, "error", "failed"},
		"no logfmt":                {"a=b but no more", "", "a=b but no more"},
	} {
		t.Run(name, func(t *testing.T) {
			level, message := words(c.line)
			if level != c.level || message != c.message {
				t.Errorf("level %q, message %q", level, message)
			}
		})
	}
}

// FuzzPattern: whatever stands around it, nothing that is quoted survives, and no digit;
// the pattern is one short line without control characters.
func FuzzPattern(f *testing.F) {
	for _, text := range []string{"", "can't ", `a "b" `, "INSERT INTO t VALUES (7, ", "x", "'' ", `\`, "the users' ", "it's ", "-- ", "/* ", "for user ", "{\"a\":", "“", "ﬁ‘", "１２", "²", "a@b.c ", "::1 ", "password="} {
		f.Add(text, " end", true)
		f.Add("error "+text, text, false)
	}
	f.Fuzz(func(t *testing.T, before, after string, double bool) {
		const secret = "Qzxjvwq" // begins and ends with a letter, as values do
		if strings.Contains(strings.ToLower(before+after), "qzx") || len(before)+len(after) > maxLine/2 {
			return
		}
		quote := "'"
		if double {
			quote = `"`
		}
		got := patternOf(before + quote + secret + quote + after)
		if strings.Contains(got, secret) {
			t.Errorf("%q%s…%s%q became %q", before, quote, quote, after, got)
		}
		if strings.ContainsFunc(got, unicode.IsNumber) {
			t.Errorf("a digit stays in %q", got)
		}
		if !utf8.ValidString(got) || len(got) > maxPattern || strings.ContainsFunc(got, func(r rune) bool { return isBlank(r) && r != ' ' }) || strings.TrimSpace(got) == "" {
			t.Errorf("pattern %q", got)
		}
		if again := patternOf(before + quote + "other" + quote + after); got != again {
			t.Errorf("another value is another pattern: %q, %q", got, again)
		}
	})
}

// FuzzLine: a whole line, whatever its form, gives a pattern without a digit.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		`{"level":"error","msg":"payment failed for 'bob'","n":[1,2]}`, `level=error msg="a \" b" err='x'`, "Traceback (most recent call last):\n\n", "{", "=", "a=",
		"\xff\xfe", `{"msg":{"message":"x"}}`, `{"msg":"` + strings.Repeat("é", 500) + `"}`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		_, message := words(line)
		if got := patternOf(message); strings.ContainsFunc(got, unicode.IsNumber) || !utf8.ValidString(got) || len(got) > maxPattern || got == "" {
			t.Errorf("%q became %q", line, got)
		}
	})
}
