package stage

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
)

// tables of the shop, in the order in which they are dumped.
var tables = [...]string{"customers", "products", "orders", "sales_report"}

const (
	statementEnd = ";\n-- end\n"
	maxLine      = 4 << 20 // bytes of the longest statement in a dump
)

// Dump writes a consistent logical backup of the shop, as a nightly job does.
func (s *Stage) Dump(ctx context.Context) error {
	f, err := os.Create(s.path("shop.sql"))
	if err != nil {
		return fmt.Errorf("dumping the shop: %w", err)
	}
	w := bufio.NewWriter(f)
	err = s.dump(ctx, w)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("dumping the shop: %w", err)
	}
	return nil
}

func (s *Stage) dump(ctx context.Context, w *bufio.Writer) error {
	tx, err := s.DB1.Admin.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it only read
	for _, table := range tables {
		var name, create string
		if err := tx.QueryRowContext(ctx, "SHOW CREATE TABLE shop."+table).Scan(&name, &create); err != nil {
			return err
		}
		if _, err := w.WriteString(strings.Replace(create, "CREATE TABLE `", "CREATE TABLE shop.`", 1) + statementEnd); err != nil {
			return err
		}
		if err := dumpRows(ctx, tx, table, w); err != nil {
			return err
		}
	}
	return nil
}

func dumpRows(ctx context.Context, tx *sql.Tx, table string, w *bufio.Writer) error {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM shop."+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var tuples []string
	flush := func() error {
		if len(tuples) == 0 {
			return nil
		}
		_, err := w.WriteString("INSERT INTO shop." + table + " VALUES " + strings.Join(tuples, ",") + statementEnd)
		tuples = tuples[:0]
		return err
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if tuples = append(tuples, tuple(values)); len(tuples) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(rows.Err(), flush())
}

func tuple(values []sql.NullString) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		if quoted[i] = "NULL"; v.Valid {
			quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(v.String) + "'"
		}
	}
	return "(" + strings.Join(quoted, ",") + ")"
}

// Restore makes the shop anew from the last dump.
func (s *Stage) Restore(ctx context.Context) error {
	if _, err := s.DB1.Admin.ExecContext(ctx, "CREATE DATABASE shop"); err != nil {
		return fmt.Errorf("restoring the shop: %w", err)
	}
	f, err := os.Open(s.path("shop.sql"))
	if err != nil {
		return fmt.Errorf("restoring the shop: %w", err)
	}
	defer f.Close()
	statements := bufio.NewScanner(f)
	statements.Buffer(nil, maxLine)
	statements.Split(splitStatements)
	for statements.Scan() {
		if _, err := s.DB1.Admin.ExecContext(ctx, statements.Text()); err != nil {
			return fmt.Errorf("restoring the shop: %.80s: %w", statements.Text(), err)
		}
	}
	return statements.Err()
}

func splitStatements(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := strings.Index(string(data), statementEnd); i >= 0 {
		return i + len(statementEnd), data[:i], nil
	}
	if atEOF && len(strings.TrimSpace(string(data))) > 0 {
		return 0, nil, errors.New("the dump ends within a statement")
	}
	return 0, nil, nil
}
