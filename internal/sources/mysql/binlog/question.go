package binlog

import (
	"fmt"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// sourceKind is the source that the records are of.
const sourceKind = "mysql"

// The kinds of records.
const (
	kindCoverage     = "binlog.coverage"
	kindSchemaChange = "binlog.schema_change"
	kindMigration    = "binlog.migration"
	kindTransaction  = "binlog.long_transaction"
)

// question is what every record of this package was asked.
type question struct {
	Kind      string          `json:"kind"`
	Server    string          `json:"server"`
	Window    timeline.Window `json:"window"`
	Clock     Clock           `json:"clock"`
	Budget    int64           `json:"budget_bytes"`
	Threshold int64           `json:"large_transaction_bytes"`
}

// coverage says which part of the log was read.
type coverage struct {
	Listed     int        `json:"files_listed"`
	Probed     int        `json:"files_probed"` // only their first event, to find where the window begins
	Files      []readFile `json:"files_read"`
	Bytes      int64      `json:"bytes_read"`
	FromUS     int64      `json:"from_us"` // the first file that was read was opened before, on the server's clock
	LastUS     int64      `json:"last_us"` // the latest time that was read, on the server's clock
	Ended      string     `json:"ended"`   // why reading ended
	Reason     string     `json:"reason,omitempty"`
	Compressed int        `json:"compressed_transactions,omitempty"`
	Unreadable int        `json:"unreadable_events,omitempty"`
	Untold     int        `json:"untold,omitempty"`
}

type readFile struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// Why reading ended.
const (
	endWindow = "window" // the window was over
	endLog    = "log"    // the log was
	endBudget = "budget"
	endTime   = "time"
	endError  = "error"
)

// ask names a record.
func (q question) ask(query string) sources.Ask {
	return sources.Ask{Source: sourceKind, Target: q.Server, Query: query, Question: q, Observed: q.Window}
}

// where says where a person finds an event.
func (p place) where() string {
	return fmt.Sprintf("binary log %s, event that ends at %d", p.File, p.Position)
}
