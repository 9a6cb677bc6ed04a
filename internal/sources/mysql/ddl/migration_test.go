package ddl

import "testing"

func TestMigrationOf(t *testing.T) {
	for _, tc := range []struct{ table, tool, original string }{
		{"_orders_gho", GhOst, "orders"},
		{"_orders_ghc", GhOst, "orders"},
		{"_orders_del", GhOst, "orders"},
		{"_orders_20240712090000_del", GhOst, "orders"},
		{"_orders_2024_del", GhOst, "orders_2024"},
		{"__odd_gho", GhOst, "_odd"},
		{"_orders_new", PtOSC, "orders"},
		{"__orders_new", PtOSC, "orders"},
		{"_orders_old", PtOSC, "orders"},
		{"pt_osc_shop_orders_del", PtOSC, ""},
		{"orders", "", ""},
		{"orders_new", "", ""},
		{"_new", "", ""},
		{"_gho", "", ""},
		{"___", "", ""},
		{"", "", ""},
	} {
		t.Run(tc.table, func(t *testing.T) {
			tool, original, ok := MigrationOf(tc.table)
			if tool != tc.tool || original != tc.original || ok != (tc.tool != "") {
				t.Errorf("got %q of %q, %v", tool, original, ok)
			}
		})
	}
}

func TestKeyAndSummary(t *testing.T) {
	for _, tc := range []struct {
		change       Change
		key, summary string
	}{
		{Change{Operation: DropColumn, Schema: "Shop", Table: "customers", Column: "City"}, "drop_column shop.customers city", "column City of Shop.customers was dropped on db1"},
		{Change{Operation: DropSchema, Schema: "shop"}, "drop_schema shop. ", "schema shop was dropped on db1"},
		{Change{Operation: DropTable, Schema: "shop", Table: "o", Detail: "if exists"}, "drop_table shop.o ", "table shop.o was dropped, if it was there, on db1"},
		{Change{Operation: AddIndex, Schema: "shop", Table: "o", Index: "PRIMARY"}, "add_index shop.o primary", "the primary key of shop.o was added on db1"},
		{Change{Operation: AddIndex, Schema: "shop", Table: "o"}, "add_index shop.o ", "an unnamed index of shop.o was added on db1"},
		{Change{Operation: RenameTable, Schema: "shop", Table: "o", NewName: "shop.p"}, "rename_table shop.o ", "table shop.o was renamed to shop.p on db1"},
		{Change{Operation: AlterTable, Schema: "shop", Table: "o", Detail: "engine"}, "alter_table shop.o ", "table shop.o was altered (engine) on db1"},
	} {
		t.Run(tc.key, func(t *testing.T) {
			if tc.change.Key() != tc.key || tc.change.Summary("db1") != tc.summary {
				t.Errorf("got %q, %q", tc.change.Key(), tc.change.Summary("db1"))
			}
		})
	}
}
