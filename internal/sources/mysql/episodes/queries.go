package episodes

import "fmt"

// The queries that a record names, for a person to ask a server again.

func (g *recorder) beatQuery() string {
	return fmt.Sprintf("heartbeat (clock, Uptime, @@version, @@server_id, @@global.read_only) every %s (recorded)", g.interval)
}

func (g *recorder) sessionQuery() string {
	table := "performance_schema.processlist"
	if g.mariaDB {
		table = "information_schema.processlist"
	}
	return fmt.Sprintf("sample of %s with information_schema.innodb_trx every %s (recorded)", table, g.interval)
}

func (g *recorder) replicaQuery() string {
	show := "SHOW REPLICA STATUS"
	if g.mariaDB {
		show = "SHOW ALL REPLICAS STATUS"
	}
	return fmt.Sprintf("%s every %s (recorded)", show, g.interval)
}

func (g *recorder) statusQuery() string {
	return fmt.Sprintf("SHOW GLOBAL STATUS (chosen variables) every %s (recorded)", g.interval)
}

func (g *recorder) deadlockQuery() string {
	counter := "information_schema.innodb_metrics (lock_deadlocks)"
	if g.mariaDB {
		counter = "SHOW GLOBAL STATUS (Innodb_deadlocks)"
	}
	return fmt.Sprintf("%s every %s, and SHOW ENGINE INNODB STATUS when it moved (recorded)", counter, g.interval)
}

func (g *recorder) killQuery() string {
	return fmt.Sprintf("SHOW GLOBAL STATUS (Com_kill) every %s (recorded)", g.interval)
}

func (g *recorder) planQuery() string {
	if g.mariaDB {
		return "SHOW EXPLAIN FOR the session while its statement runs (recorded)"
	}
	return "EXPLAIN of the statement while it runs (recorded)"
}
