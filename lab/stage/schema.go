package stage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Orders is how many orders the shop starts with: so many that a statement
// that compares all with all does not end before somebody kills it.
const (
	Orders    = 30_000
	Customers = 500
	Products  = 200
)

// DeadlockProducts are rows that the application never touches.
const (
	DeadlockProductA = 9001
	DeadlockProductB = 9002
)

const batch = 1000 // rows of one INSERT

// createShop makes and fills the shop's tables. It is deterministic.
func createShop(ctx context.Context, admin *sql.DB) error {
	statements := []string{
		"CREATE DATABASE shop",
		"CREATE TABLE shop.customers (id INT PRIMARY KEY, email VARCHAR(80) NOT NULL, city VARCHAR(40) NOT NULL DEFAULT '" + CanaryDDLDefault + "')",
		"CREATE TABLE shop.products (id INT PRIMARY KEY, category INT NOT NULL, name VARCHAR(80) NOT NULL, price INT NOT NULL, stock INT NOT NULL, KEY by_category (category))",
		"CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, product_id INT NOT NULL, total INT NOT NULL, " +
			"status VARCHAR(40) NOT NULL, note VARCHAR(80) NOT NULL COMMENT '" + CanaryDDLComment + "', created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), KEY by_customer (customer_id))",
		"CREATE TABLE shop.sales_report (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, higher INT NOT NULL, remark VARCHAR(80) NOT NULL)",
	}
	statements = append(statements, inserts("customers (id, email)", Customers, func(i int) string {
		return fmt.Sprintf("(%d, 'customer%d@example.com')", i, i)
	})...)
	statements = append(statements, inserts("products", Products, func(i int) string {
		return fmt.Sprintf("(%d, %d, 'product %d', %d, 1000000)", i, i%20, i, 100+i*7%900)
	})...)
	statements = append(statements, fmt.Sprintf("INSERT INTO shop.products VALUES (%d, 99, 'reserved', 1, 1), (%d, 99, 'reserved', 1, 1)",
		DeadlockProductA, DeadlockProductB))
	statements = append(statements, inserts("orders (id, customer_id, product_id, total, status, note)", Orders, func(i int) string {
		return fmt.Sprintf("(%d, %d, %d, %d, 'open', '')", i, i%Customers+1, i%Products+1, i*7919%100_000)
	})...)
	for _, statement := range statements {
		if _, err := admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("filling the shop: %.120s: %w", statement, err)
		}
	}
	return nil
}

// inserts is multi-row INSERT statements for rows 1 to n.
func inserts(into string, n int, row func(i int) string) []string {
	var statements []string
	for first := 1; first <= n; first += batch {
		var rows []string
		for i := first; i < first+batch && i <= n; i++ {
			rows = append(rows, row(i))
		}
		statements = append(statements, "INSERT INTO shop."+into+" VALUES "+strings.Join(rows, ", "))
	}
	return statements
}
