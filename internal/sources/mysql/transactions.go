package mysql

import (
	"database/sql/driver"
	"time"
)

// transactionsSelect lists InnoDB's open transactions as rows of sessionsStatement:
// session, number, requested lock, age, how long it has waited for that lock, locked
// rows, changed rows; no command. InnoDB writes times in the time zone of the server's
// host, whatever the session's is, in whole seconds. It needs PROCESS.
const transactionsSelect = "SELECT trx_mysql_thread_id, trx_id, trx_requested_lock_id, NULL, NULL," +
	" TIMESTAMPDIFF(MICROSECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP(6))," +
	" TIMESTAMPDIFF(MICROSECOND, CONVERT_TZ(trx_wait_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP(6))," +
	" trx_rows_locked, trx_rows_modified FROM information_schema.INNODB_TRX"

// transaction is one open transaction.
type transaction struct {
	number         string        // InnoDB's
	session        uint64        // 0: a prepared XA transaction without a session, or InnoDB's own
	requested      string        // ID of the row lock that it waits for; "" when it waits for none
	age            time.Duration // up to a second more than the truth, never less
	waited         time.Duration // for that lock, likewise
	locked, writes uint64        // rows
}

// isTransaction tells the rows of sessionsStatement apart: each session has a command.
func isTransaction(row []driver.Value) bool { return row[4] == nil }

func transactionOf(row []driver.Value) transaction {
	return transaction{
		session: whole(row[0]), number: asText(row[1]), requested: asText(row[2]),
		// 0 means that none is open; it is below in the hour that a host's clock has twice.
		age:    max(elapsed(row[5], time.Microsecond), time.Millisecond),
		waited: elapsed(row[6], time.Microsecond),
		locked: whole(row[7]), writes: whole(row[8]),
	}
}

// openTransactions are those of one look.
type openTransactions []transaction

// bySession is each session's transaction.
func (o openTransactions) bySession() map[uint64]*transaction {
	of := make(map[uint64]*transaction, len(o))
	for i := range o {
		if o[i].session != 0 {
			of[o[i].session] = &o[i]
		}
	}
	return of
}

// byNumber is each transaction under InnoDB's number.
func (o openTransactions) byNumber() map[string]transaction {
	of := make(map[string]transaction, len(o))
	for _, t := range o {
		of[t.number] = t
	}
	return of
}
