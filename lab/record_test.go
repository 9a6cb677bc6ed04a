package main

import (
	"os"
	"path/filepath"
	"testing"

	"collector/lab/incidents"
)

// TestRecordedIncidentsExist: each flavour has one, and the lab can stage it.
func TestRecordedIncidentsExist(t *testing.T) {
	for _, flavour := range incidents.Flavours() {
		if _, err := incidents.Named([]string{recorded[flavour]}); err != nil {
			t.Errorf("%s: %v", flavour, err)
		}
	}
}

func TestNamesMachine(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for content, names := range map[string]bool{"at " + host + ":3306": true, "a" + host + "z": false} {
		if err := os.WriteFile(filepath.Join(dir, "record.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := namesMachine(dir); (err != nil) != names {
			t.Errorf("%q: %v", content, err)
		}
	}
}
