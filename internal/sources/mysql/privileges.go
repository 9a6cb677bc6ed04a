package mysql

import (
	"fmt"
	"strings"
)

// performanceSchema is the one schema that the account must read.
const performanceSchema = "performance_schema"

// privilege is one that the recorder's account needs.
type privilege struct {
	name     string   // as GRANT spells it on this flavour
	accepts  []string // names that SHOW GRANTS may give it
	schema   string   // "" for ON *.*
	required bool     // without it a stream of samples is missing
	lost     string   // what is not seen without it
}

// privilegesFor lists what the account needs. None of them opens users' data.
//
// MariaDB 10.5 split REPLICATION CLIENT: BINLOG MONITOR is what it became,
// SLAVE MONITOR (REPLICA MONITOR) is what SHOW REPLICA STATUS asks for. See
// https://mariadb.com/docs/server/reference/sql-statements/account-management-sql-statements/grant.
func privilegesFor(v Version, c Config) []privilege {
	list := []privilege{{name: "PROCESS", required: true, lost: "other accounts' sessions, all transactions and deadlocks"}}
	if v.Flavour == MariaDB {
		list = append(list, privilege{
			name: "SLAVE MONITOR", accepts: []string{"REPLICA MONITOR"}, required: true, lost: "replication",
		})
	} else {
		list = append(list, privilege{name: "REPLICATION CLIENT", required: true, lost: "replication"})
	}
	if c.Binlog {
		if v.Flavour == MariaDB {
			list = append(list, privilege{
				name: "BINLOG MONITOR", accepts: []string{"REPLICATION CLIENT"}, lost: "the binary log's position",
			})
		}
		list = append(list, privilege{name: "REPLICATION SLAVE", accepts: []string{"REPLICATION REPLICA"}, lost: "schema changes in the binary log"})
	}
	if c.AdminAddress != "" && v.Flavour == MySQL { // MariaDB's extra_port asks for none
		list = append(list, privilege{name: "SERVICE_CONNECTION_ADMIN", lost: "the server while all its connections are in use"})
	}
	return append(list, privilege{
		name: "SELECT", schema: performanceSchema, lost: "metadata locks, statement digests and the error log",
	})
}

func (p privilege) in(g Grants) bool {
	if p.schema != "" {
		return g.On(p.schema, p.name)
	}
	return g.Global(append([]string{p.name}, p.accepts...)...)
}

// String is the privilege with its level, as a person reads it.
func (p privilege) String() string {
	if p.schema != "" {
		return p.name + " on " + p.schema + ".*"
	}
	return p.name
}

// grantStatements are the GRANTs of a list of privileges: one for all global ones.
func grantStatements(list []privilege, account string) []string {
	var global []string
	var statements []string
	for _, p := range list {
		if p.schema == "" {
			global = append(global, p.name)
			continue
		}
		statements = append(statements, fmt.Sprintf("GRANT %s ON %s.* TO %s;", p.name, p.schema, account))
	}
	if global != nil {
		statements = append([]string{fmt.Sprintf("GRANT %s ON *.* TO %s;", strings.Join(global, ", "), account)}, statements...)
	}
	return statements
}

// createStatements make the account from nothing. The password stays a blank:
// nobody should copy one from a terminal.
func createStatements(v Version, c Config, host string) []string {
	account := quoteAccount(c.User, host)
	return append([]string{fmt.Sprintf("CREATE USER %s IDENTIFIED BY '<password>';", account)},
		grantStatements(privilegesFor(v, c), account)...)
}

// quoteAccount writes 'user'@'host' as a statement needs it.
func quoteAccount(user, host string) string {
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
	}
	return quote(user) + "@" + quote(host)
}

// splitAccount takes CURRENT_USER() apart; the account's name may hold an @.
func splitAccount(current string) (user, host string) {
	at := strings.LastIndexByte(current, '@')
	if at < 0 {
		return current, "%"
	}
	return current[:at], current[at+1:]
}
