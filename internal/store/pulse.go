package store

import (
	"context"
	"database/sql"
	"errors"
)

// Pulse says whether a file was written to by somebody else, for those who ask so each
// second: no statement is prepared, no transaction begun, no table looked at.
type Pulse struct {
	conn *sql.Conn
	beat *sql.Stmt
}

// NewPulse takes a connection of db for itself. Nobody may write over db.
func NewPulse(ctx context.Context, db *sql.DB) (*Pulse, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	beat, err := conn.PrepareContext(ctx, `PRAGMA data_version`)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &Pulse{conn, beat}, nil
}

// Read is a number, never 0, that stays the same until another connection, of whatever
// process, commits a change to the file; see https://sqlite.org/pragma.html#pragma_data_version.
// It is 0 with an error.
func (p *Pulse) Read(ctx context.Context) (n int64, err error) {
	err = p.beat.QueryRowContext(ctx).Scan(&n)
	return n, err
}

// Close gives the connection back.
func (p *Pulse) Close() error { return errors.Join(p.beat.Close(), p.conn.Close()) }
