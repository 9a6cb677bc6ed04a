package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The versions of mysqld_exporter.
const (
	Exporter014 = "0.14" // Debian stable's; no replication metrics on MySQL 9
	Exporter019 = "0.19" // Debian sid's
)

// ExporterAccount is the name of the account that MySQLdExporter makes.
const ExporterAccount = "exporter"

// MySQLdExporter starts an exporter for db, with an account of its own and
// further flags, and returns when it answers. The caller closes it.
func MySQLdExporter(ctx context.Context, db *DB, version string, flags ...string) (*HTTPServer, error) {
	program, err := chosen(version, "mysqld_exporter",
		release{Exporter014, KindExporter14, "prometheus-mysqld-exporter"},
		release{Exporter019, KindExporter19, sidPath("usr/bin/prometheus-mysqld-exporter")})
	if err != nil {
		return nil, err
	}
	grants := []string{"PROCESS, REPLICATION CLIENT ON *.*", "SELECT ON performance_schema.*"}
	if db.Flavour == FlavourMariaDB {
		grants[0] = "PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.*"
	}
	if err := db.CreateAccount(ctx, ExporterAccount, "exporter-pw", grants...); err != nil {
		return nil, err
	}
	dir, addr, err := place("exporter")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "my.cnf")
	client := fmt.Sprintf("[client]\nhost=127.0.0.1\nport=%d\nuser=%s\npassword=%s\n", db.Port, ExporterAccount, db.Password(ExporterAccount))
	if err := os.WriteFile(file, []byte(client), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("configuring mysqld_exporter: %w", err), os.RemoveAll(dir))
	}
	return startHTTP(ctx, dir, addr, "/", program, append([]string{"--config.my-cnf=" + file, "--web.listen-address=" + addr}, flags...)...)
}
