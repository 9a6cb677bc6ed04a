package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
)

// driverConn is a login: a connection of the driver.
//
// There is no database/sql above it, and the driver is given no context that ends:
// each of the two keeps a goroutine beside every question to watch over it. Waking
// and ending those was a part of what collector takes from a busy machine; see
// docs/cost.md.
type driverConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
}

// rows is an answer in text form: the columns' names and the values.
type rows struct {
	columns []string
	values  [][]sql.NullString
}

// query sends one statement and reads the whole answer.
func (c *conn) query(ctx context.Context, statement string) (read rows, err error) {
	err = c.ask(ctx, statement, func(answer driver.Rows) error {
		read.columns = answer.Columns()
		return scan(answer, func(row []driver.Value) {
			texts := make([]sql.NullString, len(row))
			for i, value := range row {
				texts[i] = textOf(value)
			}
			read.values = append(read.values, texts)
		})
	})
	return read, err
}

// each sends a statement and takes its rows one by one: the dictionary of a large
// server has tens of thousands. A row is valid until the next.
func (c *conn) each(ctx context.Context, statement string, take func(row []driver.Value)) error {
	return c.ask(ctx, statement, func(answer driver.Rows) error { return scan(answer, take) })
}

// exec sends a statement that has no answer.
func (c *conn) exec(ctx context.Context, statement string) error {
	return c.watched(ctx, func(unwatched context.Context) error {
		_, err := c.link.ExecContext(unwatched, statement, nil)
		return err
	})
}

func (c *conn) ask(ctx context.Context, statement string, read func(answer driver.Rows) error) error {
	return c.watched(ctx, func(unwatched context.Context) (err error) {
		answer, err := c.link.QueryContext(unwatched, statement, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, answer.Close()) }()
		return read(answer)
	})
}

// watched sends something, and gives the connection up when the context ends
// meanwhile. The server's own limit is shorter: what is still out then has no answer
// to come, or a network that does not deliver it.
func (c *conn) watched(ctx context.Context, send func(unwatched context.Context) error) error {
	c.queries++
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.wire.giveUp)
	defer stop()
	if err := send(context.WithoutCancel(ctx)); err != nil {
		return deadline(ctx, err)
	}
	return nil
}

func scan(answer driver.Rows, take func(row []driver.Value)) error {
	row := make([]driver.Value, len(answer.Columns()))
	for {
		if err := answer.Next(row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		take(row)
	}
}

// textOf is a value as the server wrote it: the driver has parsed the numbers, all but
// the decimal ones, and its bytes are valid until the next row.
func textOf(value driver.Value) sql.NullString {
	switch v := value.(type) {
	case []byte:
		return sql.NullString{String: string(v), Valid: true}
	case int64:
		return sql.NullString{String: strconv.FormatInt(v, 10), Valid: true}
	case uint64:
		return sql.NullString{String: strconv.FormatUint(v, 10), Valid: true}
	case float32:
		return sql.NullString{String: strconv.FormatFloat(float64(v), 'g', -1, 32), Valid: true}
	case float64:
		return sql.NullString{String: strconv.FormatFloat(v, 'g', -1, 64), Valid: true}
	}
	return sql.NullString{}
}

// asText is a value as the server wrote it; NULL is "".
func asText(value driver.Value) string { return textOf(value).String }

// whole is a value as an unsigned integer; NULL and nonsense are 0.
func whole(value driver.Value) uint64 {
	switch v := value.(type) {
	case uint64:
		return v
	case int64:
		return uint64(max(0, v))
	case []byte:
		if n, err := strconv.ParseUint(string(v), 10, 64); err == nil {
			return n
		}
	}
	return 0
}
