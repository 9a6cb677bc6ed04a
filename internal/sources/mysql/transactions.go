package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"
)

// transactionsStatement lists InnoDB's open transactions by connection. InnoDB
// writes trx_started in the time zone of the server's host, whatever the session's
// is, in whole seconds. It needs PROCESS. A transaction that belongs to no connection (recovered XA, purge) has the ID 0.
const transactionsStatement = "SELECT trx_mysql_thread_id, TIMESTAMPDIFF(MICROSECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP(6))," +
	" trx_rows_locked, trx_rows_modified, trx_state = 'LOCK WAIT' FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id > 0"

// transaction is one open transaction.
type transaction struct {
	age            time.Duration // up to a second more than the truth, never less
	locked, writes uint64        // rows
	waits          bool          // for a row lock
}

// readTransactions returns the open transactions by connection ID.
func (c *conn) readTransactions(ctx context.Context) (map[uint64]transaction, error) {
	open := make(map[uint64]transaction, c.transactions)
	err := c.each(ctx, transactionsStatement, func(row []driver.Value) {
		open[whole(row[0])] = transaction{
			// 0 means that none is open; it is below in the hour that a host's clock has twice.
			age:    max(time.Duration(signed(row[1]))*time.Microsecond, time.Millisecond),
			locked: whole(row[2]), writes: whole(row[3]), waits: whole(row[4]) != 0,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the open transactions: %w", err)
	}
	c.transactions = len(open)
	return open, nil
}
