package innodb

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenReports reads what real servers wrote.
func TestGoldenReports(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no reports: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d, err := ParseDeadlock(string(text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(d, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".txt") + ".golden.json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(got)+"\n" {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is the deadlock's section alone.
func section(text string) string {
	from := strings.Index(text, "\n"+sectionTitle)
	last := strings.LastIndex(text, "*** WE ROLL BACK TRANSACTION (")
	return text[from : last+len("*** WE ROLL BACK TRANSACTION (1)\n")]
}

// TestTruncatedReports cuts reports off at every byte of the section: it never
// panics, and never names a victim that the text does not.
func TestTruncatedReports(t *testing.T) {
	for _, name := range []string{"mysql-two", "mariadb-two", "mysql-odd"} {
		text := read(t, name)
		from := strings.Index(text, sectionTitle)
		last := from + strings.LastIndex(text[from:], "*** WE ROLL BACK TRANSACTION (")
		parsed := 0
		for end := from; end < last; end++ {
			d, err := ParseDeadlock(text[:end])
			if err != nil {
				continue
			}
			parsed++
			if !d.Truncated || d.Victim != 0 {
				t.Fatalf("%s cut at %d: %+v", name, end, d)
			}
		}
		if parsed < 100 {
			t.Errorf("%s: only %d of %d cuts were read", name, parsed, last-from)
		}
	}
}

func TestNoReport(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		want error
	}{
		"never":                 {"\n=====\n2026-11-21 06:25:38 1 INNODB MONITOR OUTPUT\n=====\n", ErrNone},
		"nothing":               {"", ErrNone},
		"reports are off":       {"\nLATEST DETECTED DEADLOCK\n---\n------\nTRANSACTIONS\n------\n", ErrNone},
		"a title only":          {"\nLATEST DETECTED DEADLOCK\n---\n", ErrUnclear},
		"a title in a sentence": {"the LATEST DETECTED DEADLOCK\n---\n2026-11-21 06:25:38 1\n", ErrNone},
		"something else":        {"\nLATEST DETECTED DEADLOCK\n---\n2026-11-21 06:25:38 1\nTOO DEEP OR LONG SEARCH IN THE LOCK TABLE WAITS-FOR GRAPH\n", ErrUnclear},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseDeadlock(x.text); !errors.Is(err, x.want) {
				t.Errorf("got %v, want %v", err, x.want)
			}
		})
	}
}

// TestFormsThatAreUnknown: a report that differs from what is known is not read by
// half, and no row of its dumps becomes part of a statement.
func TestFormsThatAreUnknown(t *testing.T) {
	for _, name := range []string{"mysql-two", "mariadb-two"} {
		for what, change := range map[string][2]string{
			"another title":     {"WAITING FOR THIS LOCK TO BE GRANTED:", "AWAITS:"},
			"other lock lines":  {"RECORD LOCKS space id", "RECORD-LOCKS space"},
			"other owners":      {" trx id ", " trx id 9"},
			"another last line": {"*** WE ROLL BACK TRANSACTION", "*** NOBODY IS ROLLED BACK"},
			"other dumps":       {"Record lock, heap no", "Row"},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				text := read(t, name)
				if !strings.Contains(text, lastLine) {
					t.Fatal("the report is not whole")
				}
				if d, err := ParseDeadlock(strings.ReplaceAll(text, change[0], change[1])); !errors.Is(err, ErrUnclear) {
					t.Errorf("got %+v, %v", d, err)
				}
			})
		}
	}
}

func TestLockLines(t *testing.T) {
	row := "RECORD LOCKS space id 58 page no 4 n bits 72 index "
	for line, want := range map[string]Lock{
		row + "PRIMARY of table `shop`.`orders` trx id 7 lock_mode X locks rec but not gap waiting":             {Row, "shop", "orders", "", "PRIMARY", "X,REC_NOT_GAP", 7},
		row + "`by sku` of table `shop`.`a`` of table ``b` trx id 7 lock mode S locks gap before rec":           {Row, "shop", "a` of table `b", "", "by sku", "S,GAP", 7},
		row + "i of table `s`.`t` trx id 7 lock_mode X insert intention waiting":                                {Row, "s", "t", "", "i", "X,INSERT_INTENTION", 7},
		row + "i of table \"s\".\"t.u\" trx id 7 lock_mode X":                                                   {Row, "s", "t.u", "", "i", "X", 7},
		row + "i of table s.t trx id 7 lock_mode X":                                                             {Row, "s", "t", "", "i", "X", 7},
		row + "i of table `s`.`t` /* Partition `p1`, Subpartition `p1s0` */ trx id 7 lock_mode X":               {Row, "s", "t", "p1", "i", "X", 7},
		"TABLE LOCK table `shop`.`orders` trx id 7 lock mode AUTO-INC waiting":                                  {Table, "shop", "orders", "", "", "AUTO_INC", 7},
		"TABLE LOCK table `shop`.`orders` trx id 7 lock mode IX":                                                {Table, "shop", "orders", "", "", "IX", 7},
		"TABLE LOCK table `shop`.`orders` trx id 7 lock mode IX; DROP":                                          {},
		row + "PRIMARY of table `shop`.`orders trx id 7 lock_mode X locks rec but not gap waiting":              {},
		row + "PRIMARY of table `shop` trx id 7 lock_mode X":                                                    {},
		"RECORD LOCKS space id x page no 4 n bits 72 index PRIMARY of table `shop`.`orders` trx id 7 lock_mode": {},
	} {
		got, ok := parseLock(line)
		if ok != (want.Table != "") || ok && got != want {
			t.Errorf("%s: got %+v %t, want %+v", line, got, ok, want)
		}
	}
}

func TestClients(t *testing.T) {
	for words, want := range map[string][2]string{
		"127.0.0.1 shop_app updating":                      {"127.0.0.1", "shop_app"},
		"localhost root Searching rows for update":         {"localhost", "root"},
		"localhost 127.0.0.1 root Sending data":            {"localhost", "root"},
		"web1.example.org 10.0.0.7 the shop app Updating":  {"web1.example.org", "the shop app"},
		"localhost ::1 shop some state of a later version": {"localhost", "shop"},
		"Applying batch of row changes (update)":           {"", ""},
		"127.0.0.1 shop_app":                               {"127.0.0.1", "shop_app"},
		"":                                                 {"", ""},
	} {
		if host, account := client(words); host != want[0] || account != want[1] {
			t.Errorf("%q: got %q %q, want %q", words, host, account, want)
		}
	}
}

// FuzzParseDeadlock: never panics, and names no table that is not in the text.
func FuzzParseDeadlock(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(section(string(text)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDeadlock(text)
		if err != nil {
			if len(d.Transactions) > 0 {
				t.Errorf("%v with %+v", err, d)
			}
			return
		}
		if d.Victim > len(d.Transactions) || d.Victim == 0 && !d.Truncated {
			t.Errorf("victim %d of %d, truncated %t", d.Victim, len(d.Transactions), d.Truncated)
		}
		for i, x := range d.Transactions {
			if dumped.MatchString(x.Statement) {
				t.Errorf("party %d: its statement holds rows: %q", i+1, x.Statement)
			}
			if x.Number != i+1 || !strings.Contains(text, x.Statement) {
				t.Errorf("party %d: %+v", i+1, x)
			}
			for _, l := range append(x.Waits, x.Holds...) {
				for _, name := range []string{l.Schema, l.Table, l.Index, l.Partition} {
					named := strings.Contains(text, name) || strings.Contains(text, strings.ReplaceAll(name, "`", "``")) || strings.Contains(text, strings.ReplaceAll(name, `"`, `""`))
					if !named {
						t.Errorf("%q is not in the text", name)
					}
				}
				if l.Transaction != x.ID {
					t.Errorf("a lock of %d with transaction %d", l.Transaction, x.ID)
				}
			}
		}
	})
}
