package servers

import (
	"context"
	"fmt"
	"strings"
)

// CollectorAccount is the name of the account that CreateCollectorAccount makes.
const CollectorAccount = "collector"

// CreateCollectorAccount makes the least-privileged account that collector
// documents for this flavour. Its password is db.Password(CollectorAccount).
func (db *DB) CreateCollectorAccount(ctx context.Context) error {
	global := "PROCESS, REPLICATION CLIENT, REPLICATION SLAVE"
	if db.Flavour == FlavourMariaDB {
		global = "PROCESS, BINLOG MONITOR, SLAVE MONITOR, REPLICATION SLAVE"
	}
	return db.CreateAccount(ctx, CollectorAccount, "collector-pw",
		global+" ON *.*", "SELECT ON performance_schema.*")
}

// CreateAccount makes an account that may connect from anywhere, or changes
// the one that is there, and grants it privileges of the form "SELECT ON
// shop.*". It is not replicated: each server gets its own.
func (db *DB) CreateAccount(ctx context.Context, user, password string, grants ...string) error {
	conn, err := db.Admin.Conn(ctx)
	if err != nil {
		return fmt.Errorf("creating account %s on %s: %w", user, db.Flavour, err)
	}
	defer conn.Close()
	account := quoted(user) + "@'%'"
	statements := []string{
		"SET SESSION sql_log_bin = 0",
		"CREATE USER IF NOT EXISTS " + account + " IDENTIFIED BY " + quoted(password),
		"ALTER USER " + account + " IDENTIFIED BY " + quoted(password),
	}
	for _, grant := range grants {
		statements = append(statements, "GRANT "+grant+" TO "+account)
	}
	statements = append(statements, "SET SESSION sql_log_bin = 1")
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("creating account %s on %s: %q: %w", user, db.Flavour, statement, err)
		}
	}
	db.passwords[user] = password
	return nil
}

// quoted is a string literal; the lab's own names hold no backslashes.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
