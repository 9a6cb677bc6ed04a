package stage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"collector/lab/servers"
)

// Session opens one connection of its own to the primary as an account that
// may do everything with the shop, as a batch job has. The caller closes it.
func (s *Stage) Session(ctx context.Context) (*Session, error) {
	config := s.DB1.Config(appAccount)
	config.DBName = "shop"
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	pool := sql.OpenDB(connector)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a session: %w", err), pool.Close())
	}
	session := &Session{Conn: conn, pool: pool}
	if err := conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&session.ID); err != nil {
		return nil, errors.Join(fmt.Errorf("opening a session: %w", err), session.Close())
	}
	return session, nil
}

// Session is one connection, with the number by which it can be killed.
type Session struct {
	*sql.Conn
	ID   int64
	pool *sql.DB
}

// Close ends the connection.
func (s *Session) Close() error { return errors.Join(s.Conn.Close(), s.pool.Close()) }

// AppConfig is the application's login to a server of the stage.
func AppConfig(db *servers.DB) *mysql.Config { return db.Config(appAccount) }

// ErrorNumber is the server's number of an error, 0 when it has none.
func ErrorNumber(err error) uint16 {
	var answered *mysql.MySQLError
	if errors.As(err, &answered) {
		return answered.Number
	}
	return 0
}
