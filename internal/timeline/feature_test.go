package timeline

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFeaturesOf(t *testing.T) {
	long := "SELECT " + strings.Repeat("a_column_of_it, ", 40) + "1 FROM orders"
	for _, tt := range []struct {
		name   string
		kind   Kind
		target string
		a      map[string]string
		want   string
	}{
		{"an alert, wherever it fires", Alert, "shop-7f9-x2:8080", map[string]string{"alertname": "ShopErrorRateHigh"}, "alert:ShopErrorRateHigh"},
		{"a deploy, whatever its version", Deploy, "shop", map[string]string{"service": "shop", "version": "1.4.2"}, "change:deploy of shop"},
		{"a change without a service", Change, "backup", nil, "change:change of backup"},
		{"a variable", MySQLVariableChange, "db1", map[string]string{"variable": "max_connections", "from": "1", "to": "2"}, "change:change of the variable max_connections"},
		{"many variables at once", MySQLVariableChange, "db1", map[string]string{"variables": "a, b"}, ""},
		{"a schema change", MySQLSchemaChange, "db1", map[string]string{"operation": "drop_column", "schema": "shop", "table": "orders", "column": "city", "account": "account-1f3c"},
			"change:schema change drop_column of shop.orders table:shop.orders"},
		{"a dropped schema", MySQLSchemaChange, "db1", map[string]string{"operation": "drop_schema", "schema": "shop"}, "change:schema change drop_schema of shop"},
		{"a blocker and what it held", MySQLLockWait, "db1", map[string]string{"blocker_statement": "UPDATE `orders` SET a = ? WHERE id = ?", "object": "shop.orders", "objects": "shop.orders, shop.products", "blocker_account": "x"},
			"server:mysql.lock_wait on db1 blocker:update orders set a=? where id=? table:shop.orders table:shop.products"},
		{"a deadlock", MySQLDeadlock, "db1", map[string]string{"statement_1": "DELETE FROM orders WHERE id = ?", "statement_2": "DELETE FROM orders WHERE id = ?", "tables": "shop.orders"},
			"server:mysql.deadlock on db1 statement:delete from orders where id=? table:shop.orders"},
		{"a statement that everybody sends", MySQLLongStatement, "db1", map[string]string{"statement": "COMMIT"}, "server:mysql.long_statement on db1"},
		{"replication, by its error", MySQLReplicationStopped, "db2", map[string]string{"error_code": "1062", "thread": "sql"}, "server:mysql.replication_stopped 1062 on db2"},
		{"an error of the error log", MySQLErrorLog, "db1", map[string]string{"level": "error", "code": "MY-010584"}, "server:mysql.error_log MY-010584 on db1"},
		{"a warning of the error log", MySQLErrorLog, "db1", map[string]string{"level": "warning", "category": "aborted_connection"}, ""},
		{"a server without a name", MySQLDown, "", nil, ""},
		{"a metric", Signal, "db1", map[string]string{"signal": "threads_running"}, ""},
		{"a note", Note, "db1", map[string]string{"text": "hello"}, ""},
		{"a silence", Silence, "x", map[string]string{"matchers": "a=b"}, ""},
		{"a killed session", MySQLKill, "db1", map[string]string{"statement": "DELETE FROM orders WHERE id = ?"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range FeaturesOf(Event{Kind: tt.kind, Target: tt.target, Attributes: tt.a}) {
				got = append(got, string(f.Kind)+":"+f.Name)
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got  %s\nwant %s", text, tt.want)
			}
		})
	}
	t.Run("two witnesses of one statement", func(t *testing.T) {
		digest := FeaturesOf(Event{Kind: MySQLStatementRegression, Target: "db1", Attributes: map[string]string{"statement": "SELECT `id`, STATUS FROM `orders` WHERE `customer_id` = ? AND ( `a` , `b` ) IN (...)"}})
		sample := FeaturesOf(Event{Kind: MySQLLongStatement, Target: "db1", Attributes: map[string]string{"statement": "select id, status\n from orders where customer_id = ? and (a, b) in (...);"}})
		if digest[1] != sample[1] {
			t.Errorf("%q is not %q", digest[1], sample[1])
		}
	})
	t.Run("a long statement is told by its sum", func(t *testing.T) {
		one := FeaturesOf(Event{Kind: MySQLLongStatement, Target: "db1", Attributes: map[string]string{"statement": long}})[1]
		other := FeaturesOf(Event{Kind: MySQLLongStatement, Target: "db1", Attributes: map[string]string{"statement": long + " WHERE a = ?"}})[1]
		if one == other || len(one.Name) > maxFeatureName || !strings.Contains(one.Name, "… #") {
			t.Errorf("%q and %q", one.Name, other.Name)
		}
	})
	t.Run("every kind is listed", func(t *testing.T) {
		for _, k := range []FeatureKind{FeatureAlert, FeatureBlocker, FeatureChange, FeatureServer, FeatureStatement, FeatureTable} {
			if !slices.Contains(FeatureKinds(), k) {
				t.Errorf("%s is not", k)
			}
		}
	})
}

func TestOnServer(t *testing.T) {
	for name, want := range map[string][3]string{
		"mysql.down on db1": {"mysql.down", "", "db1"}, "mysql.replication_stopped 1062 on db 2": {"mysql.replication_stopped", "1062", "db 2"},
	} {
		kind, detail, server := Feature{FeatureServer, name}.OnServer()
		if got := [3]string{string(kind), detail, server}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func day(n int) Window {
	from := time.Date(2024, 7, n, 9, 0, 0, 0, time.UTC)
	return Window{from, from.Add(time.Hour)}
}

func TestOccasions(t *testing.T) {
	half := Window{day(2).From.Add(30 * time.Minute), day(2).To.Add(time.Hour)}
	after := Window{day(2).To, day(2).To.Add(time.Hour)}
	for _, tt := range []struct {
		name    string
		windows []Window
		want    int
	}{
		{"none", nil, 0}, {"one", []Window{day(1)}, 1}, {"two days", []Window{day(2), day(1)}, 2}, {"the same twice", []Window{day(1), day(1)}, 1},
		{"they overlap", []Window{half, day(2)}, 1}, {"one after the other", []Window{day(2), after}, 2}, {"a chain", []Window{day(2), half, {half.To.Add(-time.Minute), half.To.Add(time.Hour)}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Occasions(tt.windows); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

func TestAlike(t *testing.T) {
	alert, down, table := Feature{FeatureAlert, "A"}, Feature{FeatureServer, "mysql.down on db1"}, Feature{FeatureTable, "shop.orders"}
	event := func(kind Kind, target string, a map[string]string) Event {
		return Event{Kind: kind, Target: target, Attributes: a, Evidence: []string{"mysql-00000001"}}
	}
	tl := Timeline{
		Events: []Event{event(Alert, "", map[string]string{"alertname": "A"}), event(MySQLDown, "db1", nil)},
		History: &History{Drafts: []EarlierDraft{
			{Name: "newest-one", Window: day(9), Features: []Feature{alert}},
			{Name: "nothing", Window: day(8), Features: []Feature{table}},
			{Name: "both", Window: day(3), Features: []Feature{alert, down, table}},
			{Name: "older-one", Window: day(2), Features: []Feature{down}},
		}},
	}
	var got []string
	for _, a := range tl.Alike() {
		got = append(got, a.Name)
	}
	if want := []string{"both", "newest-one", "older-one"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	tl.History = nil
	if got := tl.Alike(); got != nil {
		t.Errorf("nobody looked, and found %v", got)
	}
}
