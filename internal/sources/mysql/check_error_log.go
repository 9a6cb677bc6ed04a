package mysql

import (
	"context"
	"fmt"

	"collector/internal/sources"
	"collector/internal/sources/mysql/errorlog"
)

// errorLog says whether a draft can read the server's error log. What MySQL's table
// needs is among the privileges.
func (d *diagnoses) errorLog(ctx context.Context, conn *conn, c Config) {
	if c.ErrorLogFile != "" {
		if err := errorlog.Readable(ctx, c.ErrorLogFile); err != nil {
			d.add(sources.Degraded, fmt.Sprintf("the error log %s is not read: %v", c.ErrorLogFile, err),
				"error_log_file must be a path on this machine that collector's user may read: setfacl -m u:collector:r "+c.ErrorLogFile)
			return
		}
		d.add(sources.OK, fmt.Sprintf("the error log %s is read", c.ErrorLogFile))
		return
	}
	if conn.version.mysqlFrom(tableOfErrorLog) {
		return
	}
	place, err := conn.errorLogPlace(ctx)
	if err != nil {
		place = unreadReason(err)
	}
	d.add(sources.Degraded, "the error log is not read: "+place, "error_log_file: <its path, where collector can read it>, in the block of this server")
}
