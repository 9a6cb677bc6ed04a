package mysql

import (
	"strings"
	"testing"
)

func TestParseGrants(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		yes   []string // privileges on *.*
		no    []string
		ps    bool // SELECT on performance_schema.*
	}{
		{
			"MariaDB's documented account",
			[]string{
				"GRANT PROCESS, REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR ON *.* TO `collector`@`127.0.0.1` IDENTIFIED BY PASSWORD '*6C3DF4654E11EC56241F40C164DEC36CF202022E'",
				"GRANT SELECT ON `performance_schema`.* TO `collector`@`127.0.0.1`",
			},
			[]string{"PROCESS", "SLAVE MONITOR", "BINLOG MONITOR", "REPLICATION SLAVE"}, []string{"SELECT", "SUPER"}, true,
		},
		{
			"MySQL's documented account",
			[]string{
				"GRANT PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `collector`@`127.0.0.1`",
				"GRANT SELECT ON `performance_schema`.* TO `collector`@`127.0.0.1`",
			},
			[]string{"PROCESS", "REPLICATION CLIENT", "REPLICATION SLAVE"}, []string{"SELECT"}, true,
		},
		{
			"MariaDB with a default role",
			[]string{
				"GRANT `mon` TO `part`@`%`",
				"GRANT USAGE ON *.* TO `part`@`%` IDENTIFIED BY PASSWORD '*B69027D44F6E5EDC07F1AEAD1477967B16F28227'",
				"GRANT PROCESS ON *.* TO `mon`",
				"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, EVENT, TRIGGER, DELETE HISTORY ON `test\\_%`.* TO PUBLIC",
				"SET DEFAULT ROLE `mon` FOR `part`@`%`",
			},
			[]string{"PROCESS"}, []string{"SLAVE MONITOR"}, false,
		},
		{
			"MySQL with a default role",
			[]string{"GRANT PROCESS, REPLICATION CLIENT ON *.* TO `part`@`%`", "GRANT `mon`@`%` TO `part`@`%`"},
			[]string{"PROCESS", "REPLICATION CLIENT"}, []string{"REPLICATION SLAVE"}, false,
		},
		{
			"MySQL root, spelled out",
			[]string{
				"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, SHUTDOWN, PROCESS, FILE, REFERENCES, INDEX, ALTER, SHOW DATABASES, SUPER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE TABLESPACE, CREATE ROLE, DROP ROLE ON *.* TO `root`@`localhost` WITH GRANT OPTION",
				"GRANT ALLOW_NONEXISTENT_DEFINER,APPLICATION_PASSWORD_ADMIN,XA_RECOVER_ADMIN ON *.* TO `root`@`localhost` WITH GRANT OPTION",
				"GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION",
			},
			[]string{"PROCESS", "REPLICATION CLIENT", "XA_RECOVER_ADMIN", "SELECT"}, []string{"PROXY"}, true,
		},
		{
			"MySQL partial revoke",
			[]string{
				"GRANT SELECT, PROCESS ON *.* TO `rev`@`%` WITH GRANT OPTION",
				"REVOKE SELECT ON `performance_schema`.* FROM `rev`@`%`",
			},
			[]string{"SELECT", "PROCESS"}, nil, false,
		},
		{
			"MariaDB root",
			[]string{"GRANT `mon` TO `root`@`localhost` WITH ADMIN OPTION", "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", "GRANT PROXY ON ``@`%` TO `root`@`localhost` WITH GRANT OPTION"},
			[]string{"PROCESS", "SLAVE MONITOR"}, nil, true,
		},
		{"nothing", []string{"GRANT USAGE ON *.* TO `bare`@`%`"}, nil, []string{"PROCESS"}, false},
		{"escaped schema", []string{"GRANT SELECT ON `performance\\_schema`.* TO `a`@`%`"}, nil, []string{"SELECT"}, true},
		{"one table only", []string{"GRANT SELECT ON `performance_schema`.`processlist` TO `a`@`%`"}, nil, []string{"SELECT"}, false},
		{"columns only", []string{"GRANT PROCESS ON *.* TO a", "GRANT SELECT (`a`, b), UPDATE ON `performance_schema`.`t` TO `a`@`%`"}, []string{"PROCESS"}, []string{"SELECT", "B"}, false},
		{"account with spaces and quotes", []string{"GRANT PROCESS ON *.* TO `it``s ON *.* me`@`%`"}, []string{"PROCESS"}, nil, false},
		{"old quoting", []string{"GRANT PROCESS ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*X ON *.*'"}, []string{"PROCESS"}, nil, false},
		{"ANSI quoting", []string{`GRANT SELECT ON "performance_schema".* TO "a"@"%"`}, nil, nil, true},
		{"on a routine", []string{"GRANT EXECUTE ON PROCEDURE `a`.`b` TO `a`@`%`"}, nil, []string{"EXECUTE"}, false},
		{"rubbish", []string{"", "GRANT", "GRANT ON", "ON *.*", "GRANT `", "REVOKE x ON"}, nil, []string{"PROCESS"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := ParseGrants(tc.lines)
			for _, name := range tc.yes {
				if !g.Global(name) {
					t.Errorf("no %s", name)
				}
			}
			for _, name := range tc.no {
				if g.Global(name) {
					t.Errorf("%s from nowhere", name)
				}
			}
			if got := g.On(performanceSchema, "SELECT"); got != tc.ps {
				t.Errorf("SELECT on performance_schema: %v", got)
			}
		})
	}
}

func FuzzParseGrants(f *testing.F) {
	f.Add("GRANT PROCESS, REPLICATION SLAVE ON *.* TO `a`@`%`")
	f.Add("REVOKE SELECT (`x`) ON `b`.* FROM 'a'")
	f.Fuzz(func(t *testing.T, line string) {
		g := ParseGrants(strings.Split(line, "\n"))
		if g.Global("PROCESS") && !strings.Contains(strings.ToUpper(line), "PROCESS") && !strings.Contains(strings.ToUpper(line), "ALL") {
			t.Fatalf("PROCESS out of %q", line)
		}
	})
}

func TestGrantStatements(t *testing.T) {
	for _, tc := range []struct {
		name    string
		version string
		has     []string
		want    string
	}{
		{"MySQL, nothing", "9.7.4", nil, "GRANT PROCESS, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'o''neil'@'10.%';\nGRANT SELECT ON performance_schema.* TO 'o''neil'@'10.%';"},
		{"MySQL, all but one", "8.0.36", []string{"GRANT PROCESS, REPLICATION SLAVE, SELECT ON *.* TO a"}, "GRANT REPLICATION CLIENT ON *.* TO 'o''neil'@'10.%';"},
		{"MariaDB, nothing", "10.6.12-MariaDB", nil, "GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO 'o''neil'@'10.%';\nGRANT SELECT ON performance_schema.* TO 'o''neil'@'10.%';"},
		{"MariaDB, new names", "11.4.2-MariaDB", []string{"GRANT PROCESS, REPLICA MONITOR, BINLOG MONITOR, REPLICATION REPLICA, SELECT ON *.* TO a"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, err := ParseVersion(tc.version)
			if err != nil {
				t.Fatal(err)
			}
			g := ParseGrants(tc.has)
			var missing []privilege
			for _, p := range privilegesFor(v, Config{Binlog: true}) {
				if !p.in(g) {
					missing = append(missing, p)
				}
			}
			if got := strings.Join(grantStatements(missing, quoteAccount(splitAccount("o'neil@10.%"))), "\n"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}
