package mysql

import (
	"context"
	"fmt"

	"collector/internal/sources"
)

// plans says whether plans can be taken, which only `explain: true` asks for. On
// MariaDB PROCESS is enough. On MySQL the account needs SELECT on the tables; which
// there are it cannot know, so any grant beyond performance_schema counts.
func (d *diagnoses) plans(ctx context.Context, c *conn, account string) {
	if c.version.Flavour == MariaDB {
		return
	}
	answer, err := c.query(ctx, "SHOW GRANTS")
	if err != nil {
		d.add(sources.Degraded, fmt.Sprintf("asking for the privileges: %v", err))
		return
	}
	var lines []string
	for _, row := range answer.values {
		lines = append(lines, row[0].String)
	}
	if ParseGrants(lines).reads() {
		return
	}
	d.add(sources.Degraded, "explain is on, and no privilege SELECT on any table: not seen: query plans",
		fmt.Sprintf("GRANT SELECT ON `<schema>`.* TO %s;  -- for each schema whose plans are wanted; or set explain: false", account))
}

// reads reports whether the account may read any table but performance_schema's.
func (g Grants) reads() bool {
	for level := range g.levels {
		if level != performanceSchema+".*" && g.at(level, "SELECT") {
			return true
		}
	}
	return false
}
