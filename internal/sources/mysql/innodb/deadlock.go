package innodb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ParseDeadlock reads the latest deadlock from the text of SHOW ENGINE INNODB
// STATUS. The error is ErrNone or ErrUnclear.
//
// Statements stand in the text as clients sent them and may hold anything, lines
// that look like the report's own too. So a reading counts only when every line
// after a statement is one that InnoDB writes, up to the line that names the
// victim, and when each lock belongs to its transaction; where several readings
// do, the one whose statements end outside of their literals is taken. No statement
// holds a line of a row's dump: those lines quote rows outside of any literal.
func ParseDeadlock(status string) (Deadlock, error) {
	found := false
	for _, at := range sections(status) {
		text := lines{text: status, at: at}
		first := text.next()
		if isRule(first) {
			continue // the next section: MariaDB with innodb_deadlock_report = OFF
		}
		found = true
		m := stampLine.FindStringSubmatch(first)
		if m == nil {
			continue
		}
		d := Deadlock{}
		d.Stamp, d.Thread = m[1], m[2]
		r := reading{budget: maxReadings}
		if r.transactions(text, &d) {
			d.assignHolders(r.conflicts)
			return d, nil
		}
	}
	if found {
		return Deadlock{}, ErrUnclear
	}
	return Deadlock{}, ErrNone
}

// maxReadings bounds how many ways to read a section are tried: a statement may
// be made of nothing but false ends.
const maxReadings = 200

const (
	sectionTitle = "LATEST DETECTED DEADLOCK"
	lastLine     = "\nEND OF INNODB MONITOR OUTPUT\n" // of a text that is whole
)

var (
	stampLine       = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (0x[0-9a-f]+|\d+)$`)
	partyLine       = regexp.MustCompile(`^\*\*\* \((\d{1,4})\) TRANSACTION:$`)
	transactionLine = regexp.MustCompile(`^TRANSACTION (\d+), ACTIVE (?:\(PREPARED\) )?(\d+) sec`)
	threadLine      = regexp.MustCompile(`^(?:MySQL|MariaDB) thread id (\d+), OS thread handle (?:0x)?[0-9a-f]+, query id \d+ ?(.*)$`)
	locksLine       = regexp.MustCompile(`^\*\*\* (?:\((\d{1,4})\) )?(HOLDS THE LOCK\(S\)|WAITING FOR THIS LOCK TO BE GRANTED|CONFLICTING WITH):$`)
	victimLine      = regexp.MustCompile(`^\*\*\* WE ROLL BACK TRANSACTION \((\d{1,4})\)$`)
	dumped          = regexp.MustCompile(`(?m)^(?:Record lock, heap no \d+| \d+: (?:len \d+;|SQL NULL))`)
	dumpLine        = regexp.MustCompile(`^(?: ?$|Record lock, heap no \d+| \d+: )`)
)

// sections are where the text goes on below each title of the section. More than
// one: at least one stands in a statement.
func sections(status string) (at []int) {
	for i := 0; ; {
		next := strings.Index(status[i:], "\n"+sectionTitle+"\n")
		if next < 0 {
			return at
		}
		i += next + 1 + len(sectionTitle)
		below := lines{text: status, at: i + 1}
		if isRule(below.next()) {
			at = append(at, below.at)
		}
	}
}

// isRule reports whether a line is one above or below a section's title.
func isRule(line string) bool { return line != "" && strings.Trim(line, "-") == "" }

// lines walks through a text.
type lines struct {
	text string
	at   int
}

func (l *lines) end() bool { return l.at >= len(l.text) }

func (l *lines) next() string {
	line, _, ok := strings.Cut(l.text[l.at:], "\n")
	l.at += len(line)
	if ok {
		l.at++
	}
	return line
}

// reading is one try to understand a section.
type reading struct {
	budget    int
	conflicts []Lock // MariaDB names, below the lock that a party waits for, the one in its way
}

// transactions reads the parties from here to the victim. It undoes what it added
// when this is no reading.
func (r *reading) transactions(text lines, d *Deadlock) bool {
	if r.budget--; r.budget < 0 {
		return false
	}
	t, ok := head(&text, len(d.Transactions)+1)
	if !ok {
		return false
	}
	parties, conflicts := len(d.Transactions), len(r.conflicts)
	for _, end := range statementEnds(text, t) {
		party := t
		if end < len(text.text) {
			party.Statement = strings.TrimRight(text.text[text.at:end], "\n")
		}
		if dumped.MatchString(party.Statement) {
			continue
		}
		d.Transactions = append(d.Transactions, party)
		if r.locks(lines{text.text, end}, d) {
			return true
		}
		d.Transactions, r.conflicts = d.Transactions[:parties], r.conflicts[:conflicts]
	}
	return false
}

// head reads what stands before a party's statement.
func head(text *lines, number int) (Transaction, bool) {
	m := partyLine.FindStringSubmatch(text.next())
	if m == nil || m[1] != strconv.Itoa(number) {
		return Transaction{}, false
	}
	t := Transaction{Number: number}
	for range 8 { // the transaction, its tables, its locks; blank lines in 8.0.17 and before
		before := text.at
		line := text.next()
		if m := transactionLine.FindStringSubmatch(line); m != nil && t.ID == 0 {
			t.ID, t.ActiveSec = whole(m[1]), whole(m[2])
			continue
		}
		if m := threadLine.FindStringSubmatch(line); m != nil {
			t.Session = whole(m[1])
			t.Host, t.Account = client(m[2])
			return t, t.ID != 0
		}
		if strings.HasPrefix(line, "*** ") { // a transaction without a session
			text.at = before
			return t, t.ID != 0
		}
	}
	return t, false
}

// locks reads the locks of the last party, and what comes after them.
func (r *reading) locks(text lines, d *Deadlock) bool {
	t := &d.Transactions[len(d.Transactions)-1]
	for !text.end() {
		before := text.at
		line := text.next()
		if m := locksLine.FindStringSubmatch(line); m != nil {
			if text.end() {
				break
			}
			lock, ok := parseLock(text.next())
			if !ok && text.end() {
				break // cut off
			}
			if !ok || m[1] != "" && m[1] != strconv.Itoa(t.Number) || !r.take(t, m[2][0], lock) {
				return false
			}
			continue
		}
		if m := victimLine.FindStringSubmatch(line); m != nil {
			d.Victim, _ = strconv.Atoi(m[1])
			return d.Victim >= 1 && d.Victim <= len(d.Transactions) && len(d.Transactions) > 1
		}
		if partyLine.MatchString(line) {
			return len(t.Waits) > 0 && r.transactions(lines{text.text, before}, d)
		}
		if text.end() {
			break // the last line may be cut off
		}
		if !dumpLine.MatchString(line) && !r.more(t, line) {
			return false
		}
	}
	d.Truncated = true
	return !strings.Contains(text.text, lastLine)
}

// take puts a lock where its title says. The locks that a party holds or waits
// for are its own; those that MariaDB calls conflicting may be anybody's, its own too.
func (r *reading) take(t *Transaction, title byte, lock Lock) bool {
	switch {
	case title == 'C':
		r.conflicts = append(r.conflicts, lock)
	case lock.Transaction != t.ID:
		return false
	case title == 'H':
		t.Holds = append(t.Holds, lock)
	default:
		t.Waits = append(t.Waits, lock)
	}
	return true
}

// more takes a further lock below one title: a party may hold several that are in
// the way.
func (r *reading) more(t *Transaction, line string) bool {
	lock, ok := parseLock(line)
	if !ok {
		return false
	}
	if lock.Transaction == t.ID {
		t.Holds = append(t.Holds, lock)
	} else {
		r.conflicts = append(r.conflicts, lock)
	}
	return true
}

// assignHolders gives the locks that were in somebody's way to the parties that
// hold them.
func (d *Deadlock) assignHolders(conflicts []Lock) {
	for _, lock := range conflicts {
		for i := range d.Transactions {
			if t := &d.Transactions[i]; t.ID == lock.Transaction && !slices.Contains(t.Holds, lock) {
				t.Holds = append(t.Holds, lock)
			}
		}
	}
}

// whole reads a number that consists of digits; what is too large is 0.
func whole(digits string) uint64 {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
