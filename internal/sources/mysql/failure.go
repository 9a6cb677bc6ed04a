package mysql

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"net"
	"os"

	"github.com/go-sql-driver/mysql"

	"collector/internal/store"
)

// Server error numbers that decide how a tick ends or what a diagnosis says. See
// https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html.
const (
	errConCount               = 1040 // too many connections: the server is up and full
	errDBAccessDenied         = 1044
	errAccessDenied           = 1045
	errServerShutdown         = 1053
	errAbortedByServer        = 1152
	errSpecificDenied         = 1227 // a privilege is missing
	errTableDenied            = 1142
	errHostBlocked            = 1129 // too many broken handshakes
	errHostNotPrivileged      = 1130
	errAccessDeniedNoPassword = 1698
	errKilledMariaDB          = 1927 // connection was killed
	errLimitMariaDB           = 1969 // max_statement_time exceeded
	errLimitMySQL             = 3024 // max_execution_time exceeded
	errSessionKilled          = 3169 // session was killed
	errIdleDisconnect         = 4031 // disconnected for inactivity
)

// errorNumber is the server's error number, 0 when the server gave none.
func errorNumber(err error) uint16 {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return server.Number
	}
	return 0
}

// outcomeOf says how a tick ended that failed to log in or to ask the clock.
//
// Only 1040 is Refused: it says that the whole server is full. 1203 and 1226
// (max_user_connections, max_connections_per_hour) concern collector's own
// account, so they are Denied, as every other refusal of the login is.
func outcomeOf(err error) store.Outcome {
	switch number := errorNumber(err); {
	case number == errConCount:
		return store.Refused
	case isLimit(number), isTimeout(err):
		return store.TimedOut
	case breaksConnection(err):
		return store.Unreachable
	case number != 0:
		return store.Denied
	}
	if isConfiguration(err) {
		return store.Denied
	}
	return store.Unreachable
}

// isConfiguration reports whether the login could not even be tried or the two
// sides do not agree how: nothing that time heals.
func isConfiguration(err error) bool {
	for _, e := range []error{
		errBadSettings, errTooOld, mysql.ErrNoTLS, mysql.ErrCleartextPassword, mysql.ErrNativePassword, mysql.ErrOldPassword, mysql.ErrUnknownPlugin, mysql.ErrOldProtocol,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return isCertificate(err)
}

// isCertificate reports whether the server's certificate was not accepted.
func isCertificate(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// isLimit reports whether the server ended a query for its time limit.
func isLimit(number uint16) bool { return number == errLimitMySQL || number == errLimitMariaDB }

// isPrivilege reports whether the account may not ask this.
func isPrivilege(err error) bool {
	switch errorNumber(err) {
	case errSpecificDenied, errTableDenied, errDBAccessDenied:
		return true
	}
	return false
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// breaksConnection reports whether the connection is of no use any more.
func breaksConnection(err error) bool {
	switch number := errorNumber(err); number {
	case errServerShutdown, errAbortedByServer, errKilledMariaDB, errSessionKilled, errIdleDisconnect:
		return true
	case 0:
		return err != nil // no answer of the server: the driver gave up on the connection
	}
	return errors.Is(err, driver.ErrBadConn)
}

var (
	errBadSettings = errors.New("the configuration does not allow to log in")
	errTooOld      = errors.New("the server is not supported")
)
