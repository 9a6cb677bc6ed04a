package mysql

import (
	"database/sql"
	"strconv"
	"strings"

	"collector/internal/sources/mysql/facts"
)

// planLines bounds what is kept of a plan: a union may have thousands of lines.
const planLines = 32

// planTables reads the tabular answer of EXPLAIN or SHOW EXPLAIN. The columns are
// found by name: MySQL has partitions and filtered, MariaDB has neither. Of Extra
// only two well-known remarks are kept; some engines print conditions there.
func planTables(answer rows) []facts.PlanTable {
	var tables []facts.PlanTable
	for _, row := range answer.values {
		if len(tables) == planLines {
			break
		}
		in := cells{answer, row}
		extra := in.get("Extra").String
		t := facts.PlanTable{
			Table: in.get("table").String, Access: in.get("type").String,
			PossibleKeys: keyNames(in.get("possible_keys")), Key: in.get("key").String,
			Rows: estimate(in.get("rows")), Filtered: percentage(in.get("filtered")),
			Temporary: hasRemark(extra, "Using temporary"), Filesort: hasRemark(extra, "Using filesort"),
		}
		if t.Table == "" {
			continue // "No tables used", "Impossible WHERE"
		}
		tables = append(tables, t)
	}
	return tables
}

func keyNames(cell sql.NullString) []string {
	if cell.String == "" {
		return nil
	}
	return strings.Split(cell.String, ",")
}

// estimate reads a number of rows; MariaDB writes "1|2" where a row filter is used.
func estimate(cell sql.NullString) int64 {
	text, _, _ := strings.Cut(cell.String, "|")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func percentage(cell sql.NullString) float64 {
	f, err := strconv.ParseFloat(cell.String, 64)
	if err != nil || !(f >= 0 && f <= 100) {
		return 0
	}
	return f
}

// hasRemark reports whether one of the remarks, which "; " separates, is this one.
func hasRemark(extra, remark string) bool {
	for one := range strings.SplitSeq(extra, ";") {
		if strings.TrimSpace(one) == remark {
			return true
		}
	}
	return false
}
