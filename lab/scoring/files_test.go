package scoring

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestSearchReadsDatabasesAndCompressedBlocks(t *testing.T) {
	dir := t.TempDir()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	block := append([]byte{1, 2}, encoder.EncodeAll([]byte("select … where a = 'Canary-One'"), nil)...)
	db, err := sql.Open("sqlite", filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"CREATE TABLE blocks (n INTEGER, body BLOB)", "CREATE TABLE texts (t TEXT)", "INSERT INTO texts VALUES ('canary-two')"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO blocks VALUES (1, ?)", block); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"canary-one", "canary-two"} {
		s := newSearch([]string{word})
		if err := s.tree(context.Background(), dir); err != nil || len(s.found) == 0 {
			t.Errorf("%s: found %v, %v", word, s.found, err)
		}
	}
	s := newSearch([]string{"canary-three"})
	if err := s.tree(context.Background(), dir); err != nil || len(s.found) != 0 {
		t.Errorf("found %v, %v", s.found, err)
	}
}

func TestCitations(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "evidence"), 0o755); err != nil {
		t.Fatal(err)
	}
	record := func(id, sum, body string) {
		data, _ := json.Marshal(map[string]string{"id": id, "sha256": sum, "body": body}) // strings always encode
		if err := os.WriteFile(filepath.Join(dir, "evidence", id+".json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte("body"))
	whole := hex.EncodeToString(sum[:])
	good := "mysql-" + whole[:8]
	record(good, whole, "body")
	record("prometheus-11111111", whole, "body")
	if err := os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte("It broke [mysql-22222222], surely ["+good+"]."), 0o600); err != nil {
		t.Fatal(err)
	}
	count, broken, err := citations(Draft{Dir: dir, Events: []Event{{ID: "e1", Evidence: []string{"prometheus-11111111"}}, {ID: "e2"}}})
	if err != nil {
		t.Fatal(err)
	}
	if count != 3 || len(broken) != 3 {
		t.Errorf("%d citations, broken: %q; want 3, and broken a missing file, a wrong ID, an uncited event", count, broken)
	}
}
