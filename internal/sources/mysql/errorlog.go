package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/errorlog"
	"collector/internal/store"
	"collector/internal/timeline"
)

// tableOfErrorLog is the first version with performance_schema.error_log. See
// https://dev.mysql.com/doc/refman/8.0/en/performance-schema-error-log-table.html.
const tableOfErrorLog = 80022

const (
	errorLogRows  = 20_000 // the ring buffer holds 5 MiB
	errorLogChars = 2_000  // of a row's text; only its first line is looked at
)

// The errors of clocks that nobody could compare.
const (
	uncomparedClock = time.Second
	unknownZone     = time.Hour // the collector's is taken, and a gap says so
)

// gatherErrorLog reads what the server itself wrote down: the configured file, or
// its table. It logs in once, for the clock, the zone and the table.
func gatherErrorLog(ctx context.Context, config Config, req sources.Request) ([]timeline.Evidence, error) {
	s := errorlog.Server{Name: config.Name, File: config.ErrorLogFile}
	limit := time.Duration(config.QueryTimeout)
	conn, err := login(ctx, config, limit)
	if err != nil && outcomeOf(err) == store.Refused && config.AdminAddress != "" {
		conn, err = login(ctx, config.viaAdmin(), limit)
	}
	if err != nil {
		s.Clock, s.ClockSays = config.errorLogZone(), "the server's clock could not be compared"
		s.Clock.Error = uncomparedClock
		if s.File == "" {
			s.Unread = fmt.Errorf("the error log could not be read: the server does not answer (%v), and no error_log_file is configured", outcomeOf(err))
		}
		return errorlog.Gather(ctx, s, req)
	}
	defer conn.close()
	asked, cancel := context.WithTimeout(ctx, 4*limit)
	defer cancel()
	if err := conn.errorLog(asked, config, req.Window, &s); err != nil {
		s.Unread = fmt.Errorf("the error log could not be read: %s", unreadReason(err))
	}
	return errorlog.Gather(ctx, s, req)
}

// errorLog fills in what the server says about its log.
func (c *conn) errorLog(ctx context.Context, config Config, w timeline.Window, s *errorlog.Server) error {
	var beat store.Heartbeat
	if err := c.readHeartbeat(ctx, &beat); err != nil {
		return err
	}
	s.Clock = config.errorLogZone()
	if s.File == "" && c.version.mysqlFrom(tableOfErrorLog) {
		s.Rows = func(ctx context.Context, from, to time.Time) (errorlog.Table, error) {
			table, err := c.errorLogTable(ctx, from, to)
			if err != nil {
				return table, errors.New(unreadReason(err))
			}
			return table, nil
		}
	} else if s.File == "" {
		place, err := c.errorLogPlace(ctx)
		if err != nil {
			return err
		}
		s.Unread = fmt.Errorf("the error log could not be read: %s, set error_log_file to a path at which collector can read it", place)
	} else if config.ErrorLogTimezone == "" {
		offsets, err := c.zoneOffsets(ctx, w)
		if err != nil {
			return err
		}
		if offsets != nil {
			s.Clock = errorlog.Clock{Offsets: offsets, Says: "the server's own"}
		}
	}
	s.Clock.Ahead, s.Clock.Error = beat.ClockOffset, beat.RoundTrip/2+time.Millisecond
	return nil
}

// errorLogZone is the zone of a log whose server does not tell its own.
func (c *Config) errorLogZone() errorlog.Clock {
	if zone, err := time.LoadLocation(c.ErrorLogTimezone); err == nil && c.ErrorLogTimezone != "" {
		return errorlog.Clock{Zone: zone, Says: c.ErrorLogTimezone + ", as configured"}
	}
	return errorlog.Clock{Zone: time.Local, ZoneError: unknownZone, Says: "assumed to be the collector's, as the server could not be asked"}
}

// errorLogPlace says where the server writes its log.
func (c *conn) errorLogPlace(ctx context.Context) (string, error) {
	row, err := c.one(ctx, "SELECT @@global.log_error")
	if err != nil {
		return "", err
	}
	if path := row[0].String; path != "" && path != "stderr" {
		return fmt.Sprintf("it is a file on the server (%s)", path), nil
	}
	return "the server writes it to its standard error (a journal or a container's log)", nil
}

// errorLogTable reads performance_schema.error_log. LOGGED is shown in the session's
// time zone, which is UTC.
func (c *conn) errorLogTable(ctx context.Context, from, to time.Time) (errorlog.Table, error) {
	t := errorlog.Table{Query: fmt.Sprintf("SELECT LOGGED, PRIO, ERROR_CODE, SUBSYSTEM, LEFT(DATA, %d) FROM performance_schema.error_log"+
		" WHERE LOGGED BETWEEN '%s' AND '%s' ORDER BY LOGGED LIMIT %d", errorLogChars, from.UTC().Format(clockLayout), to.UTC().Format(clockLayout), errorLogRows+1)}
	whole, err := c.one(ctx, "SELECT MIN(LOGGED), (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Error_log_expired_entries') FROM performance_schema.error_log")
	if err != nil {
		return t, err
	}
	if first, err := time.Parse(clockLayout, whole[0].String); err == nil {
		t.First = &first
	}
	t.Expired = int64(number(whole[1]))
	answer, err := c.query(ctx, t.Query)
	if err != nil {
		return t, err
	}
	for _, row := range answer.values {
		logged, err := time.Parse(clockLayout, row[0].String)
		if err != nil {
			return t, fmt.Errorf("%w: a time in performance_schema.error_log", errStrange)
		}
		t.Rows = append(t.Rows, errorlog.Row{Logged: logged, Prio: row[1].String, Code: row[2].String, Subsystem: row[3].String, Data: row[4].String})
	}
	if t.Full = len(t.Rows) > errorLogRows; t.Full {
		t.Rows = t.Rows[:errorLogRows]
	}
	return t, nil
}

// How the server's zone is asked: at evenly spaced times around the window, then
// closer where two neighbours differ. Zones change at quarters of an hour.
const (
	zoneAround = 26 * time.Hour
	zoneStep   = 15 * time.Minute
	zonePoints = 60
)

// zoneOffsets asks how far the server's system time zone is ahead of UTC around the
// window: its error log is in that zone. Nil when the server does not say.
func (c *conn) zoneOffsets(ctx context.Context, w timeline.Window) ([]errorlog.Offset, error) {
	known, err := c.zoneBetween(ctx, w.From.Add(-zoneAround), w.To.Add(zoneAround))
	if err != nil || known == nil {
		return nil, err
	}
	for i := 1; i < len(known); {
		a, b := known[i-1], known[i]
		if a.Ahead == b.Ahead || b.From.Sub(a.From) <= zoneStep {
			i++
			continue
		}
		finer, err := c.zoneBetween(ctx, a.From, b.From)
		if err != nil || len(finer) < 3 {
			return nil, err
		}
		known = append(known[:i:i], append(finer[1:len(finer)-1], known[i:]...)...)
	}
	return known, nil
}

// zoneBetween asks for the offsets at zonePoints times at most.
func (c *conn) zoneBetween(ctx context.Context, from, to time.Time) ([]errorlog.Offset, error) {
	from = from.UTC().Truncate(zoneStep)
	step := max(zoneStep, (to.Sub(from)/(zonePoints-1)).Truncate(zoneStep)+zoneStep)
	var times []time.Time
	var columns []string
	for t := from; ; t = t.Add(step) {
		if t.After(to) {
			t = to.UTC().Truncate(zoneStep)
		}
		at := t.Format(time.DateTime)
		times = append(times, t)
		columns = append(columns, fmt.Sprintf("TIMESTAMPDIFF(SECOND, '%[1]s', CONVERT_TZ('%[1]s', '+00:00', 'SYSTEM'))", at))
		if !t.Before(to.UTC().Truncate(zoneStep)) {
			break
		}
	}
	row, err := c.one(ctx, "SELECT "+strings.Join(columns, ", "))
	if err != nil {
		return nil, err
	}
	var offsets []errorlog.Offset
	for i, value := range row {
		if !value.Valid {
			return nil, nil
		}
		seconds, err := time.ParseDuration(value.String + "s")
		if err != nil {
			return nil, fmt.Errorf("%w: an offset of a time zone", errStrange)
		}
		offsets = append(offsets, errorlog.Offset{From: times[i], Ahead: seconds})
	}
	return offsets, nil
}

// unreadReason says why a question was not answered, without the server's own words.
func unreadReason(err error) string {
	switch {
	case isPrivilege(err):
		return "a privilege is missing, see `collector check`"
	case isTimeout(err), isLimit(errorNumber(err)):
		return "the server did not answer in time"
	case errorNumber(err) != 0:
		return fmt.Sprintf("the server answered with error %d", errorNumber(err))
	case breaksConnection(err):
		return "the connection broke"
	}
	return "the server's answer could not be read"
}
