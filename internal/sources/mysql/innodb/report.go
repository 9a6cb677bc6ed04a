package innodb

import "errors"

// Deadlock is the section LATEST DETECTED DEADLOCK.
type Deadlock struct {
	Stamp        string // as the server wrote it, whole seconds in its host's time zone: "2026-11-21 06:25:36"
	Thread       string // of the server that wrote it: "0x7efe671726c0" or "140404851201728"
	Transactions []Transaction
	Victim       int  // the number of the transaction that was rolled back; 0 when the text ends before
	Truncated    bool // the text ends within the section
}

// Transaction is one party of a deadlock.
type Transaction struct {
	Number    int    // 1, 2 ... as the section counts them
	ID        uint64 // InnoDB's
	ActiveSec uint64 // since it began, whole seconds
	Session   uint64 // connection ID; 0 when it belongs to none
	Host      string // of the client, or its address; "" when the server names none
	Account   string // its name without host; "" when the server names none
	Statement string // raw: with its literals and comments, cut off by the server near 3,000 bytes
	Waits     []Lock // for which it waited
	Holds     []Lock // that others waited for
}

// Lock is one lock.
type Lock struct {
	Class       string // Row or Table
	Schema      string //
	Table       string //
	Partition   string // "" when the table has none
	Index       string // of a row lock
	Mode        string // as performance_schema.data_locks writes it: "X,REC_NOT_GAP"
	Transaction uint64 // whose it is: InnoDB's ID
}

// The classes of locks.
const (
	Row   = "row"
	Table = "table"
)

var (
	// ErrNone says that no deadlock was detected since the server started.
	ErrNone = errors.New("no deadlock is reported")
	// ErrUnclear says that the section is not in a form that leaves no doubt.
	ErrUnclear = errors.New("the report of the deadlock cannot be read")
)
