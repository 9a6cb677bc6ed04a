package mysql

import (
	"slices"
	"strconv"
	"strings"

	"collector/internal/sources/mysql/facts"
)

// The longest value that is recorded; optimizer_switch has nearly a kilobyte.
const maxVariableValue = 2 << 10

// movesByItself reports whether a global variable changes without anybody setting
// it, or is told as something else: read_only as the role, server_uuid as the
// identity, the version by the restart that changed it, GTID sets by the topology.
func movesByItself(name string) bool {
	if strings.HasPrefix(name, "pseudo_") || strings.HasPrefix(name, "rand_seed") || strings.HasPrefix(name, "version_") {
		return true
	}
	// Commands in the form of a variable: they fall back to OFF.
	if strings.HasSuffix(name, "_now") || name == "innodb_buffer_pool_load_abort" {
		return true
	}
	return slices.Contains([]string{
		"error_count", "gtid_binlog_pos", "gtid_binlog_state", "gtid_current_pos", "gtid_executed", "gtid_next", "gtid_owned",
		"gtid_purged", "gtid_seq_no", "gtid_slave_pos", "identity", "in_transaction", "insert_id", "last_gtid", "last_insert_id",
		"read_only", "server_uuid", "super_read_only", "timestamp", "transaction_allow_batching", "version", "warning_count",
		"wsrep_gtid_seq_no", "wsrep_last_written_gtid",
	}, name)
}

// dropAliases leaves one name of each variable: MySQL 8.0.26 gave those of
// replication a second one, and MariaDB 10.11 those of the slow query log.
func dropAliases(variables map[string]string) {
	renamed := strings.NewReplacer("slave", "replica", "master", "source")
	for name := range variables {
		if other := renamed.Replace(name); other != name {
			if _, both := variables[other]; both {
				delete(variables, name)
			}
		}
	}
	for newer, known := range map[string]string{
		"log_slow_query": "slow_query_log", "log_slow_query_file": "slow_query_log_file", "log_slow_query_time": "long_query_time",
		"log_slow_min_examined_row_limit": "min_examined_row_limit", "transaction_isolation": "tx_isolation", "transaction_read_only": "tx_read_only",
	} {
		if _, both := variables[known]; both {
			delete(variables, newer)
		}
	}
}

// shownValue is what is recorded of a variable's value. Numbers, switches and
// lists of words are; what may be a secret, a statement, a path, an account or
// the name of a machine is not, only whether there is one.
func shownValue(name, value string) string {
	switch {
	case value == "" || isSwitch(value):
		return value
	case isSecretName(name) || isPrivateName(name):
		return facts.Hidden
	case name == "time_zone" || name == "system_time_zone" || isNumber(value):
		return value
	case len(value) > maxVariableValue || !isWordList(value):
		return facts.Hidden
	}
	return value
}

// isSecretName: the variables of authentication and encryption plugins, whose names
// nobody can list, are known by their parts. key_buffer_size has none of them.
func isSecretName(name string) bool {
	for _, part := range []string{"passwd", "_pwd", "secret", "token", "credential", "filekey", "master_key", "keyring", "kms_", "_auth_", "wsrep_sst_auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasSuffix(name, "password") || strings.HasPrefix(name, "authentication_")
}

// isPrivateName: values that name machines and people, or are statements.
func isPrivateName(name string) bool {
	for _, part := range []string{"_host", "_user", "_address", "_seeds", "_networks", "_name_servers"} {
		if strings.HasSuffix(name, part) {
			return true
		}
	}
	return slices.Contains([]string{"bind_address", "ft_stopword_file", "hostname", "init_connect", "init_file", "init_replica", "init_slave",
		"mandatory_roles", "wsrep_cluster_name", "wsrep_node_name", "wsrep_provider_options"}, name)
}

func isSwitch(value string) bool {
	switch strings.ToUpper(value) {
	case "ON", "OFF", "YES", "NO", "TRUE", "FALSE":
		return true
	}
	return false
}

func isNumber(value string) bool {
	_, err := strconv.ParseFloat(value, 64)
	return err == nil
}

// isWordList reports whether a value consists of words, numbers and what
// separates them in sql_mode, optimizer_switch, tls_version or innodb_data_file_path.
func isWordList(value string) bool {
	return strings.IndexFunc(value, func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return false
		}
		return !strings.ContainsRune("_-.,:;=+%*", r)
	}) < 0
}
