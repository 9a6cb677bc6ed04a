package config

import (
	"os"
	"regexp"
	"testing"
)

const examplePath = "../../config.example.yaml"

func TestExampleLoads(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.MySQL) != 2 || c.MySQL[0].Name != "db1" || c.Location().String() != "Europe/Berlin" {
		t.Errorf("the example was not read: %+v", c)
	}
	if got := c.Storage.MaxSize.String(); got != "20GiB" {
		t.Errorf("max_size %s, want 20GiB", got)
	}
	if got := c.Clusters(); len(got) != 1 || got[0] != "shop" {
		t.Errorf("clusters %v, want [shop]", got)
	}
	if got := c.Roles().Account("shop_rw"); got != "the shop application" {
		t.Errorf("role of shop_rw is %q", got)
	}
}

// TestExampleHasEveryKey keeps the example true: it is the only documentation of
// the keys. http_client's keys are Prometheus's own and documented there.
func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range knownKeys() {
		if !regexp.MustCompile(`(?m)\b` + regexp.QuoteMeta(key) + `:`).Match(text) {
			t.Errorf("config.example.yaml does not mention %q", key)
		}
	}
}
