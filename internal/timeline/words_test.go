package timeline

import (
	"strings"
	"testing"
	"time"
)

func TestSeverityOf(t *testing.T) {
	tests := []struct {
		kind       Kind
		attributes map[string]string
		want       Severity
	}{
		{MySQLDown, nil, Critical},
		{MySQLConnectionsExhausted, nil, Critical},
		{MySQLReplicationStopped, nil, Critical},
		{MySQLSchemaChange, map[string]string{"operation": "drop_table"}, Critical},
		{MySQLSchemaChange, map[string]string{"operation": "add_column"}, Warning},
		{Deploy, map[string]string{"outcome": "failed"}, Critical},
		{Deploy, map[string]string{"outcome": "finished"}, Info},
		{Rollback, map[string]string{"outcome": "failed"}, Critical},
		{Rollback, map[string]string{"outcome": "finished"}, Warning},
		{Alert, map[string]string{"severity": "page"}, Critical},
		{Alert, map[string]string{"severity": "warning"}, Warning},
		{Alert, nil, Warning},
		{Signal, nil, Warning},
		{ScrapeDown, nil, Warning},
		{MySQLLongStatement, nil, Warning},
		{MySQLErrorLog, map[string]string{"level": "Error"}, Critical},
		{MySQLErrorLog, map[string]string{"level": "Note"}, Info},
		{Change, nil, Info},
		{Note, nil, Info},
	}
	for _, tt := range tests {
		if got := SeverityOf(tt.kind, tt.attributes); got != tt.want {
			t.Errorf("%s %v: %s, want %s", tt.kind, tt.attributes, got, tt.want)
		}
	}
}

func TestEvidenceVerify(t *testing.T) {
	good := Evidence{Source: "mysql", Body: `{"question":1}`, CollectedAt: time.Now()}.Seal()
	if err := good.Verify(); err != nil {
		t.Fatal(err)
	}
	tampered := good
	tampered.Body += " "
	if err := tampered.Verify(); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a changed body verified: %v", err)
	}
	renamed := good
	renamed.ID = "mysql-00000000"
	if err := renamed.Verify(); err == nil {
		t.Error("a changed ID verified")
	}
}

func TestInstantBefore(t *testing.T) {
	a, b := Around(at(0), 2*time.Second), Around(at(3*time.Second), 2*time.Second)
	if a.Before(b) || b.Before(a) {
		t.Error("overlapping instants have no certain order")
	}
	if c := Exactly(at(10 * time.Second)); !a.Before(c) || c.Before(a) {
		t.Error("separate instants have one")
	}
}

func TestScopeIncludes(t *testing.T) {
	shop := Scope{Clusters: []string{"shop"}}
	for _, tt := range []struct {
		scope           Scope
		cluster, target string
		want            bool
	}{
		{Scope{}, "any", "db1", true},
		{shop, "shop", "db1", true},
		{shop, "bank", "db1", false},
		{shop, "", "db1", true},
		{Scope{Targets: []string{"db2"}}, "shop", "db1", false},
	} {
		if got := tt.scope.Includes(tt.cluster, tt.target); got != tt.want {
			t.Errorf("%+v includes %s/%s: %v, want %v", tt.scope, tt.cluster, tt.target, got, tt.want)
		}
	}
}
