package mysql

import (
	"context"
	"fmt"

	"collector/internal/sources/mysql/facts"
)

// Why the blockers of row locks are inferred and not read.
const (
	whyStalls   = "reading performance_schema.data_lock_waits stalls InnoDB before MySQL 8.0.40, 8.4.3 and 9.1.0"
	whyNoSchema = "performance_schema is off"
	whyNoLocks  = "the instrument wait/lock/metadata/sql/mdl is off"
	whyOld      = "this version has no table of metadata locks"
	whyDenied   = "the account may not read performance_schema"
)

// stallsOnDataLocks reports whether reading performance_schema.data_locks or
// data_lock_waits can stop InnoDB.
//
// Before the releases of October 2024 (8.0.40, 8.4.3, 9.1.0) a scan of either
// table held trx_sys's and the whole lock system's mutex, over all transactions and
// all their locks: with one transaction that had locked millions of rows every
// other one stood still for seconds, LIMIT 1 or not (bugs 111082, 112035).
// No time limit ends that, because it is one call of the storage engine. MariaDB
// has other tables; its are filled together with INNODB_TRX.
func stallsOnDataLocks(v Version) bool {
	if v.Flavour != MySQL {
		return false
	}
	switch {
	case v.Number < 80100:
		return v.Number < 80040
	case v.Number < 90000:
		return v.Number < 80403
	}
	return v.Number < 90100
}

// lockTables says where blockers are read from on a server. It asks the server at
// most one question.
func (c *conn) lockTables(ctx context.Context) (facts.LockTables, error) {
	t := facts.LockTables{Row: "information_schema.innodb_locks"}
	if c.version.Flavour == MySQL {
		t.Row = "performance_schema.data_lock_waits"
		switch {
		case stallsOnDataLocks(c.version):
			t.Row, t.RowWhy = "", whyStalls
		case !c.schema:
			t.Row, t.RowWhy = "", whyNoSchema
		}
	}
	switch {
	case !c.schema:
		t.MetadataWhy = whyNoSchema
	case c.version.Flavour == MariaDB && c.version.Number < 100502:
		t.MetadataWhy = whyOld
	default:
		answer, err := c.query(ctx, "SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl'")
		switch {
		case isPrivilege(err):
			t.MetadataWhy = whyDenied
			if c.version.Flavour == MySQL && t.Row != "" {
				t.Row, t.RowWhy = "", whyDenied
			}
		case err != nil:
			return t, fmt.Errorf("reading the instrument of metadata locks: %w", err)
		case len(answer.values) == 1 && isOn(answer.values[0][0].String):
			t.Metadata = "performance_schema.metadata_locks"
		default:
			t.MetadataWhy = whyNoLocks
		}
	}
	return t, nil
}
