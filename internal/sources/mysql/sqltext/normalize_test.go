package sqltext

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	n := NewNormalizer()
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"spaces", " \n\t ", ""},
		{"number", "SELECT 1", "SELECT ?"},
		{"keyword case", "select id from orders where id = 5", "SELECT id FROM orders WHERE id = ?"},
		{"string", "SELECT 'canary'", "SELECT ?"},
		{"double quoted", `SELECT "canary"`, "SELECT ?"},
		{"backtick survives", "SELECT `a b` FROM `shop`.`orders2024`", "SELECT `a b` FROM `shop`.`orders2024`"},
		{"backtick with backtick", "SELECT `a``b` FROM t WHERE c = 1", "SELECT `a` `b` FROM t WHERE c = ?"}, // go-sqllexer ends the name early
		{"digits in names", "SELECT c1 FROM t2 WHERE c3 = 4", "SELECT c1 FROM t2 WHERE c3 = ?"},
		{"in list", "SELECT * FROM t WHERE id IN (1, 2,3 , 'x')", "SELECT * FROM t WHERE id IN (?)"},
		{"rows", "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'),(3,'z')", "INSERT INTO t (a, b) VALUES (?)"},
		{"signs", "SELECT * FROM t WHERE a IN (-1, +2) AND b = -3 AND c - 4 > 0", "SELECT * FROM t WHERE a IN (?) AND b = ? AND c - ? > ?"},
		{"hex", "SELECT 0xDEADBEEF, X'4D79', x'4D79'", "SELECT ?, ?, ?"},
		{"bits", "SELECT b'0101', B'01', 0b01", "SELECT ?, ?, ?"},
		{"national", "SELECT N'canary', n'canary'", "SELECT ?, ?"},
		{"introducer", "SELECT _utf8mb4'canary', _latin1 'canary'", "SELECT ?, _latin1 ?"},
		{"temporal", "SELECT DATE'2024-01-01', TIMESTAMP '2024-01-01 00:00:00'", "SELECT DATE ?, TIMESTAMP ?"},
		{"floats", "SELECT 1.5e-3, .5, 1e10, 5.", "SELECT ?, ?, ?, ?"},
		{"booleans", "SELECT TRUE, false, NULL", "SELECT ?, ?, NULL"},
		{"line comments", "SELECT 1 -- canary\n, 2 # canary\n, 3", "SELECT ?, ?, ?"},
		{"block comment", "SELECT /* canary */ a FROM t", "SELECT a FROM t"},
		{"hint", "SELECT /*+ MAX_EXECUTION_TIME(77) QB_NAME(canary) */ a FROM t", "SELECT a FROM t"},
		{"version comment", "SELECT /*!50000 canary */ a FROM t", "SELECT a FROM t"},
		{"mariadb comment", "SELECT /*M!100100 canary */ a FROM t", "SELECT a FROM t"},
		{"nested comment", "SELECT /*!50000 x /* canary */ canary */ a FROM t", "SELECT a FROM t"},
		{"open string", "SELECT a FROM t WHERE b = 'canary", "SELECT a FROM t WHERE b = ?"},
		{"open double quote", `SELECT a FROM t WHERE b = "canary`, "SELECT a FROM t WHERE b = ?"},
		{"open comment", "SELECT a FROM t /* canary", "SELECT a FROM t"},
		{"open backtick", "SELECT a FROM `canary", "SELECT a FROM ?"},
		{"set password", "SET PASSWORD FOR 'bob'@'%' = 'canary'", "SET PASSWORD FOR ? @ ? = ?"},
		{"create user", "CREATE USER 'bob'@'10.0.0.1' IDENTIFIED WITH mysql_native_password BY 'canary'", "CREATE USER ? @ ? IDENTIFIED WITH mysql_native_password BY ?"},
		{"change source", "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='canary'", "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = ?"},
		{"doubled quote", "SELECT 'it''s canary', a FROM t", "SELECT ?, a FROM t"},
		{"backslash in doubt", `UPDATE t SET a = 'it\'s', b = 'canary'`, "UPDATE t SET a = ?"},
		{"backslash without doubt", `UPDATE t SET a = 'x\n', b = 'canary'`, "UPDATE t SET a = ?, b = ?"},
		{"minus minus", "SELECT 5--'canary\n canary'", "SELECT ?"},
		{"call", "CALL pay(1, 'canary')", "CALL pay(?)"},
		{"cyrillic", "SELECT имя FROM люди WHERE имя = 'канарейка'", "SELECT имя FROM люди WHERE имя = ?"},
		{"json path", "SELECT doc->'$.canary' FROM t", "SELECT doc -> ? FROM t"},
		{"variables", "SET @a = 5, @@session.sort_buffer_size = 1024", "SET @a = ?, @@session . sort_buffer_size = ?"},
		{"control character", "SELECT a \x00 canary", "SELECT a ?"},
		{"two strings are one", "SELECT 'a' 'b'", "SELECT ?"},
		{"leading parenthesis", "(SELECT a FROM t) UNION (SELECT b FROM u)", "(SELECT a FROM t) UNION (SELECT b FROM u)"},
		{"multiple statements", "BEGIN; SELECT 1;", "BEGIN; SELECT ?"},
		{"alias", "SELECT o.id AS oid FROM orders AS o", "SELECT o.id AS oid FROM orders AS o"},
		{"typographic quotes", "SELECT a FROM t WHERE b = ‘the canary sings’", "SELECT a FROM t WHERE b = ?"},
		{"dollar quotes", "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $js$ canary $js$", "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS ?"},
		{"dollar in a name", "SELECT a$b FROM t", "SELECT a$b FROM t"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := n.Normalize(tc.in)
			if got != tc.want {
				t.Errorf("Normalize(%q)\n got %q\nwant %q", tc.in, got, tc.want)
			}
			if again := n.Normalize(got); again != got && !strings.Contains(got, "$") {
				t.Errorf("normalising twice: %q then %q", got, again)
			}
		})
	}
}

func TestNormalizeIsShort(t *testing.T) {
	n := NewNormalizer()
	got := n.Normalize("SELECT " + strings.Repeat("säule, ", 2000) + " 1")
	if len(got) > MaxOutput || !utf8.ValidString(got) || !strings.HasSuffix(got, cut) {
		t.Errorf("%d bytes, valid %v, ends in %q", len(got), utf8.ValidString(got), got[len(got)-10:])
	}
}

// FuzzNormalize plants a literal and a comment within any text around them. What
// comes before must leave the server outside of literals for the plant to be a
// literal, so the plant is checked in a text that starts with it.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"", " AND b = 'x'", ` \' "`, "/*!50000 x */", "$$ a", "-- x\n", "`a", "‘", "0x", "1e", "\x00", "/*+ ' */", "\\", "?|", "a.", "@@", "@?", "( ? ,"} {
		f.Add(seed, 3)
	}
	n := NewNormalizer()
	f.Fuzz(func(t *testing.T, after string, at int) {
		got := n.Normalize(after)
		if !utf8.ValidString(got) || len(got) > MaxOutput {
			t.Fatalf("%q: %d bytes, valid %v", got, len(got), utf8.ValidString(got))
		}
		if strings.Contains(strings.ToLower(after), "canary") {
			return
		}
		for _, plant := range plants() {
			statement := "SELECT " + plant + after
			if at > 0 && at < len(statement) {
				statement = statement[:max(at, len("SELECT 'ca"))] // cut off
			}
			if got := n.Normalize(statement); strings.Contains(strings.ToLower(got), "canary") {
				t.Fatalf("Normalize(%q) = %q", statement, got)
			}
		}
		// The same at the end of code that opens nothing.
		if strings.ContainsAny(after, "'\"`#/-$\\") || !utf8.ValidString(after) {
			return
		}
		for _, plant := range plants() {
			statement := "SELECT a " + after + " , " + plant
			if got := n.Normalize(statement); strings.Contains(strings.ToLower(got), "canary") {
				t.Fatalf("Normalize(%q) = %q", statement, got)
			}
		}
	})
}

func plants() []string {
	return []string{
		"'canary'", `"canary"`, "N'canary'", "_utf8mb4'canary'", "'a''canary'", `'a\'canary'`, `"a\"canary"`, `'\\canary'`,
		"/* canary */ ", "/*! canary */ ", "/*!50000 'a */ canary' */ ", "/*+ canary */ ", "-- canary\n", "# canary\n", "'canary", "/* canary", `'\'` + "' canary'",
	}
}

// TestCanaryBetweenReadings checks literals on which two SQL modes disagree.
func TestCanaryBetweenReadings(t *testing.T) {
	n := NewNormalizer()
	for _, in := range []string{
		`SELECT 'a\', 'canary', 'b'`, // NO_BACKSLASH_ESCAPES: three strings
		`SELECT 'a\' canary', 'b'`,   // default: two strings
		`SELECT "a\", 'canary'`,      // ANSI_QUOTES: a name and a string
		`SELECT "a\" canary'", 'b'`,  // default: two strings
		`SELECT a LIKE 'x' ESCAPE '\', 'canary'`,
		`SELECT /*!99999 ' */ 'canary' /* ' */`, // executed or not
		`SELECT $$ ' $$, 'canary'`,
		`SELECT $$ canary ' $$, 'b'`,
		"SELECT 1 --1 ' \n, 'canary'",
		"SELECT /*+ QB_NAME(`*/ canary `) */ 1",
		"SELECT `a\\`, 'canary', `b\\`",
	} {
		if got := n.Normalize(in); strings.Contains(got, "canary") {
			t.Errorf("Normalize(%q) = %q", in, got)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	n := NewNormalizer()
	const statement = "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created > '2024-07-12 09:00:00' AND o.state IN (1, 2, 3) ORDER BY o.created DESC LIMIT 50"
	b.SetBytes(int64(len(statement)))
	for b.Loop() {
		n.Normalize(statement)
	}
}
