package stage

import (
	"context"
	"database/sql"
	"errors"
)

func browse(ctx context.Context, db *sql.DB, _, n int) error {
	return drain(db.QueryContext(ctx, "SELECT /* "+CanaryOrderComment+" */ id, name, price FROM products WHERE category = ? -- "+CanaryLineComment+"\n LIMIT 20", n%20))
}

// order is the shop's transaction: it takes a product from the stock and writes
// the order. Until release 3 it looks up the customer's city for the tax, in
// BrokenRelease something that is not there.
func order(ctx context.Context, db *sql.DB, release, n int) (err error) {
	product, customer := n%Products+1, n%Customers+1
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	var price int
	if column := taxColumn(release); column != "" {
		var tax string
		if err := tx.QueryRowContext(ctx, "SELECT "+column+" FROM customers WHERE id = ?", customer).Scan(&tax); err != nil {
			return err
		}
	}
	if err := tx.QueryRowContext(ctx, "SELECT price FROM products WHERE id = ? FOR UPDATE", product).Scan(&price); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE products SET stock = stock - 1 WHERE id = ? AND stock <> "+CanaryNumber, product); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT /* "+CanaryOrderComment+" */ INTO orders (customer_id, product_id, total, status, note) VALUES (?, ?, ?, ?, ?)",
		customer, product, price, "open", CanaryOrderNote); err != nil {
		return err
	}
	return tx.Commit()
}

// taxColumn is what a release reads of a customer for the tax.
func taxColumn(release int) string {
	switch {
	case release == BrokenRelease:
		return "vat"
	case release < 3:
		return "city"
	}
	return ""
}

func history(ctx context.Context, db *sql.DB, _, n int) error {
	return drain(db.QueryContext(ctx, "SELECT id, total, status FROM orders WHERE customer_id = ? AND note <> x'"+CanaryHex+"' ORDER BY id DESC LIMIT 10", n%Customers+1))
}

func pay(ctx context.Context, db *sql.DB, _, n int) error {
	_, err := db.ExecContext(ctx, "UPDATE orders SET status = IF(status = ?, ?, ?) WHERE id = ?", "paid", CanaryBlockedLiteral, "paid", n%Orders+1)
	return err
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
