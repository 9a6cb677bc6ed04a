package mysql

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
)

// kind is the short name of this source.
const kind = "mysql"

// greatOffset is from when on a difference of clocks deserves a warning. Times
// are corrected by it, but people compare logs by eye.
const greatOffset = time.Second

// Check tries a server as its recorder would: one login, a few cheap queries. It
// changes nothing. The first diagnosis says whether it can be recorded.
func Check(ctx context.Context, c Config) []sources.Diagnosis {
	d := diagnoses{source: kind + "/" + c.Name}
	d.server(ctx, c)
	if warning, fix := c.passwordWarning(); warning != "" {
		d.add(sources.Degraded, warning, fix)
	}
	return d.list
}

// diagnoses collects the lines about one server.
type diagnoses struct {
	source string
	list   []sources.Diagnosis
}

func (d *diagnoses) add(level sources.Level, text string, fix ...string) {
	d.list = append(d.list, sources.Diagnosis{Source: d.source, Level: level, Text: text, Fix: fix})
}

func (d *diagnoses) server(ctx context.Context, c Config) {
	limit := time.Duration(c.QueryTimeout)
	conn, err := login(ctx, c, limit)
	if err != nil {
		d.noLogin(c, err)
		return
	}
	defer conn.close()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var beat store.Heartbeat
	if err := conn.readHeartbeat(ctx, &beat); err != nil {
		d.add(sources.Failed, fmt.Sprintf("%s: %v", c.Address, err))
		return
	}
	missing, account, err := missingPrivileges(ctx, conn, c)
	if err != nil {
		d.add(sources.Failed, fmt.Sprintf("%s: %v", conn.version, err))
		return
	}
	d.privileges(conn.version, beat, missing, account)
	if c.Explain {
		d.plans(ctx, conn, account)
	}
	if beat.ClockOffset.Abs() >= greatOffset {
		d.add(sources.Degraded, fmt.Sprintf("the server's clock is %s away from this machine's; its times are corrected", offset(beat)), "synchronise both with NTP")
	}
	if !conn.schema {
		d.noPerformanceSchema(conn.version)
	}
	if c.AdminAddress != "" {
		d.adminDoor(ctx, c, conn.version)
	}
	d.errorLog(ctx, conn, c)
}

// adminDoor tries the address for when the server is full.
func (d *diagnoses) adminDoor(ctx context.Context, c Config, v Version) {
	conn, err := login(ctx, c.viaAdmin(), time.Duration(c.QueryTimeout))
	if err == nil {
		conn.close()
		return
	}
	fix := "admin_address and admin_port in the [mysqld] section, then restart; the account needs SERVICE_CONNECTION_ADMIN"
	if v.Flavour == MariaDB {
		fix = "extra_port and extra_max_connections = 2 (one for you) in the [mariadb] section, then restart"
	}
	d.add(sources.Degraded, fmt.Sprintf("admin_address does not work, a server without free connections is not seen: %v", err), fix)
}

// privileges says what the account may do, and how to give it the rest.
func (d *diagnoses) privileges(v Version, beat store.Heartbeat, missing []privilege, account string) {
	level, text := sources.OK, "all privileges"
	if len(missing) > 0 {
		level = sources.Degraded
		var names, lost []string
		for _, p := range missing {
			names, lost = append(names, p.String()), append(lost, p.lost)
			if p.required {
				level = sources.Failed
			}
		}
		text = fmt.Sprintf("no privilege %s: not seen: %s", strings.Join(names, ", "), strings.Join(lost, "; "))
	}
	d.add(level, fmt.Sprintf("%s, clock %s, %s", v, offset(beat), text), grantStatements(missing, account)...)
}

func (d *diagnoses) noPerformanceSchema(v Version) {
	const lost = "performance_schema is off: not seen: who holds a metadata lock, statement digests"
	if v.Flavour == MySQL {
		d.add(sources.Degraded, lost+", the error log; sessions are read under a global mutex", "performance_schema = ON in the [mysqld] section, then restart")
		return
	}
	d.add(sources.Degraded, lost, "performance_schema = ON in the [mariadb] section, then restart")
}

// noLogin says why the server could not be asked.
func (d *diagnoses) noLogin(c Config, err error) {
	number := errorNumber(err)
	switch {
	case number == errAccessDenied, number == errAccessDeniedNoPassword, number == errHostNotPrivileged:
		d.add(sources.Failed, fmt.Sprintf("login refused: %v", err), loginFix(c, err)...)
	case number == errConCount:
		d.add(sources.Failed, fmt.Sprintf("the server is up and full: %v", err), "SHOW PROCESSLIST as an administrator, or raise max_connections")
	case number == errHostBlocked:
		d.add(sources.Failed, fmt.Sprintf("login refused: %v", err), "FLUSH HOSTS;  -- MySQL: TRUNCATE TABLE performance_schema.host_cache;")
	case isCertificate(err):
		d.add(sources.Failed, err.Error(), "name the authority that signed it in tls_ca_file and a host name that it holds in address, or write tls: skip-verify")
	case isConfiguration(err):
		d.add(sources.Failed, err.Error())
	case isTimeout(err):
		d.add(sources.Failed, fmt.Sprintf("no answer within %v: %v", time.Duration(c.QueryTimeout), err), "is the address right, does a firewall drop packets?")
	default:
		d.add(sources.Failed, fmt.Sprintf("not reachable: %v", err), "is the server running, and is this its address?")
	}
}

// refusedHost finds the host as the server sees it, behind its own resolver, a proxy or a
// container's network: "Access denied for user 'collector'@'10.0.0.7'" (1045, 1698),
// "Host '10.0.0.7' is not allowed to connect" (1130).
var refusedHost = regexp.MustCompile(`(?:for user '[^']*'@|Host )'([^']+)'`)

// loginFix gives the account's statements for both flavours, as a server that
// refuses a login does not tell what it is.
func loginFix(c Config, refusal error) []string {
	host := "<this machine>"
	if m := refusedHost.FindStringSubmatch(refusal.Error()); m != nil {
		host = m[1]
	} else if name, _, err := net.SplitHostPort(c.Address); err != nil || name == "localhost" {
		host = "localhost"
	} else if ip := net.ParseIP(name); ip != nil && ip.IsLoopback() {
		host = name
	}
	fix := []string{"if the account is there, check its password and the host it may come from; else, on MySQL:"}
	fix = append(fix, createStatements(Version{Flavour: MySQL, Number: oldestMySQL}, c, host)...)
	fix = append(fix, "on MariaDB:")
	return append(fix, createStatements(Version{Flavour: MariaDB, Number: oldestMariaDB}, c, host)...)
}

// missingPrivileges compares what the account has with what it needs.
func missingPrivileges(ctx context.Context, conn *conn, c Config) (missing []privilege, account string, err error) {
	current, err := conn.one(ctx, "SELECT CURRENT_USER()")
	if err != nil {
		return nil, "", fmt.Errorf("asking for the account: %w", err)
	}
	answer, err := conn.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, "", fmt.Errorf("asking for the privileges: %w", err)
	}
	var lines []string
	for _, row := range answer.values {
		lines = append(lines, row[0].String)
	}
	grants := ParseGrants(lines)
	for _, p := range privilegesFor(conn.version, c) {
		if !p.in(grants) {
			missing = append(missing, p)
		}
	}
	return missing, quoteAccount(splitAccount(current[0].String)), nil
}

// offset writes the clock's difference with its error: "+3 ms ± 1 ms".
func offset(beat store.Heartbeat) string {
	return fmt.Sprintf("%+d ms ± %d ms", beat.ClockOffset.Round(time.Millisecond).Milliseconds(), max(1, (beat.RoundTrip/2).Round(time.Millisecond).Milliseconds()))
}
