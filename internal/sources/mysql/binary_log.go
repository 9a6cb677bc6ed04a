package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/binlog"
	"collector/internal/store"
	"collector/internal/timeline"
)

// listLimit is for the login and the few questions before the log is streamed. A
// server with thousands of files looks at each of them.
const listLimit = 15 * time.Second

// gatherBinaryLog reads the server's binary log of the window, where it is wanted.
func gatherBinaryLog(ctx context.Context, c Config, req sources.Request) ([]timeline.Evidence, error) {
	if !c.Binlog {
		return nil, nil
	}
	server, err := binaryLog(ctx, c)
	if err != nil {
		return binlog.Failed(c.Name, req.Window, err, req.Now())
	}
	return binlog.Gather(ctx, server, req)
}

// binaryLog asks what is to be read, and how the server is reached. Its errors are
// fit for a document.
func binaryLog(ctx context.Context, c Config) (binlog.Server, error) {
	conn, err := login(ctx, c, listLimit)
	if err != nil {
		return binlog.Server{}, unreachable(err)
	}
	defer conn.close()
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	var beat store.Heartbeat
	if err := conn.readHeartbeat(ctx, &beat); err != nil {
		return binlog.Server{}, unreachable(err)
	}
	server := binlog.Server{
		Name: c.Name, ID: beat.ServerID, MariaDB: conn.version.Flavour == MariaDB, Budget: int64(c.BinlogBudget),
		Clock: binlog.Clock{OffsetUS: beat.ClockOffset.Microseconds(), RoundTripUS: beat.RoundTrip.Microseconds()},
	}
	if server.Files, err = conn.binaryLogs(ctx); err != nil {
		return binlog.Server{}, err
	}
	server.Login, err = c.dumpLogin(ctx, conn)
	return server, err
}

var (
	errBinlogOff    = errors.New("it is off (log_bin)")
	errNoBinlogs    = errors.New("the server lists no file of it")
	errDenied       = errors.New("no privilege to list its files: REPLICATION CLIENT, on MariaDB BINLOG MONITOR")
	errNotReachable = errors.New("the server could not be reached")
	errNoAnswerYet  = errors.New("the server did not answer in time")
)

// unreachable says why there is no session, without what servers put into messages.
func unreachable(err error) error {
	switch number := errorNumber(err); {
	case isTimeout(err):
		return errNoAnswerYet
	case number != 0:
		return fmt.Errorf("the server refused (error %d)", number)
	}
	return errNotReachable
}

// binaryLogs are the names of the files, the oldest first.
func (c *conn) binaryLogs(ctx context.Context) ([]string, error) {
	row, err := c.one(ctx, "SELECT @@global.log_bin")
	if err != nil {
		return nil, unreachable(err)
	}
	if !isOn(row[0].String) {
		return nil, errBinlogOff
	}
	answer, err := c.query(ctx, "SHOW BINARY LOGS")
	if isPrivilege(err) {
		return nil, fmt.Errorf("%w (error %d)", errDenied, errorNumber(err))
	}
	if err != nil {
		return nil, unreachable(err)
	}
	var files []string
	for _, row := range answer.values {
		files = append(files, row[0].String)
	}
	if len(files) == 0 {
		return nil, errNoBinlogs
	}
	return files, nil
}

// dumpLogin is how the log is reached: as this session was, also when TLS is only
// preferred.
func (c *Config) dumpLogin(ctx context.Context, conn *conn) (binlog.Login, error) {
	password, err := c.password()
	if err != nil {
		return binlog.Login{}, errBadSettings
	}
	row, err := conn.query(ctx, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
	if err != nil {
		return binlog.Login{}, unreachable(err)
	}
	l := binlog.Login{Address: c.Address, User: c.User, Password: password.value}
	var settings *tls.Config
	if len(row.values) == 1 && row.values[0][1].String != "" {
		if settings, err = c.tlsConfig(); err != nil {
			return binlog.Login{}, errBadSettings
		}
	}
	l.TLS = settings
	return l, nil
}

// defaultBinlogBudget is how much of the log is streamed for one draft.
const defaultBinlogBudget = sources.Size(256 << 20)
