package facts

import "time"

// KindDeadlock is the kind of a [Deadlock].
const KindDeadlock = "deadlock"

// Deadlock says that the counter of deadlocks moved, and what InnoDB reported
// about the latest one.
type Deadlock struct {
	First        bool                  `json:"first,omitempty"`        // the recorder's first reading: nobody knows what the counter was before
	Before       int64                 `json:"before"`                 // the counter at the reading before; 0 after a restart of the server
	After        int64                 `json:"after"`                  // the counter now
	Since        time.Time             `json:"since,omitzero"`         // when the reading before was made, collector's clock
	Written      time.Time             `json:"written,omitzero"`       // when InnoDB wrote the report, whole second, server's clock, UTC; zero without a report
	Missing      string                `json:"missing,omitempty"`      // why there is no report
	InErrorLog   bool                  `json:"in_error_log,omitempty"` // innodb_print_all_deadlocks is on
	Truncated    bool                  `json:"truncated,omitempty"`    // the report was cut off by the server
	Victim       int                   `json:"victim,omitempty"`       // number of the transaction that was rolled back; 0 when the report was cut off before
	Transactions []DeadlockTransaction `json:"transactions,omitempty"`
}

// DeadlockTransaction is one party of a deadlock.
type DeadlockTransaction struct {
	Number    int            `json:"number"`
	ID        uint64         `json:"id"`                  // InnoDB's
	Session   uint64         `json:"session,omitempty"`   // connection ID; 0 when it belongs to none
	User      string         `json:"user,omitempty"`      // account name without host
	Host      string         `json:"host,omitempty"`      // of the client
	ActiveSec uint64         `json:"active_seconds"`      // since it began, whole seconds
	Statement string         `json:"statement,omitempty"` // normalised
	Waits     []DeadlockLock `json:"waits,omitempty"`
	Holds     []DeadlockLock `json:"holds,omitempty"`
}

// DeadlockLock is a lock that a party waited for, or held in another's way.
type DeadlockLock struct {
	Class  string `json:"class"`  // store.WaitRow, or "table"
	Object string `json:"object"` // "shop.orders"
	Index  string `json:"index,omitempty"`
	Mode   string `json:"mode"` // "X,REC_NOT_GAP"
}
